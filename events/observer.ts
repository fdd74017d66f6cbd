/**
 * What relays and consumers tell of their work, for whoever counts it. Calls come in the middle of that work: do
 * little in them, and throw nothing. What is a state and no happening is asked for: `outboxStatus`, `Bus.lag`,
 * `deadLetterCounts`.
 */
export interface EventObserver {
  /** Events of a store are on the bus; for each the time since it was appended (ms). */
  readonly published?: (store: string, latenciesMs: readonly number[]) => void;
  /** A batch could not be published, and will be tried again. */
  readonly publishFailed?: (store: string) => void;
  /** Events took effect, in this time (ms) together. */
  readonly handled?: (consumer: string, events: number, tookMs: number) => void;
  /** Events came that the consumer had handled before. */
  readonly duplicates?: (consumer: string, events: number) => void;
  /** An event failed and is tried again. */
  readonly retried?: (consumer: string) => void;
  /** An event failed for the last time and is a dead letter now. */
  readonly parked?: (consumer: string) => void;
}
