import { setTimeout } from 'node:timers/promises';

/** Waits so many milliseconds, or until the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}

/** Rejects when the signal aborts, whether or not the work heeds it. */
export async function beforeAbort(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Wakes one who waits; a ring while nobody waits is kept for the next. */
export interface Bell {
  readonly ring: () => void;
  /** Forgets rings so far. */
  readonly reset: () => void;
  /** Resolves when it rings or rang since the last reset, after so many milliseconds, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function makeBell(): Bell {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    reset: () => {
      if (rung.signal.aborted) rung = new AbortController();
    },
    wait: (ms, signal) => pause(ms, AbortSignal.any([signal, rung.signal])),
  };
}

/** Runs works of one key one after another, in the order in which they were given; those of other keys beside them. */
export function keyedQueue(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = tails.get(key) ?? Promise.resolve();
    const run = before.then(work);
    const tail = run.catch(() => {});
    tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}

/**
 * Does together what is asked for while the last of it is under way, until it has a size. Where that fails, each is
 * done again alone, so that it fails only who is to blame.
 */
export function combined<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  until: number,
  sizeOf: (item: Item) => number,
): (item: Item) => Promise<Result> {
  interface Asked {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  const waiting: Asked[] = [];
  let running = false;

  const alone = async ({ item, resolve, reject }: Asked): Promise<void> => {
    try {
      const [result] = await work([item]);
      resolve(result as Result);
    } catch (error) {
      reject(error);
    }
  };
  const together = async (asked: readonly Asked[]): Promise<void> => {
    try {
      const results = await work(asked.map(({ item }) => item));
      for (const [at, { resolve }] of asked.entries()) resolve(results[at] as Result);
    } catch {
      for (const each of asked) await alone(each);
    }
  };
  const take = (): readonly Asked[] => {
    let [size, count] = [0, 0];
    for (const { item } of waiting) {
      if (size >= until) break;
      size += sizeOf(item);
      count += 1;
    }
    return waiting.splice(0, count);
  };
  const run = async (): Promise<void> => {
    running = true;
    for (let next = take(); next.length > 0; next = take()) {
      await (next.length === 1 ? alone(next[0] as Asked) : together(next));
    }
    running = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void run();
    });
}
