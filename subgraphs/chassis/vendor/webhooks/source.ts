import type { Transaction } from 'kysely';
import type { Notice, VendorWebhook } from '../system.ts';

/** A vendor that tells of changes, and what its notices do here. */
export interface WebhookSource<Tables> {
  /** In lower case: a part of the path. */
  readonly vendor: string;
  /** The vendor's account of a tenant, with its secret; null where the tenant has none. */
  readonly webhook: (tenant: string) => VendorWebhook | null;
  readonly effect: WebhookEffect<Tables>;
}

export type WebhookEffect<Tables> = ReadRecords | WriteContent<Tables>;

/** The vendor says which records changed, and they are read again. */
export interface ReadRecords {
  readonly kind: 'keys';
  /**
   * Brings records up to date: of each the notice that occurred last, of one tenant, at most `recordsAtOnce`. After a
   * crash the same come again. It must end when the signal aborts.
   */
  readonly apply: (
    notices: readonly Notice[],
    context: { readonly tenant: string; readonly signal: AbortSignal },
  ) => Promise<void>;
}

/** The notices themselves are what is written. */
export interface WriteContent<Tables> {
  readonly kind: 'content';
  /**
   * Writes what notices of one tenant say, those of a record in the order in which they occurred, as far as they are
   * here. All of it is one transaction of the same store, in which `within` is called as well: it notes that they are
   * done, and rejects where they are somebody else's by now. It must end when the signal aborts.
   */
  readonly apply: (
    notices: readonly Notice[],
    context: {
      readonly tenant: string;
      readonly within: (trx: Transaction<Tables>) => Promise<void>;
      readonly signal: AbortSignal;
    },
  ) => Promise<void>;
}

/** Most vendors read a hundred records in one call. */
export const recordsAtOnce = 100;
