/** How old an answer is that is being made, and how long it may still wait for something newer. */
export interface Staleness {
  /** Takes note of a value that is older than it should be: when it was observed, RFC 3339. */
  readonly note: (observedAt: string) => void;
  /** The oldest that was noted; undefined where all is as new as it should be. */
  readonly oldest: () => string | undefined;
  /** What is left of the time that one request waits for newer values, which begins with the first call. */
  readonly patienceMs: (whole: number) => number;
}

export function openStaleness(): Staleness {
  let oldest: string | undefined;
  let until: number | undefined;
  return {
    note: (observedAt) => {
      if (oldest === undefined || observedAt < oldest) oldest = observedAt;
    },
    oldest: () => oldest,
    patienceMs: (whole) => {
      until ??= performance.now() + whole;
      return Math.max(0, until - performance.now());
    },
  };
}
