/**
 * Who waits for a call: somebody at a screen, a change that is to reach the vendor, or nobody. Where a limit is near,
 * the first goes before the second, and both before the third.
 */
export type Urgency = 'read' | 'push' | 'sync';

export interface CallOptions {
  /** The class of endpoints whose limits count, such as `search`; every vendor has at least `default`. */
  readonly endpoint: string;
  readonly urgency: Urgency;
  /** Ends waiting, the call and its repetitions. */
  readonly signal: AbortSignal;
  /** Whether it may be sent again where nobody knows if it arrived: reads, and what has an idempotency key. */
  readonly repeatable: boolean;
}

/** Whose limit it is: of the class of endpoints that was called, or of the account over all of them. */
export type LimitOf = 'class' | 'account';

/** What a vendor's headers say of one of its limits; of the class where nothing else is said. */
export type SeenLimit = SeenWindow | SeenDay;

export interface SeenWindow {
  readonly remaining: number;
  readonly resetMs: number;
  readonly of?: LimitOf;
}

/** Of the budget of a day, for which few vendors say when the day ends. */
export interface SeenDay {
  readonly remaining: number;
  readonly per: 'day';
  readonly of?: LimitOf;
}

/** What a vendor says is reached where it refuses a call for its limits. */
export interface ReachedLimit {
  readonly of: LimitOf;
  /** Where it is the budget of the day. */
  readonly per?: 'day';
}

export interface Attempt {
  /** Aborts with the caller's, and at the deadline of one attempt. */
  readonly signal: AbortSignal;
  readonly saw: (limit: SeenLimit) => void;
}

/**
 * All calls to one account at one vendor, whichever process makes them: within its limits and daily budgets, behind a
 * breaker, repeated where that is of use. Rejects with a `VendorError` and with the signal's reason.
 */
export interface VendorCalls {
  readonly run: <Answer>(
    options: CallOptions,
    attempt: (attempt: Attempt) => Promise<Answer>,
  ) => Promise<Answer>;
  readonly close: () => Promise<void>;
}
