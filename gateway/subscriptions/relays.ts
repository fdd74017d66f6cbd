import { SubscriptionNotServed } from '#gateway/pipeline/operation-errors.ts';
import { ViewerOfAnotherTenant } from '#gateway/pipeline/subscription-errors.ts';
import type { Hub } from './hub.ts';
import type { Joining } from './joining.ts';
import { isRelayed, type PlannedRelay } from './planned.ts';
import { Relay } from './relay.ts';
import { type RelayKeeper, RelayMember } from './relay-member.ts';
import type { Movements } from './replan.ts';
import type { Upstreams } from './upstreams.ts';

/** The subscriptions that subgraphs serve themselves. */
export interface Relays {
  /** @throws GatewayError `UPSTREAM_LIMIT_EXCEEDED`. */
  readonly subscribe: (joining: Joining, planned: PlannedRelay) => RelayMember;
  readonly relays: () => Iterable<Relay>;
  readonly close: () => void;
}

/** @param keyOf of a plan, unequal for plans of two generations */
export function openRelays(
  hub: Hub,
  upstreams: Upstreams,
  keyOf: (planned: PlannedRelay) => string,
  movements: () => Movements,
): Relays {
  const relays = new Map<string, Relay>();

  /**
   * @param mine the relay of whoever moves. The first that moves to a new generation takes it along, and with it what
   * is under way: all of its members may share and have the same rights on any supergraph. Whoever has become somebody
   * else does not.
   */
  function relayOf(planned: PlannedRelay, mine?: Relay): Relay {
    const key = keyOf(planned);
    let relay = relays.get(key);
    if (relay !== undefined) return relay;
    const isStale = mine !== undefined && mine.planned.generation !== planned.generation;
    if (isStale && mine.planned.source.sharedBy === planned.source.sharedBy) {
      relays.delete(keyOf(mine.planned));
      mine.adopt(planned);
      relay = mine;
    } else {
      relay = new Relay(hub, upstreams, planned, (empty) => relays.delete(keyOf(empty.planned)));
    }
    relays.set(key, relay);
    return relay;
  }

  const keeper: RelayKeeper = {
    hub,
    viewerChanged: (member) => {
      if (member.viewer.tenant !== member.group.planned.viewer.tenant) member.end(ViewerOfAnotherTenant());
      else void movements().move(member);
    },
    move: (member, planned) => {
      if (!isRelayed(planned)) member.end(SubscriptionNotServed());
      else member.moveTo(relayOf(planned, member.group));
    },
  };

  return {
    subscribe: (joining, planned) => {
      const member = new RelayMember(keeper, joining, relayOf(planned));
      setImmediate(start, member);
      return member;
    },
    relays: () => relays.values(),
    close: () => {
      for (const relay of [...relays.values()]) {
        for (const member of relay.members) member.leave();
      }
      upstreams.close();
    },
  };
}

function start(member: RelayMember): void {
  member.start();
}
