import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { type LiveSubgraph, startLiveSubgraph, ticksSdl } from '#test/harness/live-subgraph.ts';
import { type Follower, followers, poll } from './live-clients.ts';
import { createLiveWorld, type LiveWorld } from './live-world.ts';

const query = 'subscription ($of: ID) { ticked(of: $of) { n lead { id status owner } } }';

let subgraph: LiveSubgraph;
let world: LiveWorld;
let gateway: RunningGateway;
let open: Follower[] = [];
beforeEach(async () => {
  subgraph = await startLiveSubgraph();
  const ticks = { name: 'ticks', url: subgraph.url, sdl: ticksSdl };
  world = await createLiveWorld('embedded', { lingerMs: 0 }, [ticks]);
  gateway = await world.startGateway();
});
afterEach(async () => {
  for (const follower of open) follower.leave();
  open = [];
  await world.end();
  await subgraph.stop();
});

const running = (count: number) => vi.waitFor(() => expect(subgraph.running).toHaveLength(count));
const tick = (n: number, of?: string) => subgraph.tick({ n, lead: { id: 'lead_1' }, ...(of && { of }) });
const ticked = (n: number) => ({
  data: { ticked: { n, lead: { id: 'lead_1', status: 'NEW', owner: 'usr_7' } } },
});
const missed = { data: null, errors: [{ extensions: { code: 'EVENTS_MAY_BE_MISSED' } }] };
const isEmpty = () =>
  vi.waitFor(() => {
    expect(gateway.live()).toMatchObject({ subscriptions: 0, groups: 0, upstreams: 0 });
    expect([subgraph.running, subgraph.sockets.size]).toEqual([[], 0]);
  });

describe.each(['websocket', 'sse'] as const)(
  'a subscription of a team’s own subgraph over %s',
  (transport) => {
    const follow = async (variables: Record<string, unknown> = {}) => {
      const { subscriptions } = gateway.live();
      const follower = followers[transport](gateway, { query, variables });
      open.push(follower);
      await vi.waitFor(() => expect(gateway.live().subscriptions).toBe(subscriptions + 1));
      return follower;
    };

    it('brings what it tells with entities of another, without cursors', async () => {
      const client = await follow();
      await running(1);
      tick(1);
      tick(2);
      await vi.waitFor(() => expect(client.results).toEqual([ticked(1), ticked(2)]));
      subgraph.finish();
      await vi.waitFor(() => expect(client.ends).toEqual(['complete']));
      await isEmpty();
    });

    it('is one for all who ask the same, and gone with the last of them', async () => {
      const [one, other, another] = [
        await follow({ of: '1' }),
        await follow({ of: '1' }),
        await follow({ of: '2' }),
      ];
      await running(2);
      expect(subgraph.sockets.size).toBe(1);
      tick(1, '1');
      await vi.waitFor(() => expect([one.results, other.results]).toEqual([[ticked(1)], [ticked(1)]]));
      expect(gateway.live()).toMatchObject({ executions: 1, upstreams: 2 });
      one.leave();
      another.leave();
      await running(1);
      tick(2, '1');
      await vi.waitFor(() => expect(other.results).toEqual([ticked(1), ticked(2)]));
      expect([one.results, another.results]).toEqual([[ticked(1)], []]);
      other.leave();
      await isEmpty();
    });

    it('goes on when the subgraph is back, and says that something may be missing', async () => {
      const client = await follow();
      await running(1);
      tick(1);
      await vi.waitFor(() => expect(client.results).toHaveLength(1));
      await subgraph.stop();
      await subgraph.start();
      await vi.waitFor(() => expect(client.results).toHaveLength(2), { timeout: 5_000 });
      await running(1);
      tick(2);
      await vi.waitFor(() => expect(client.results).toHaveLength(3));
      expect(client.results).toMatchObject([ticked(1), missed, ticked(2)]);
      expect(client.ends).toEqual([]);
    });
  },
);

it('a subscription of a team’s own subgraph cannot be polled, and leaves nothing', async () => {
  const { status, body } = await poll(gateway, { query });
  expect([status, body.errors]).toMatchObject([400, [{ extensions: { code: 'POLL_NEEDS_CURSOR' } }]]);
  await isEmpty();
});
