import type { ReachedLimit } from './calls.ts';

/** What went wrong between a vendor and us. */
export type VendorFailure =
  /**
   * The vendor's limit, or the part of it that we allow ourselves; `retryAfterMs` is null where nobody said how long,
   * `reached` is there where the vendor says which limit it was.
   */
  | {
      readonly kind: 'limited';
      readonly retryAfterMs: number | null;
      readonly reached?: ReachedLimit | undefined;
    }
  /** No answer that can be relied on: a lost connection, a time-out, a 5xx, an answer that is none. */
  | { readonly kind: 'unavailable' }
  /** The vendor does not know us, or does not allow us this. */
  | { readonly kind: 'unauthorized' }
  /** The vendor understood, and will refuse the same again. `code` is the vendor's own, or `HTTP_<status>`. */
  | { readonly kind: 'refused'; readonly code: string };

/**
 * A call to a vendor that failed. The message may go into a log: it names no person and no secret. What a vendor says of
 * a refusal stands in `reason`, which may quote what was sent, and so does not go there.
 */
export class VendorError extends Error {
  override readonly name = 'VendorError';
  readonly vendor: string;
  readonly failure: VendorFailure;
  declare readonly reason: string | null;

  constructor(
    vendor: string,
    failure: VendorFailure,
    message: string,
    { reason = null, cause }: { readonly reason?: string | null; readonly cause?: unknown } = {},
  ) {
    super(`${vendor}: ${message}`, { cause });
    this.vendor = vendor;
    this.failure = failure;
    // Loggers write every enumerable property of an error.
    Object.defineProperty(this, 'reason', { value: reason, enumerable: false });
  }
}

/** Whether the same call may succeed later. */
export function isTemporary(error: unknown): boolean {
  return error instanceof VendorError && error.failure.kind !== 'refused';
}
