import { LRUCache } from 'lru-cache';
import { VendorError } from '../error.ts';

export interface FlightOptions {
  readonly vendor: string;
  /** The most values of a type in one call. */
  readonly batchOf: (type: string) => number;
  /** Reads records by a key and writes them; answers the values that there are records of. */
  readonly fetch: (
    type: string,
    by: string,
    values: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlySet<string>>;
  /** How long a call waits for further values: until nobody has asked for that long. */
  readonly gatherMs: number;
  /** How long a call waits for further values at most, while they go on coming. */
  readonly gatherMostMs: number;
  /** How much longer it waits for the call of its kind that is under way: one that hangs must not hold up all others. */
  readonly holdMs: number;
  /** How long it may take, whoever waits for it. */
  readonly flightMs: number;
  /** How long it is remembered that there is no record of a value. */
  readonly unknownMs: number;
  /** The most values that are asked for at a time. */
  readonly most: number;
}

/** Reads on their way to a vendor, each value in one at a time. */
export interface Flights {
  /** Resolves once what the vendor has of the value is written; rejects with a `VendorError`. */
  readonly ask: (type: string, by: string, value: string) => Promise<void>;
  /** Ends those that are under way, and resolves when they are over. */
  readonly close: () => Promise<void>;
}

interface Gathering {
  readonly type: string;
  readonly by: string;
  readonly values: Map<string, PromiseWithResolvers<void>>;
  /** When it has waited long enough whoever comes, by `performance.now()`. */
  readonly latest: number;
  /** When it was asked for last. */
  askedAt: number;
  /** Whether it has waited long enough, but for the one before it. */
  isDue: boolean;
  departure: NodeJS.Timeout | undefined;
}

const mostRemembered = 10_000;

/**
 * Gathers what is asked for at about the same time, by however many requests, into as few calls as the vendor allows:
 * a call leaves when nobody joins it any more, so that a crowd costs one. Whoever asks for what is under way waits for
 * that. While a call is under way the next of its kind gathers: the slower a vendor answers the more it is asked for at
 * once, however that is spread.
 */
export function createFlights(options: FlightOptions): Flights {
  const { vendor, batchOf, fetch, gatherMs, gatherMostMs, holdMs, flightMs, unknownMs, most } = options;
  const closing = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const gatherings = new Map<string, Gathering>();
  const unknown = new LRUCache<string, true>({ max: mostRemembered, ttl: unknownMs });
  const calls = new Map<Promise<void>, string>();

  const fly = async ({ type, by, values }: Gathering): Promise<void> => {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(flightMs)]);
    try {
      const found = await fetch(type, by, [...values.keys()], signal);
      for (const [value, { resolve }] of values) {
        if (!found.has(value)) unknown.set(keyOf(type, by, value), true);
        resolve();
      }
    } catch (error) {
      for (const { reject } of values.values()) reject(error);
    } finally {
      for (const value of values.keys()) underWay.delete(keyOf(type, by, value));
    }
  };
  const depart = (gathering: Gathering): void => {
    clearTimeout(gathering.departure);
    const kind = keyOf(gathering.type, gathering.by);
    gatherings.delete(kind);
    const call: Promise<void> = fly(gathering).finally(() => {
      calls.delete(call);
      const next = gatherings.get(kind);
      if (next?.isDue) depart(next);
    });
    calls.set(call, kind);
  };
  const fallDue = (gathering: Gathering): void => {
    gathering.isDue = true;
    const isBusy = [...calls.values()].includes(keyOf(gathering.type, gathering.by));
    if (isBusy) gathering.departure = setTimeout(depart, holdMs, gathering);
    else depart(gathering);
  };
  /** A busy process comes to its timers before it has read who else asks: it looks at that first. */
  const wait = (gathering: Gathering, ms: number): NodeJS.Timeout =>
    setTimeout(() => setImmediate(waitForMore, gathering), ms);
  const waitForMore = (gathering: Gathering): void => {
    if (gatherings.get(keyOf(gathering.type, gathering.by)) !== gathering) return;
    const ms = Math.min(gathering.askedAt + gatherMs, gathering.latest) - performance.now();
    if (ms > 0) gathering.departure = wait(gathering, ms);
    else fallDue(gathering);
  };
  const gatheringFor = (type: string, by: string): Gathering => {
    const key = keyOf(type, by);
    const open = gatherings.get(key);
    if (open) return open;
    const now = performance.now();
    const times = { latest: now + gatherMostMs, askedAt: now, isDue: false };
    const made: Gathering = { type, by, values: new Map(), ...times, departure: undefined };
    made.departure = wait(made, gatherMs);
    gatherings.set(key, made);
    return made;
  };

  return {
    ask: (type, by, value) => {
      const key = keyOf(type, by, value);
      const known = underWay.get(key);
      if (known !== undefined) return known;
      if (unknown.has(key)) return Promise.resolve();
      if (closing.signal.aborted || underWay.size >= most) {
        const limited = { kind: 'limited', retryAfterMs: null } as const;
        const message = `${underWay.size} records are asked for already, no more than ${most} may be`;
        return Promise.reject(new VendorError(vendor, limited, message));
      }
      const gathering = gatheringFor(type, by);
      const settled = Promise.withResolvers<void>();
      // Whoever asked may not wait for it any more.
      settled.promise.catch(() => {});
      gathering.values.set(value, settled);
      gathering.askedAt = performance.now();
      underWay.set(key, settled.promise);
      if (gathering.values.size >= batchOf(type)) depart(gathering);
      return settled.promise;
    },
    close: async () => {
      closing.abort(new Error('The subgraph is closing.'));
      for (const gathering of [...gatherings.values()]) depart(gathering);
      await Promise.all(calls.keys());
    },
  };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
