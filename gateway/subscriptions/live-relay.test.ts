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
import { type LiveSubgraph, startLiveSubgraph } from '#test/harness/live-subgraph.ts';

const ticked = 'subscription ($of: ID) { ticked(of: $of) { n } }';
const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Query { now: Int }
  type Subscription { ticked(of: ID): Tick! refused: Tick! }
  type Tick { n: Int! text: String }
`;

let subgraph: LiveSubgraph;
let world: LiveWorld;
beforeEach(async () => {
  subgraph = await startLiveSubgraph();
  world = await createLiveWorld('embedded', { lingerMs: 0 }, [{ name: 'ticks', url: subgraph.url, sdl }]);
});
afterEach(async () => {
  await world.end();
  await subgraph.stop();
});

const running = (count: number) => vi.waitFor(() => expect(subgraph.running).toHaveLength(count));

describe('subscriptions of a subgraph', () => {
  it('are passed on in order, executed once for all who may share, without cursors', async () => {
    const clients = await Promise.all(
      [alice, { ...alice, id: 'usr_9' }, bob].map((viewer) =>
        world.subscribe(ticked, { session: testSession(viewer) }),
      ),
    );
    await running(2);
    for (let n = 0; n < 20; n += 1) subgraph.tick({ n });
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await vi.waitFor(() => {
      for (const client of clients) expect(client.numbers()).toEqual(numbers);
    });
    expect(clients[0]!.messages[7]).toBe(clients[1]!.messages[7]);
    expect(JSON.parse(clients[0]!.messages[7]!.text)).toEqual({ data: { ticked: { n: 7 } } });
    expect(clients[0]!.subscription.cursor()).toBeUndefined();
    expect(world.live.numbers()).toMatchObject({ executions: 40, groups: 2, upstreams: 2, tails: 0 });
  });

  it('leave nothing when the last has left', async () => {
    const clients = await Promise.all([world.subscribe(ticked), world.subscribe(ticked)]);
    await running(1);
    for (const client of clients) client.subscription.leave();
    await running(0);
    await vi.waitFor(() => expect(subgraph.sockets.size).toBe(0));
    expect(world.live.numbers()).toMatchObject({ subscriptions: 0, groups: 0, upstreams: 0 });
    expect(world.generations.current().leases).toBe(0);
    expect(clients.map(({ session }) => session.watchers.size)).toEqual([0, 0]);
  });

  it('say where something may have been missed, complete, and are refused', async () => {
    const client = await world.subscribe(ticked);
    await running(1);
    await subgraph.stop();
    await subgraph.start();
    await vi.waitFor(
      () => {
        subgraph.tick({ n: 1 });
        expect(client.numbers().slice(0, 2)).toEqual(['EVENTS_MAY_BE_MISSED', 1]);
      },
      { timeout: 5_000 },
    );
    subgraph.finish();
    await vi.waitFor(() => expect(client.endings).toEqual([{ kind: 'complete' }]));
    const refused = await world.subscribe('subscription { refused { n } }');
    await vi.waitFor(() => expect(refused.endings).toEqual([{ kind: 'complete' }]));
    expect(refused.messages.map(({ text }) => JSON.parse(text).errors[0].extensions.code)).toEqual([
      'NO_TICKS',
    ]);
    expect(world.live.numbers()).toMatchObject({ subscriptions: 0, groups: 0, upstreams: 0 });
  });

  it('end who reads too slowly, since there is no log to catch up from', async () => {
    const live = world.openAnother({ waitingMessages: 2 });
    const slow = await subscribeTo(live, ticked);
    const quick = await subscribeTo(live, ticked);
    slow.stop();
    await running(1);
    for (let n = 0; n < 5; n += 1) subgraph.tick({ n });
    await vi.waitFor(() => expect(quick.numbers()).toEqual([0, 1, 2, 3, 4]));
    expect(slow.numbers()).toEqual([0, 1]);
    expect(slow.endings).toMatchObject([{ error: { code: 'SUBSCRIBER_TOO_SLOW' } }]);
  });

  it('go on over a new supergraph on the same connection', async () => {
    const client = await world.subscribe(ticked);
    await running(1);
    const before = world.generations.current();
    subgraph.tick({ n: 0 });
    await world.republish('another: Int');
    await vi.waitFor(() => expect(before.leases).toBe(0));
    subgraph.tick({ n: 1 });
    await vi.waitFor(() => expect(client.numbers()).toEqual([0, 1]));
    expect(subgraph.seen).toHaveLength(1);
    expect(world.live.numbers()).toMatchObject({ groups: 1, upstreams: 1 });
  });

  it('stand beside those of events', async () => {
    const [one, other] = await Promise.all([
      world.subscribe(ticked),
      world.subscribe('subscription { leadStatusChanged { n } }'),
    ]);
    await running(1);
    subgraph.tick({ n: 1 });
    await world.bus.publish([leadEvent(2)]);
    await vi.waitFor(() => expect([one!.numbers(), other!.numbers()]).toEqual([[1], [2]]));
  });

  it('go over to other rights when the viewer has them', async () => {
    const client = await world.subscribe(ticked, { session: testSession(alice) });
    const stays = await world.subscribe(ticked, { session: testSession({ ...alice, id: 'usr_9' }) });
    await running(1);
    client.session.become(bob);
    await running(2);
    subgraph.tick({ n: 1 });
    await vi.waitFor(() => expect(client.numbers()).toContain(1));
    await vi.waitFor(() => expect(stays.numbers()).toEqual([1]));
    expect(world.live.numbers()).toMatchObject({ groups: 2, upstreams: 2 });
  });
});
