import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import { collect, namesOf, testEvent, testEvents, testType } from '#test/harness/buses.ts';
import { collectLog } from '#test/harness/log.ts';
import { natsIsMissing, natsUrl, onNats, removeStreams } from '#test/harness/nats.ts';
import { type Bus, BusUnavailable, type Deliver, InvalidCursor } from '../port.ts';
import { type JetstreamBusOptions, openJetstreamBus } from './jetstream-bus.ts';

const retention = { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 };
const leaseMs = 1_000;
const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);
const minutesAgo = (minutes: number) => uuidv7({ msecs: Date.now() - minutes * 60_000 });

describe.skipIf(await natsIsMissing())('the bus on JetStream', () => {
  let stream: string;
  const opened: Bus[] = [];

  async function open(options: Partial<JetstreamBusOptions> = {}): Promise<Bus> {
    const bus = await openJetstreamBus({ url: natsUrl, stream, retention, leaseMs, ...options });
    opened.push(bus);
    return bus;
  }

  const idsIn = async (bus: Bus, tenant = 'default') =>
    namesOf(await collect(bus.read({ tenant, from: 'oldest' })));

  beforeEach(() => {
    stream = `test_${randomUUID().replaceAll('-', '')}`;
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await removeStreams(stream);
  });

  /** Consumes as `mail` on a bus and keeps what came. */
  async function member(bus: Bus, deliver: Deliver = async (events) => ({ done: events.length })) {
    const seen: EventEnvelope[] = [];
    const consumption = await bus.consume(
      { name: 'mail', types: [testType], concurrency: 4 },
      (events, signal) => {
        seen.push(...events);
        return deliver(events, signal);
      },
    );
    return { ...consumption, seen, ids: () => idsOf(seen) };
  }

  const isDone = (bus: Bus) =>
    expect.poll(async () => (await bus.lag()).get('mail'), { timeout: 20_000 }).toBe(0);

  /** The server's own deduplication does not know of events that were stored without a message id. */
  async function withoutWindow(work: () => Promise<unknown>): Promise<void> {
    const name = `${stream}_events`;
    const setWindow = (ms: number) =>
      onNats(async (nc) => (await jetstreamManager(nc)).streams.update(name, { duplicate_window: ms * 1e6 }));
    await setWindow(100);
    await sleep(300);
    await work();
    await setWindow(120_000);
  }

  it('appends no old event again that has left the window of the server', async () => {
    const bus = await open();
    const old = Array.from({ length: 600 }, (_, n) =>
      testEvent({ id: minutesAgo(10), key: `lead_${n % 7}` }),
    );
    const first = await bus.publish(old);
    expect(first.every(({ duplicate }) => !duplicate)).toBe(true);
    await withoutWindow(async () => {
      // A process that knows nothing of what the first one published.
      const other = await open();
      const fresh = testEvent({ id: minutesAgo(9), key: 'lead_1' });
      const again = await other.publish([...old, fresh]);
      expect(again.map(({ duplicate }) => duplicate)).toEqual([...old.map(() => true), false]);
      expect(again.slice(0, -1).map(({ cursor }) => cursor)).toEqual(first.map(({ cursor }) => cursor));
      expect(await idsIn(bus)).toEqual([...idsOf(old), fresh.id]);
    });
  });

  it('looks again for older events than it has looked for, and in what others published since', async () => {
    const bus = await open();
    const [oldest, older] = [
      testEvent({ id: minutesAgo(60), key: 'a' }),
      testEvent({ id: minutesAgo(30), key: 'a' }),
    ];
    await bus.publish([oldest, older]);
    await withoutWindow(async () => {
      const other = await open();
      expect(await other.publish([older])).toMatchObject([{ duplicate: true }]);
      expect(await other.publish([oldest])).toMatchObject([{ duplicate: true }]);
      expect(await idsIn(bus)).toEqual(idsOf([oldest, older]));
    });
  });

  it('shares the partitions of a group among processes, and again when one goes', async () => {
    const [one, two] = [await open(), await open()];
    const first = await member(one);
    const before = testEvents(100);
    await one.publish(before);
    await isDone(one);
    const second = await member(two);
    let published = [...before];
    // Each process sees the other within a fifth of a lease.
    await expect
      .poll(
        async () => {
          const more = testEvents(50);
          published = [...published, ...more];
          await one.publish(more);
          await isDone(one);
          return first.seen.length > 110 && second.seen.length > 10;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    await two.close();
    const after = testEvents(100);
    await one.publish(after);
    await isDone(one);
    expect([...first.ids(), ...second.ids()].toSorted()).toEqual(idsOf([...published, ...after]).toSorted());
  });

  it('never delivers a key in two processes at once, nor out of order, while members come and go', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `lead_${n}`);
    const running = new Set<string>();
    const order = new Map<string, number[]>();
    const overlaps: string[] = [];
    const deliver: Deliver = async (events) => {
      const key = events[0]?.partitionkey as string;
      if (running.has(key)) overlaps.push(key);
      running.add(key);
      await sleep(1);
      for (const event of events) {
        const versions = order.get(key) ?? [];
        order.set(key, versions);
        versions.push(event.data.n as number);
      }
      running.delete(key);
      return { done: events.length };
    };
    const publisher = await open();
    let n = 0;
    const publishSome = async () => {
      for (let round = 0; round < 20; round += 1) {
        await publisher.publish(keys.map((key) => testEvent({ key }, { n: n++ })));
        await sleep(20);
      }
    };
    await member(publisher, deliver);
    for (let round = 0; round < 3; round += 1) {
      const other = await open();
      await member(other, deliver);
      await publishSome();
      await other.close();
    }
    await isDone(publisher);
    expect(overlaps).toEqual([]);
    for (const versions of order.values()) expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect([...order.values()].flat().length).toBe(n);
  }, 60_000);

  it('stores nothing behind an event of the same key that was not stored', async () => {
    const bus = await open();
    await onNats(async (nc) =>
      (await jetstreamManager(nc)).streams.update(`${stream}_events`, { max_msg_size: 2_000 }),
    );
    const [first, second] = testEvents(2, { key: 'lead_1' }) as [EventEnvelope, EventEnvelope];
    const large = testEvent({ key: 'lead_1' }, { text: 'x'.repeat(3_000) });
    const call = bus.publish([first, large, second]);
    const behind = bus.publish(testEvents(2, { key: 'lead_1' }));
    await expect(call).rejects.toThrow('message size exceeds maximum allowed');
    await expect(behind).rejects.toThrow(BusUnavailable);
    expect(await idsIn(bus)).toEqual([first.id]);
    await bus.publish([second]);
    expect(await idsIn(bus)).toEqual(idsOf([first, second]));
  });

  it('records nothing in a partition that another process took', async () => {
    const log = collectLog();
    const bus = await open({ partitions: 1, log: log.logger });
    const release = Promise.withResolvers<void>();
    const { ids } = await member(bus, async (events) => {
      await release.promise;
      return { done: events.length };
    });
    const events = testEvents(1);
    await bus.publish(events);
    await expect.poll(ids).toEqual(idsOf(events));
    const subject = `${stream}.groups.mail.0`;
    const records = `${stream}_groups`;
    await onNats(async (nc) => {
      const jsm = await jetstreamManager(nc);
      const lastRecord = () => jsm.streams.getMessage(records, { last_by_subj: subject });
      await expect.poll(async () => (await lastRecord())?.json()).toMatchObject({ open: [1] });
      const taken = { ...(await lastRecord())?.json<object>(), owner: 'another' };
      await jetstream(nc).publish(subject, JSON.stringify(taken));
      release.resolve();
      await expect.poll(log.text).toContain('another process reads the partition now');
      // Nothing was written over it until the other one, which gives no sign of life, counts as gone.
      await isDone(bus);
      expect(ids()).toEqual(idsOf([...events, ...events]));
    });
  });

  it('makes a stream that was deleted under it anew', async () => {
    const bus = await open();
    await bus.publish(testEvents(1));
    const { ids } = await member(bus);
    await isDone(bus);
    await onNats(async (nc) => (await jetstreamManager(nc)).streams.delete(`${stream}_events`));
    await expect(bus.publish(testEvents(1))).rejects.toThrow(BusUnavailable);
    const events = testEvents(2);
    await expect
      .poll(
        () =>
          bus.publish(events).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await expect.poll(() => ids().slice(1).toSorted(), { timeout: 10_000 }).toEqual(idsOf(events));
  });

  it('passes over a message that is no event', async () => {
    const bus = await open();
    const { ids } = await member(bus);
    const events = testEvents(1);
    await onNats((nc) => jetstream(nc).publish(`${stream}.events.0.ZGVmYXVsdA.${testType}`, 'nonsense'));
    await bus.publish(events);
    await isDone(bus);
    expect(ids()).toEqual(idsOf(events));
  });

  it('refuses another number of partitions than the stream has', async () => {
    await open({ partitions: 4 });
    await expect(open({ partitions: 8 })).rejects.toThrow(
      `${stream}_events has "Events in 4 partitions", and 8`,
    );
  });

  it('brings the retention of a stream up to date', async () => {
    await open();
    await open({ retention: { ...retention, maxBytes: 5_000_000 } });
    const info = await onNats(async (nc) => (await jetstreamManager(nc)).streams.info(`${stream}_events`));
    expect(info.config.max_bytes).toBe(5_000_000);
  });

  it('refuses cursors of a stream that was made anew, and its groups begin again', async () => {
    const bus = await open();
    const [published] = await bus.publish(testEvents(1));
    await member(bus);
    await isDone(bus);
    await bus.close();
    await onNats(async (nc) => (await jetstreamManager(nc)).streams.delete(`${stream}_events`));
    const again = await open();
    const events = testEvents(3);
    await again.publish(events);
    const from = { cursor: published?.cursor as string };
    await expect(collect(again.read({ tenant: 'default', from }))).rejects.toThrow(InvalidCursor);
    const { ids } = await member(again);
    await isDone(again);
    expect(ids().toSorted()).toEqual(idsOf(events));
  });

  it.each([
    [{ stream: 'a.b' }, '"a.b" is no prefix of streams'],
    [{ partitions: 0 }, 'There cannot be 0 partitions'],
  ])('refuses %o', async (options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });
});
