import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  alice,
  bob,
  createLiveWorld,
  type LiveWorld,
  leadEvent,
  subscribeTo,
  testSession,
} from '#test/gateway/live-world.ts';

const all = 'subscription { leadStatusChanged { n lead { status } } }';
const updates = 'subscription { leadUpdated { event { n } } }';

let world: LiveWorld;
beforeEach(async () => {
  world = await createLiveWorld('embedded', { lingerMs: 0 });
});
afterEach(() => world.end());

describe('a new supergraph', () => {
  it('ends nothing, and loses and doubles no event', async () => {
    const clients = await Promise.all([all, all, updates].map((query) => world.subscribe(query)));
    let n = 0;
    let isOver = false;
    const publishing = (async () => {
      for (; !isOver; n += 1) {
        await world.bus.publish([leadEvent(n)]);
        if (n % 7 === 0) await sleep(1);
      }
    })();
    const before = world.generations.current();
    for (const name of ['another', 'yetAnother', 'third']) {
      await world.republish(`${name}: Int`);
    }
    await vi.waitFor(() => expect(before.leases).toBe(0));
    isOver = true;
    await publishing;
    const numbers = Array.from({ length: n }, (_, index) => index);
    await vi.waitFor(() => {
      expect(clients[0]!.numbers()).toEqual(numbers);
      expect(clients[1]!.numbers()).toEqual(numbers);
      expect(clients[2]!.seen().map((each) => (each as { event: { n: number } }).event.n)).toEqual(numbers);
    });
    expect(clients.flatMap(({ endings }) => endings)).toEqual([]);
    expect(world.live.numbers()).toMatchObject({ subscriptions: 3, groups: 2 });
    expect(world.generations.current().leases).toBe(2);
  });

  it('ends what it no longer has, with the error of validation and a cursor, and nothing else', async () => {
    const gone = await world.subscribe('subscription { leadStatusChanged { n } }');
    const stays = await world.subscribe('subscription { leadUpdated { version } }');
    const [published] = await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(gone.messages).toHaveLength(1));
    await world.republish('', (sdl) => sdl.replaceAll(/\bn: Int/g, 'm: Int'));
    await vi.waitFor(() => expect(gone.endings).toHaveLength(1));
    expect(gone.endings[0]).toMatchObject({
      kind: 'error',
      error: { code: 'GRAPHQL_VALIDATION_FAILED' },
      cursor: published!.cursor,
    });
    await world.bus.publish([leadEvent(1)]);
    await vi.waitFor(() => expect(stays.messages).toHaveLength(2));
    expect(stays.endings).toEqual([]);
    expect(world.live.numbers()).toMatchObject({ subscriptions: 1, groups: 1 });
  });

  it('parts those whose rights differ under it', async () => {
    const query = 'subscription { leadStatusChanged { n } }';
    const [first, second] = await Promise.all(
      [alice, bob].map((viewer) => world.subscribe(query, { session: testSession(viewer) })),
    );
    expect(world.live.numbers().groups).toBe(1);
    const before = world.generations.current();
    await world.republish('', (sdl) =>
      sdl.replace(
        'cursor: ID! @attribute(names: ["cursor"])\n    n: Int',
        '$& @requiresScopes(scopes: [["secrets"]])',
      ),
    );
    await vi.waitFor(() => expect(before.leases).toBe(0));
    await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(first!.numbers()).toEqual([0]));
    await vi.waitFor(() => expect(second!.numbers()).toEqual([null]));
  });

  it('is moved to over time', async () => {
    const live = world.openAnother({ replanMs: 400, lingerMs: 0 });
    const owners = Array.from({ length: 40 }, (_, n) => `usr_${n}`);
    const clients = await Promise.all(
      owners.map((owner) =>
        subscribeTo(live, `subscription { leadStatusChanged(ownerId: "${owner}") { n } }`),
      ),
    );
    const before = world.generations.current();
    await world.republish('another: Int');
    expect(before.leases).toBeGreaterThan(20);
    const leases: number[] = [];
    await vi.waitFor(
      () => {
        leases.push(before.leases);
        expect(before.leases).toBe(0);
      },
      { timeout: 3_000, interval: 20 },
    );
    expect(new Set(leases).size).toBeGreaterThan(3);
    await world.bus.publish(owners.map((ownerid, n) => leadEvent(n, { ownerid })));
    await vi.waitFor(() =>
      expect(clients.flatMap((client) => client.numbers())).toEqual(owners.map((_, n) => n)),
    );
  });
});
