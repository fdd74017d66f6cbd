import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, InvalidCursor } from '#events/bus/port.ts';
import type { Hub } from './hub.ts';
import { type Lane, openLane } from './lane.ts';
import type { LookupFilter } from './lookups.ts';
import { openPages } from './pages.ts';
import type { Happening, Place, Stretch } from './place.ts';
import { openRing } from './ring.ts';

/** The events of one tenant, followed while somebody listens. */
export interface Tail {
  readonly tenant: string;
  /** Everything up to here was seen. */
  readonly end: () => Place;
  /** The lane of those who listen with these lookups; made where there is none. */
  readonly lane: (filters: readonly LookupFilter[]) => Lane;
  /** Lets go of a lane that nobody listens to. */
  readonly leaveLane: (lane: Lane) => void;
  /** What lies behind a place, from memory or from the log. Rejects as the bus does. */
  readonly behind: (place: Place) => Stretch | Promise<Stretch>;
  /** Somebody begins, or ends, to read behind. */
  readonly readers: { count: number };
  readonly forgetPages: () => void;
  readonly close: () => void;
}

/** Happenings that a reader gets from memory at once. */
const stretchSize = 256;
const againMs = 500;

/**
 * Follows a tenant from a place on.
 * @param onLost told where the log is no longer the one that the place lies on
 */
export function openTail(
  hub: Hub,
  bus: Bus,
  tenant: string,
  from: Place,
  onLost: (tail: Tail) => void,
): Tail {
  const { log, options, counts } = hub;
  const over = new AbortController();
  const { signal } = over;
  const ring = openRing(from, options);
  const pages = openPages(bus, tenant, options.readings, signal);
  const lanes = new Map<string, Lane>();
  let isQuiet = false;

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        const range = { tenant, from: { cursor: ring.end().cursor } };
        for await (const happening of bus.follow(range, signal)) {
          take(happening);
          for (const lane of lanes.values()) {
            const room = lane.room();
            if (room) await room;
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error, tenant }, 'the events of a tenant cannot be followed');
        if (error instanceof InvalidCursor) {
          onLost(tail);
          return;
        }
      }
      await sleep(againMs, undefined, { signal }).catch(() => {});
    }
  }

  function take(happening: Happening): void {
    isQuiet = false;
    /* What was forgotten before a place that was renewed was others'. */
    if (happening.kind === 'gap' && happening.position <= ring.end().position) return;
    counts[happening.kind === 'event' ? 'events' : 'gaps'] += 1;
    ring.add(happening);
    for (const lane of lanes.values()) lane.take(happening);
  }

  /**
   * Where nothing comes, others' events pass, and are forgotten some day: whoever came back with the cursor of long
   * ago would be told of a gap that there was not.
   */
  async function renewPlace(): Promise<void> {
    const end = ring.end();
    const cursor = await bus.now(tenant);
    const position = await bus.position(tenant, cursor);
    for await (const _ of bus.read({ tenant, from: { cursor: end.cursor }, limit: 1 }, signal)) return;
    if (ring.end() !== end || position <= end.position) return;
    ring.advance({ cursor, position });
    for (const lane of lanes.values()) lane.advance(ring.end());
  }

  const quiet = setInterval(() => {
    if (isQuiet) {
      renewPlace().catch((error) => {
        if (!signal.aborted) log.warn({ err: error, tenant }, 'a quiet tenant has its old place on the bus');
      });
    }
    isQuiet = true;
  }, options.quietMs);
  quiet.unref();

  const tail: Tail = {
    tenant,
    end: ring.end,
    lane: (filters) => {
      const key = laneKey(filters);
      let lane = lanes.get(key);
      if (lane === undefined) {
        lane = openLane(ring.end(), filters, hub.lookups);
        lanes.set(key, lane);
      }
      return lane;
    },
    leaveLane: (lane) => {
      for (const [key, each] of lanes) {
        if (each === lane && lane.isEmpty()) lanes.delete(key);
      }
    },
    behind: (place) => ring.behind(place.position, stretchSize) ?? pages.behind(place, ring.end()),
    readers: { count: 0 },
    forgetPages: pages.forget,
    close: () => {
      clearInterval(quiet);
      over.abort(new Error('Nobody listens any more.'));
      counts.tails -= 1;
    },
  };
  counts.tails += 1;
  void follow();
  return tail;
}

function laneKey(filters: readonly LookupFilter[]): string {
  return JSON.stringify(filters.map(({ attributes, lookup }) => [attributes, lookup]));
}
