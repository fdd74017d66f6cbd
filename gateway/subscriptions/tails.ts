import type { Bus } from '#events/bus/port.ts';
import type { Hub } from './hub.ts';
import type { Place } from './place.ts';
import { openTail, type Tail } from './tail.ts';

/** The tenants that are followed. Whoever takes one gives it back. */
export interface Tails {
  /** @param now a place that the tenant's events may be followed from, where they are not yet */
  readonly take: (tenant: string, now: Place) => Tail;
  readonly giveBack: (tail: Tail) => void;
  readonly close: () => void;
}

interface Followed {
  readonly tail: Tail;
  users: number;
  /** Set while nobody uses it. */
  lingering: NodeJS.Timeout | undefined;
}

/** A tenant is followed a little longer than somebody listens: who comes back finds the latest events in memory. */
export function openTails(hub: Hub, bus: Bus, onLost: (tail: Tail) => void): Tails {
  const followed = new Map<string, Followed>();

  function end(tenant: string, one: Followed): void {
    clearTimeout(one.lingering);
    one.tail.close();
    if (followed.get(tenant) === one) followed.delete(tenant);
  }

  return {
    take: (tenant, now) => {
      let one = followed.get(tenant);
      if (one === undefined) {
        const lost = (tail: Tail) => {
          clearTimeout(followed.get(tenant)?.lingering);
          /* First, so that whoever comes from now on has a new one. */
          followed.delete(tenant);
          onLost(tail);
          tail.close();
        };
        one = { tail: openTail(hub, bus, tenant, now, lost), users: 0, lingering: undefined };
        followed.set(tenant, one);
      }
      one.users += 1;
      clearTimeout(one.lingering);
      one.lingering = undefined;
      return one.tail;
    },
    giveBack: (tail) => {
      const one = followed.get(tail.tenant);
      if (one?.tail !== tail) {
        return;
      }
      one.users -= 1;
      if (one.users === 0) {
        one.lingering = setTimeout(end, hub.options.lingerMs, tail.tenant, one);
        one.lingering.unref();
      }
    },
    close: () => {
      for (const [tenant, one] of followed) end(tenant, one);
    },
  };
}
