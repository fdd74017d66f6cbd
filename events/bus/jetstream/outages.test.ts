import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import { collect, namesOf, testEvent, testEvents, testType } from '#test/harness/buses.ts';
import { natsIsMissing, type OwnNats, ownNats } from '#test/harness/nats.ts';
import { type Bus, BusUnavailable } from '../port.ts';
import { openJetstreamBus } from './jetstream-bus.ts';

const retention = { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 };
const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);

/* On a server of their own, which is killed and held. */
describe.skipIf(await natsIsMissing())('while its server is away, the bus on JetStream', () => {
  let server: OwnNats;
  const opened: Bus[] = [];
  let streams = 0;
  let stream: string;

  beforeAll(async () => {
    server = await ownNats();
    await server.start();
  });

  afterAll(async () => {
    await Promise.all(opened.map((bus) => bus.close()));
    await server.remove();
  });

  beforeEach(() => {
    streams += 1;
    stream = `test_${streams}`;
  });

  async function open(): Promise<Bus> {
    const bus = await openJetstreamBus({ url: server.url, stream, retention, leaseMs: 2_000 });
    opened.push(bus);
    return bus;
  }

  /** Publishes until it succeeds, as a relay does. */
  async function publishAtLast(bus: Bus, events: readonly EventEnvelope[]) {
    for (;;) {
      try {
        return await bus.publish(events);
      } catch (error) {
        expect(error).toBeInstanceOf(BusUnavailable);
        await sleep(20);
      }
    }
  }

  const idsIn = async (bus: Bus) => namesOf(await collect(bus.read({ tenant: 'default', from: 'oldest' })));
  const isBack = (bus: Bus) =>
    expect
      .poll(
        () =>
          bus.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);

  it('keeps what was published when the server was killed, and appends none of it again', async () => {
    const bus = await open();
    const events = testEvents(1_000, { key: 'lead_1' });
    await bus.publish(events.slice(0, 500));
    await server.kill();
    await server.start();
    const again = await publishAtLast(bus, events);
    expect(again.map(({ duplicate }) => duplicate)).toEqual(events.map((_, n) => n < 500));
    expect(await idsIn(bus)).toEqual(idsOf(events));
  });

  it('keeps every key in order however often the server is killed while events are published', async () => {
    const bus = await open();
    const keys = ['lead_1', 'lead_2', 'lead_3'];
    const events = Array.from({ length: 3_000 }, (_, n) => testEvent({ key: keys[n % 3] as string }));
    let isDone = false;
    const publishing = (async () => {
      for (let at = 0; at < events.length; at += 150) await publishAtLast(bus, events.slice(at, at + 150));
      isDone = true;
    })();
    for (let kills = 0; kills < 5 && !isDone; kills += 1) {
      await sleep(30);
      await server.kill();
      await server.start();
      await isBack(bus);
    }
    await publishing;
    const kept = await collect(bus.read({ tenant: 'default', from: 'oldest' }));
    for (const key of keys) {
      const ofKey = kept.filter((one) => one.kind === 'event' && one.event.partitionkey === key);
      expect(namesOf(ofKey)).toEqual(idsOf(events.filter(({ partitionkey }) => partitionkey === key)));
    }
  });

  it('rejects everything at once, and opens all the same', async () => {
    const bus = await open();
    await server.kill();
    await expect.poll(() => bus.ping().catch((error: unknown) => error)).toBeInstanceOf(BusUnavailable);
    const started = performance.now();
    await expect(bus.publish(testEvents(1))).rejects.toThrow(BusUnavailable);
    await expect(bus.now('default')).rejects.toThrow(BusUnavailable);
    await expect(bus.lag()).rejects.toThrow(BusUnavailable);
    await expect(idsIn(bus)).rejects.toThrow(BusUnavailable);
    expect(performance.now() - started).toBeLessThan(1_000);
    const other = await open();
    await expect(other.ping()).rejects.toThrow(BusUnavailable);
    const seen: string[] = [];
    await other.consume({ name: 'mail', types: [testType], concurrency: 1 }, async (events) => {
      seen.push(...idsOf(events));
      return { done: events.length };
    });
    await server.start();
    await isBack(bus);
    const [event] = testEvents(1) as [EventEnvelope];
    await publishAtLast(bus, [event]);
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([event.id]);
  });

  it('follows and consumes on when it is back, without a gap or a double', async () => {
    const bus = await open();
    const followed: string[] = [];
    const stop = new AbortController();
    const following = (async () => {
      for await (const one of bus.follow({ tenant: 'default', from: 'oldest' }, stop.signal)) {
        followed.push(...namesOf([one]));
      }
    })();
    const consumed: string[] = [];
    await bus.consume({ name: 'mail', types: [testType], concurrency: 2 }, async (events) => {
      consumed.push(...idsOf(events));
      return { done: events.length };
    });
    const events = testEvents(300, { key: 'lead_1' });
    for (let at = 0; at < events.length; at += 100) {
      await publishAtLast(bus, events.slice(at, at + 100));
      await expect.poll(() => followed.length, { timeout: 10_000 }).toBe(at + 100);
      await server.kill();
      await server.start();
    }
    await expect.poll(() => new Set(consumed).size, { timeout: 10_000 }).toBe(300);
    expect(followed).toEqual(idsOf(events));
    // The process lived on and forgot nothing of what was done.
    expect(consumed).toEqual(idsOf(events));
    stop.abort();
    await following;
  });

  it('gives up a server that answers nothing, within a bound', async () => {
    const bus = await open();
    await server.pause(true);
    try {
      await expect(bus.publish(testEvents(1))).rejects.toThrow(BusUnavailable);
      await expect(bus.now('default')).rejects.toThrow(BusUnavailable);
    } finally {
      await server.pause(false);
    }
    await isBack(bus);
    await publishAtLast(bus, testEvents(1));
  });

  it('lets another process have the partitions of one that is silent, which then records nothing', async () => {
    const silent = await open();
    const other = await open();
    const held: string[] = [];
    const release = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    await silent.consume({ name: 'mail', types: [testType], concurrency: 1 }, async (events, signal) => {
      held.push(...idsOf(events));
      signals.push(signal);
      await release.promise;
      return { done: events.length };
    });
    const event = testEvent();
    await silent.publish([event]);
    await expect.poll(() => held, { timeout: 10_000 }).toEqual([event.id]);
    await server.pause(true);
    // It gives up by itself before anybody else may think that it is dead.
    await expect.poll(() => signals[0]?.aborted, { timeout: 10_000 }).toBe(true);
    await server.pause(false);
    await isBack(other);
    const taken: string[] = [];
    await other.consume({ name: 'mail', types: [testType], concurrency: 1 }, async (events) => {
      taken.push(...idsOf(events));
      return { done: events.length };
    });
    release.resolve();
    await expect.poll(async () => (await other.lag()).get('mail'), { timeout: 20_000 }).toBe(0);
    expect([...held.slice(1), ...taken]).toEqual([event.id]);
  });
});
