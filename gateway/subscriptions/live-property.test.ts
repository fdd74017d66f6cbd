import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import {
  createLiveWorld,
  type LiveWorld,
  leadEvent,
  subscribeTo,
  type TestClient,
} from '#test/gateway/live-world.ts';
import { busEngines } from '#test/harness/buses.ts';
import type { Live } from './types.ts';

const query = `subscription ($owner: ID, $after: ID) {
  leadStatusChanged(ownerId: $owner, after: $after) { n lead { status } }
}`;

type Action =
  | {
      readonly kind: 'publish';
      readonly events: readonly { readonly owner: number; readonly lead: number }[];
    }
  | { readonly kind: 'subscribe'; readonly owner: number | null }
  | { readonly kind: 'stop' | 'read' | 'resume' | 'leave'; readonly client: number }
  | { readonly kind: 'reload' };

const client = fc.nat(5);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      events: fc.array(fc.record({ owner: fc.nat(2), lead: fc.nat(3) }), { minLength: 1, maxLength: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      owner: fc.option(fc.nat(2)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('stop', 'read', 'resume' as const), client }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const) }) },
);

/** A client over its connections. */
interface Follower {
  readonly owner: number | null;
  /** Events that were there before it. */
  readonly from: number;
  seen: unknown[];
  current: TestClient;
}

/** Between keys there is no order to rely on. */
function byLead(numbers: readonly unknown[], events: readonly EventEnvelope[]) {
  const groups = Map.groupBy(numbers, (n) => events[n as number]?.leadid);
  return Object.fromEntries([...groups].sort(([left], [right]) => String(left).localeCompare(String(right))));
}

const ownerId = (owner: number | null) => (owner === null ? null : `usr_${owner}`);

describe.each(busEngines)('whatever happens on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('everybody', () => {
    let world: LiveWorld;
    let reloads = 0;
    beforeAll(async () => {
      world = await createLiveWorld(engine);
    });
    afterAll(() => world.end());

    async function play(live: Live, actions: readonly Action[]): Promise<void> {
      const events: EventEnvelope[] = [];
      const followers: Follower[] = [];
      const subscribe = (owner: number | null, after?: string) =>
        subscribeTo(live, query, { variables: { owner: ownerId(owner) }, after });
      for (const each of actions) {
        if (each.kind === 'publish') {
          const batch = each.events.map(({ owner, lead }, index) =>
            leadEvent(events.length + index, { ownerid: `usr_${owner}`, leadid: `lead_${lead}` }),
          );
          events.push(...batch);
          await world.bus.publish(batch);
        } else if (each.kind === 'subscribe') {
          const current = await subscribe(each.owner);
          followers.push({ owner: each.owner, from: events.length, seen: [], current });
        } else if (each.kind === 'reload') {
          reloads += 1;
          await world.republish(`another${reloads}: Int`);
        } else {
          const follower = followers[each.client % Math.max(1, followers.length)];
          if (follower === undefined) continue;
          if (each.kind === 'stop') follower.current.stop();
          if (each.kind === 'read') follower.current.read();
          if (each.kind === 'leave') {
            follower.current.subscription.leave();
            followers.splice(followers.indexOf(follower), 1);
          }
          if (each.kind === 'resume') {
            const cursor = follower.current.subscription.cursor();
            follower.current.subscription.leave();
            follower.seen.push(...follower.current.numbers());
            follower.current = await subscribe(follower.owner, cursor);
          }
        }
      }
      for (const { current } of followers) current.read();
      await vi.waitFor(
        () => {
          for (const { owner, from, seen, current } of followers) {
            const wanted = events
              .slice(from)
              .filter(({ ownerid }) => owner === null || ownerid === ownerId(owner))
              .map(({ data }) => data.n);
            expect(byLead([...seen, ...current.numbers()], events)).toEqual(byLead(wanted, events));
            expect(current.endings).toEqual([]);
          }
        },
        { timeout: 20_000, interval: 20 },
      );
      for (const { current } of followers) current.subscription.leave();
      await vi.waitFor(() =>
        expect(live.numbers()).toMatchObject({ subscriptions: 0, groups: 0, catchingUp: 0 }),
      );
    }

    it('sees what the filter admits, in the order of each key, once', { timeout: 240_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 30 }), async (actions) => {
          const live = world.openAnother({
            waitingMessages: 3,
            recentEvents: 8,
            groupQueue: 4,
            groupExecutions: 2,
            lingerMs: 0,
          });
          try {
            await play(live, actions);
          } finally {
            await live.close();
          }
        }),
        { numRuns: 12, endOnFailure: true },
      );
    });
  });
});
