import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openJetstreamBus } from '#events/bus/jetstream/jetstream-bus.ts';
import { type Bus, BusUnavailable } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { createLiveWorld, type LiveWorld, leadEvent } from '#test/gateway/live-world.ts';
import { busEngines } from '#test/harness/buses.ts';
import { natsIsMissing, type OwnNats, onNats, ownNats } from '#test/harness/nats.ts';

const all = 'subscription ($after: ID) { leadStatusChanged(after: $after) { n } }';
const retention = { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 };
const slowly = { timeout: 15_000 };

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

describe.skipIf(await natsIsMissing())('live queries whose bus is away', { timeout: 60_000 }, () => {
  let server: OwnNats;
  let world: LiveWorld;
  beforeEach(async () => {
    server = await ownNats();
    await server.start();
    const opened: Bus[] = [];
    const open = async () => {
      const bus = await openJetstreamBus({ url: server.url, stream: 'test', retention, leaseMs: 2_000 });
      opened.push(bus);
      return bus;
    };
    const remove = async () => {
      await Promise.all(opened.map((bus) => bus.close()));
    };
    world = await createLiveWorld({ open, remove }, { lingerMs: 0 });
  });
  afterEach(async () => {
    await world.end();
    await server.remove();
  });

  it('go on when it is back, with nothing lost and nothing twice', async () => {
    const client = await world.subscribe(all);
    await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(client.numbers()).toEqual([0]), slowly);
    await server.kill();
    await expect.poll(() => world.bus.ping().catch((error: unknown) => error)).toBeInstanceOf(BusUnavailable);
    await expect(world.subscribe(all)).rejects.toMatchObject({ code: 'EVENTS_UNAVAILABLE' });
    await server.start();
    await publishAtLast(world.bus, [leadEvent(1)]);
    await publishAtLast(world.bus, [leadEvent(2)]);
    await vi.waitFor(() => expect(client.numbers()).toEqual([0, 1, 2]), slowly);
    const again = await world.subscribe(all, { after: client.messages[0]!.cursor });
    await vi.waitFor(() => expect(again.numbers()).toEqual([1, 2]), slowly);
    expect(client.endings).toEqual([]);
    expect(world.live.numbers()).toMatchObject({ subscriptions: 2, tails: 1, catchingUp: 0 });
  });

  it('end where its log was made anew meanwhile, and whoever asks then follows that', async () => {
    const clients = await Promise.all([world.subscribe(all), world.subscribe(all)]);
    await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => {
      for (const client of clients) expect(client.numbers()).toEqual([0]);
    }, slowly);
    const remove = async (nc: Parameters<Parameters<typeof onNats>[0]>[0]) =>
      (await jetstreamManager(nc)).streams.delete('test_events');
    await onNats(remove, server.url);
    await publishAtLast(world.bus, [leadEvent(1)]);
    for (const client of clients) {
      await vi.waitFor(() => expect(client.endings).toHaveLength(1), slowly);
      expect(client.endings).toMatchObject([
        { error: { code: 'INVALID_CURSOR', message: expect.stringContaining('made anew') } },
      ]);
      expect(client.numbers()).toEqual([0]);
    }
    await vi.waitFor(() => expect(world.live.numbers()).toMatchObject({ subscriptions: 0, groups: 0 }));
    await expect(world.subscribe(all, { after: clients[0]!.messages[0]!.cursor })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
    const next = await world.subscribe(all);
    await world.bus.publish([leadEvent(2)]);
    await vi.waitFor(() => expect(next.numbers()).toEqual([2]), slowly);
    expect(world.live.numbers()).toMatchObject({ subscriptions: 1, tails: 1 });
  });
});

/* An embedded log cannot be exchanged below a running gateway: its process holds it. */
it.each(busEngines.filter(({ missing }) => !missing))(
  'cursors of another log are refused on $engine',
  async ({ engine }) => {
    const [before, after] = [await createLiveWorld(engine), await createLiveWorld(engine)];
    try {
      const [published] = await before.bus.publish([leadEvent(0)]);
      await after.bus.publish([leadEvent(0), leadEvent(1)]);
      const again = after.subscribe(all, { after: published!.cursor });
      await expect(again).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    } finally {
      await Promise.all([before.end(), after.end()]);
    }
  },
);
