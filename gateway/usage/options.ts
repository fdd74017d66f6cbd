/** Bounds of what is held about usage, and of what it may cost. */
export interface UsageLimits {
  /** Milliseconds between two flushes: a crash loses the counts of so long at most. Default 5,000. */
  readonly flushMs: number;
  /** Different clients with different operations between two flushes; beyond them requests are sampled. Default 5,000. */
  readonly counters: number;
  /** Characters of all operations that wait for a flush; beyond them requests are sampled too. Default 2,000,000. */
  readonly characters: number;
  /** Clients with their versions that are told apart on one day; the rest is `other`. Default 1,000. */
  readonly clients: number;
  /** Operations that are kept of one day. Default 10,000. */
  readonly operations: number;
  /** Characters of all of their texts together. Default 20,000,000. */
  readonly operationCharacters: number;
  /**
   * Which part of the time may go into reading operations that were not seen before; what is left over is read at the
   * next flush. Default 0.01.
   */
  readonly readingShare: number;
  /** How long closing waits for the sink, in milliseconds. Default 10,000. */
  readonly closeMs: number;
}

export function usageLimitsWithDefaults(given: Partial<UsageLimits> = {}): UsageLimits {
  return {
    flushMs: 5_000,
    counters: 5_000,
    characters: 2_000_000,
    clients: 1_000,
    operations: 10_000,
    operationCharacters: 20_000_000,
    readingShare: 0.01,
    closeMs: 10_000,
    ...given,
  };
}
