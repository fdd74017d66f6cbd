import type { Urgency } from './calls.ts';

/**
 * A system of record at a vendor, in the words of one domain. A domain's port says which types of records there are
 * (`Records`: values by type, in which references to other records are the vendor's ids) and which changes it takes
 * (`Change`). Every method rejects with a `VendorError`, and with the signal's reason.
 */
export interface VendorSystem<Records extends object, Change> {
  /** In lower case, such as `hubspot`. */
  readonly vendor: string;
  readonly capabilities: Capabilities<keyof Records & string>;
  /**
   * The records that have one of the values (at most `batch` of the type) in a key, in any order. What the vendor does
   * not have, or has no more, is left out.
   */
  readonly read: <Type extends keyof Records & string>(
    type: Type,
    key: RecordKey,
    options: AskOptions,
  ) => Promise<readonly Seen<Records[Type]>[]>;
  /**
   * One page of what changed behind a cursor, oldest first; from the beginning where that is null. A record may come
   * again, and is left out by no page once it has changed. The cursor is text of the adapter's own making.
   */
  readonly changes: <Type extends keyof Records & string>(
    type: Type,
    since: string | null,
    options: AskOptions,
  ) => Promise<ChangePage<Records[Type]>>;
  /** Makes a change at the vendor. Sent again with the same idempotency key, it is made once. */
  readonly push: (change: Change, options: PushOptions) => Promise<Pushed>;
  /** Null where the vendor tells of nothing. */
  readonly webhook: VendorWebhook | null;
  /** Rejects where the vendor cannot be asked, or what is configured does not fit what it has: said in full. */
  readonly check: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Capabilities<Type extends string> {
  readonly types: { readonly [Name in Type]: TypeCapabilities };
  /** How the vendor tells of changes by itself: of records that are then read, in full, or not at all. */
  readonly webhook: 'none' | 'keys' | 'content';
}

export interface TypeCapabilities {
  /**
   * The keys that it can be read by; `id`, the vendor's own, wherever it has one, `externalId` where our ids are kept there.
   * Of what can only be followed there are none. A read by any other is refused.
   */
  readonly keys: readonly string[];
  /** The most values in one read. */
  readonly batch: number;
  /** Whether `changes` tells of this type; where it does not, every call answers an empty last page. */
  readonly changes: boolean;
}

export interface RecordKey {
  readonly by: string;
  readonly values: readonly string[];
}

export interface AskOptions {
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
}

export interface PushOptions {
  /** The same for each repetition: the id of the event that told of the change. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** What the vendor was seen to hold. */
export type Seen<Values> =
  | { readonly kind: 'record'; readonly record: VendorRecord<Values> }
  | { readonly kind: 'gone'; readonly id: string }
  /** It cannot be said in the domain's words. It is reported and not written: a guess would be believed. */
  | { readonly kind: 'unmapped'; readonly id: string; readonly problems: readonly MappingProblem[] };

export interface VendorRecord<Values> {
  /** The vendor's own. */
  readonly id: string;
  /** Our id, where it was written there; null else. */
  readonly externalId: string | null;
  readonly values: Values;
  /** RFC 3339 with milliseconds, as all times. */
  readonly createdAt: string | null;
  /** When the vendor changed it last: of two states of a record the later one holds. */
  readonly changedAt: string;
  /**
   * Where the vendor does not say when: `changedAt` is then that of its answer, and another one is no sign of another
   * state.
   */
  readonly undated?: true;
}

/** A value that the mapping has no word for. */
export interface MappingProblem {
  /** Of the domain. */
  readonly field: string;
  /** The vendor's name of it. */
  readonly property: string;
  readonly value: string;
}

export interface ChangePage<Values> {
  readonly seen: readonly Seen<Values>[];
  /** Where the next page begins, now or later. */
  readonly next: string;
  readonly more: boolean;
}

export type Pushed =
  /** The record as the vendor has it now; null where the change was none of a record. */
  | { readonly kind: 'accepted'; readonly record: { readonly type: string; readonly id: string } | null }
  /** It will be refused again. `reason` is for whoever made the change. */
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string };

/** A request of a vendor, as it came. */
export interface Delivery {
  readonly method: string;
  /** As the vendor was told it, with host and query: signatures are over it. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface VendorWebhook {
  /** What proves who sent it, in lower case: these headers are kept with the receipt, and no others. */
  readonly headers: readonly string[];
  /** Checks who sent it, in constant time, and that it is neither old nor of the future. */
  readonly verify: (delivery: Delivery, now: Date) => Verdict;
  /**
   * What a genuine delivery says. Throws an Error for what is no delivery of this vendor; its message says where it is
   * none and quotes nothing, since it is shown and logged.
   */
  readonly parse: (body: Buffer) => readonly Notice[];
}

export type Verdict =
  | { readonly kind: 'genuine' }
  /** The reason is for the log, and quotes nothing of the delivery. */
  | { readonly kind: 'refused'; readonly reason: string };

/** One thing that a vendor tells. */
export interface Notice {
  /** The vendor's id of it: what comes twice has it twice. */
  readonly id: string;
  readonly occurredAt: string;
  /** The type of record in the domain's words, and the vendor's id of it. */
  readonly type: string;
  readonly recordId: string;
  /** Whom the delivery can be found by when a person is to be forgotten: the vendor's ids, addresses in lower case. */
  readonly persons: readonly string[];
  /** What is said of the record, in the domain's values, where only the notice says it; null where it is to be read. */
  readonly content: object | null;
}
