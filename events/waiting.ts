import { setTimeout } from 'node:timers/promises';

/** Waits so many milliseconds, or until the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
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
