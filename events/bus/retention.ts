/** What is kept; older events, and the oldest beyond the size, are forgotten. */
export interface Retention {
  readonly maxAgeMs: number;
  /** Of all events with what the log keeps beside them. */
  readonly maxBytes: number;
}
