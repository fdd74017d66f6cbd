import type { LiveTiming } from './types.ts';

export const defaultTiming: LiveTiming = {
  connectMs: 10_000,
  pingMs: 15_000,
  silenceMs: 45_000,
  pollWaitMs: 25_000,
  firstRetryMs: 500,
  lastRetryMs: 30_000,
  upgradeMs: 60_000,
};

/** Resolves after so many milliseconds, or when the signal is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/**
 * Milliseconds to wait after the nth failure in a row, counted from 0: between half and the whole of a time that
 * doubles. The clients of a gateway that restarts come back spread.
 */
export function retryDelay(failures: number, { firstRetryMs, lastRetryMs }: LiveTiming): number {
  const most = Math.min(lastRetryMs, firstRetryMs * 2 ** failures);
  return Math.round(most * (0.5 + Math.random() / 2));
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** Begins anew, with so many milliseconds. */
  readonly extend: (ms: number) => void;
  /** Leaves no timer and no listener. */
  readonly clear: () => void;
}

/** A signal that is aborted with the given one, and when the time is over. */
export function deadline(ms: number, outer: AbortSignal, reason: string): Deadline {
  const control = new AbortController();
  const onAbort = () => control.abort(outer.reason);
  const onTime = () => control.abort(new Error(reason));
  let isClear = false;
  let timer = setTimeout(onTime, ms);
  if (outer.aborted) onAbort();
  else outer.addEventListener('abort', onAbort);
  return {
    signal: control.signal,
    extend: (ms) => {
      clearTimeout(timer);
      if (isClear) return;
      timer = setTimeout(onTime, ms);
    },
    clear: () => {
      isClear = true;
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    },
  };
}
