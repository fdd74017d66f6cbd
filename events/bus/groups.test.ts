import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import {
  busEngines,
  otherType,
  type TemporaryLog,
  temporaryLog,
  testEvent,
  testEvents,
  testType,
} from '#test/harness/buses.ts';
import { type Bus, type Consumption, type Deliver, maxBatch } from './port.ts';

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);
const all: Deliver = async (events) => ({ done: events.length });

describe.each(busEngines)('groups on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('consume', () => {
    let log: TemporaryLog;
    let bus: Bus;

    beforeEach(async () => {
      log = await temporaryLog(engine);
      bus = await log.open();
    });

    afterEach(() => log.remove());

    /** Consumes and keeps every delivery. */
    async function member(
      deliver: Deliver = all,
      { on = bus, name = 'mail', types = [testType], concurrency = 4 } = {},
    ) {
      const deliveries: (readonly EventEnvelope[])[] = [];
      const consumption = await on.consume({ name, types, concurrency }, (events, signal) => {
        deliveries.push(events);
        return deliver(events, signal);
      });
      return { ...consumption, deliveries, ids: () => idsOf(deliveries.flat()) };
    }

    const lag = async (name = 'mail') => (await bus.lag()).get(name);
    const isDone = () => expect.poll(() => lag(), { timeout: 10_000 }).toBe(0);

    async function reopen(...consumptions: Consumption[]): Promise<void> {
      await Promise.all(consumptions.map(({ stop }) => stop(0)));
      await bus.close();
      bus = await log.open();
    }

    it('delivers each event once, in the order of its key, in batches', async () => {
      const keys = ['lead_1', 'lead_2', 'lead_3', 'lead_4', 'lead_5'];
      const events = Array.from({ length: 2_000 }, (_, n) => testEvent({ key: keys[n % 5] as string }));
      await bus.publish(events.slice(0, 1_000));
      const { deliveries, ids } = await member();
      await bus.publish(events.slice(1_000));
      await isDone();
      expect(ids().toSorted()).toEqual(idsOf(events).toSorted());
      for (const key of keys) {
        const ofKey = ({ partitionkey }: EventEnvelope) => partitionkey === key;
        expect(idsOf(deliveries.flat().filter(ofKey))).toEqual(idsOf(events.filter(ofKey)));
      }
      for (const events of deliveries) {
        expect(new Set(events.map(({ partitionkey }) => partitionkey)).size).toBe(1);
        expect(events.length).toBeLessThanOrEqual(maxBatch);
      }
      expect(deliveries.length).toBeLessThan(1_000);
    });

    it('says what a group has passed: not what is under way, and what it never takes', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      const [first, , last] = await bus.publish([
        testEvent({ key: 'lead_1' }),
        testEvent({ key: 'lead_2' }),
        testEvent({ key: 'lead_2', type: otherType }),
      ]);
      await member(async (events) => {
        if (events[0]?.partitionkey === 'lead_2') await gate;
        return { done: events.length };
      });
      const passed = (cursor = '') => bus.passed('mail', 'default', cursor);
      await expect.poll(() => passed(first?.cursor)).toBe(true);
      expect(await passed(last?.cursor)).toBe(false);
      open();
      await expect.poll(() => passed(last?.cursor)).toBe(true);
    });

    it('begins with the oldest event, and goes on where it was', async () => {
      const events = testEvents(30);
      await bus.publish(events.slice(0, 10));
      const first = await member();
      await isDone();
      await reopen(first);
      await bus.publish(events.slice(10));
      const second = await member();
      await isDone();
      expect(first.ids().toSorted()).toEqual(idsOf(events.slice(0, 10)));
      expect(second.ids().toSorted()).toEqual(idsOf(events.slice(10)));
    });

    it('gives every group every event, of all tenants and of its types alone', async () => {
      const events = [
        testEvent({ tenant: 'ours', key: 'lead_1' }),
        testEvent({ tenant: 'theirs', key: 'lead_1' }),
        testEvent({ type: otherType }),
      ];
      await bus.publish(events);
      const [mail, other] = [await member(), await member(all, { name: 'other', types: [otherType] })];
      await isDone();
      await expect.poll(() => lag('other')).toBe(0);
      expect(mail.ids().toSorted()).toEqual(idsOf(events.slice(0, 2)));
      // One key of two tenants is two keys.
      expect(mail.deliveries.length).toBe(2);
      expect(other.ids()).toEqual([events[2]?.id]);
    });

    it('delivers one event of a key at a time, and as many keys as it may', async () => {
      const running = new Set<string>();
      let most = 0;
      const events = Array.from({ length: 180 }, (_, n) => testEvent({ key: `lead_${n % 9}` }));
      await bus.publish(events.slice(0, 90));
      await member(
        async ([event, ...rest]) => {
          const key = event?.partitionkey as string;
          expect(running.has(key)).toBe(false);
          running.add(key);
          most = Math.max(most, running.size);
          await sleep(2);
          running.delete(key);
          return rest.length > 0 ? { done: 1, retryInMs: 0 } : { done: 1 };
        },
        { concurrency: 3 },
      );
      for (let n = 90; n < events.length; n += 9) await bus.publish(events.slice(n, n + 9));
      await isDone();
      expect(most).toBe(3);
    });

    it('brings events again whose delivery rejected', async () => {
      const events = testEvents(3, { key: 'lead_1' });
      await bus.publish(events);
      let failures = 1;
      const { deliveries } = await member(async (given) => {
        if (failures-- > 0) throw new Error('The store is away.');
        return { done: given.length };
      });
      await isDone();
      const [rejected = [], ...again] = deliveries.map(idsOf);
      // How much of a key the first delivery has depends on how much of it had come by then.
      expect(rejected).toEqual(idsOf(events).slice(0, rejected.length));
      expect(again.flat()).toEqual(idsOf(events));
    });

    it('brings the rest again when it is time, and meanwhile other keys with all concurrency', async () => {
      const poisoned = testEvents(3, { key: 'poisoned' });
      await bus.publish(poisoned);
      let isCured = false;
      const { deliveries, ids } = await member(
        async (events) => {
          if (events[0]?.partitionkey !== 'poisoned' || isCured) return { done: events.length };
          return { done: events[0].id === poisoned[0]?.id ? 1 : 0, retryInMs: 200 };
        },
        { concurrency: 1 },
      );
      const others = testEvents(200);
      const late = testEvent({ key: 'poisoned' });
      await bus.publish([...others.slice(0, 100), late, ...others.slice(100)]);
      await expect.poll(() => ids().filter((id) => idsOf(others).includes(id)).length).toBe(200);
      expect(await lag()).toBeGreaterThanOrEqual(3);
      isCured = true;
      await isDone();
      const ofKey = deliveries.filter(([event]) => event?.partitionkey === 'poisoned').map(idsOf);
      const [first, second] = idsOf(poisoned);
      expect(ofKey[0]?.[0]).toBe(first);
      expect(new Set(ofKey.slice(1).map(([id]) => id))).toEqual(new Set([second]));
      expect(ofKey.at(-1)).toEqual(idsOf([...poisoned.slice(1), late]));
    });

    it('brings what was not done after it was opened again, before what came later', async () => {
      const events = testEvents(50, { key: 'lead_1' });
      const others = testEvents(50);
      await bus.publish([...events, ...others]);
      const stuck = await member(async (given) =>
        given[0]?.partitionkey === 'lead_1' ? { done: 5, retryInMs: 60_000 } : { done: given.length },
      );
      await expect.poll(() => lag()).toBe(45);
      await reopen(stuck);
      expect(await lag()).toBe(45);
      const late = testEvent({ key: 'lead_1' });
      await bus.publish([late]);
      const { ids } = await member();
      await isDone();
      expect(ids()).toEqual(idsOf([...events.slice(5), late]));
    });

    it('keeps thousands of events of one key waiting without holding up another', async () => {
      const stuck = testEvents(6_000, { key: 'stuck' });
      const free = testEvents(100, { key: 'free' });
      await bus.publish(stuck);
      await bus.publish(free);
      let isFree = false;
      const { deliveries } = await member(async (events) =>
        events[0]?.partitionkey === 'stuck' && !isFree
          ? { done: 0, retryInMs: 100 }
          : { done: events.length },
      );
      await expect.poll(() => lag(), { timeout: 10_000 }).toBe(6_000);
      const before = deliveries.length;
      isFree = true;
      await isDone();
      const ofKey = deliveries.slice(before).filter(([event]) => event?.partitionkey === 'stuck');
      expect([...new Set(idsOf(ofKey.flat()))]).toEqual(idsOf(stuck));
    });

    it('shares the events of a group among its members here', async () => {
      const slow: Deliver = async (events) => {
        await sleep(5);
        return { done: events.length };
      };
      const [one, two] = [await member(slow, { concurrency: 1 }), await member(slow, { concurrency: 1 })];
      const events = testEvents(40);
      await bus.publish(events);
      await isDone();
      expect(one.ids().length).toBeGreaterThan(5);
      expect(two.ids().length).toBeGreaterThan(5);
      expect([...one.ids(), ...two.ids()].toSorted()).toEqual(idsOf(events));
      await one.stop();
      const more = testEvents(5);
      await bus.publish(more);
      await isDone();
      expect(two.ids().slice(-5).toSorted()).toEqual(idsOf(more));
    });

    it('gives nothing more to a member that was stopped, and waits for its deliveries', async () => {
      const release = Promise.withResolvers<void>();
      const { stop, ids, deliveries } = await member(async (events) => {
        await release.promise;
        return { done: events.length };
      });
      const [first] = await bus.publish(testEvents(1));
      await expect.poll(() => deliveries.length).toBe(1);
      const stopped = stop(10_000);
      await bus.publish(testEvents(3));
      release.resolve();
      await stopped;
      expect(ids()).toEqual([first?.id]);
      expect(await lag()).toBe(3);
    });

    it('aborts deliveries that outlast the grace, and brings their events again', async () => {
      const { stop, deliveries } = await member((_, signal) => {
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      });
      const events = testEvents(1);
      await bus.publish(events);
      await expect.poll(() => deliveries.length).toBe(1);
      await stop(0);
      const { ids } = await member();
      await isDone();
      expect(ids()).toEqual(idsOf(events));
    });

    it('counts what lies before a group', async () => {
      expect(await lag()).toBeUndefined();
      const { stop } = await member();
      await bus.publish(testEvents(10));
      await isDone();
      await stop();
      await bus.publish(testEvents(25));
      expect(await lag()).toBe(25);
      await sleep(2);
      await bus.trim(new Date().toISOString());
      expect(await lag()).toBe(0);
    });

    it('goes on behind a gap that retention made', async () => {
      const { stop } = await member();
      await bus.publish(testEvents(1));
      await isDone();
      await stop();
      await bus.publish(testEvents(5));
      await sleep(2);
      await bus.trim(new Date().toISOString());
      const kept = testEvents(2);
      await bus.publish(kept);
      const { ids } = await member();
      await isDone();
      expect(ids().toSorted()).toEqual(idsOf(kept));
    });

    it('refuses a bad name, no concurrency and a member that wants other types', async () => {
      await expect(member(all, { name: 'a b' })).rejects.toThrow('"a b" is no name of a group');
      await expect(member(all, { concurrency: 0 })).rejects.toThrow('cannot have 0 deliveries');
      await member();
      await expect(member(all, { types: [otherType] })).rejects.toThrow(testType);
    });

    it('brings events again where a delivery says more than it was given', async () => {
      const events = testEvents(1);
      let answers = [2, -1, 0.5];
      await bus.publish(events);
      const { deliveries } = await member(async () => {
        const [done = 1, ...rest] = answers;
        answers = rest;
        return { done };
      });
      await isDone();
      expect(deliveries.length).toBe(4);
    });
  });
});
