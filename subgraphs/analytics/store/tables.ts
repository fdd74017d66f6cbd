import type { MutationTables } from '#chassis/mutation.ts';
import type { InboxTables } from '#events/inbox.ts';
import type { ConversionKind, TouchChannel, TouchKind } from '../__generated__/resolvers.ts';

/**
 * The rows of the ingest store: facts as they were recorded, each with its event, before the warehouse has them. Facts
 * never change, so that their version is always 1. They stay here: a warehouse that was lost is filled again from them.
 */
export interface FactTables {
  conversions: RecordedConversion;
  touches: RecordedTouch;
}

/** All tables of the ingest store: the facts, and what mutations and consumers write beside them. */
export type Tables = FactTables & MutationTables & InboxTables;

export interface RecordedTouch {
  readonly tenant: string;
  readonly id: string;
  readonly accountId: string | null;
  readonly leadId: string | null;
  readonly channel: TouchChannel;
  readonly kind: TouchKind;
  readonly campaignId: string | null;
  /** RFC 3339 in UTC with milliseconds, as is the next. */
  readonly at: string;
  readonly recordedAt: string;
}

export interface RecordedConversion {
  readonly tenant: string;
  readonly id: string;
  readonly accountId: string;
  readonly kind: ConversionKind;
  readonly at: string;
  readonly recordedAt: string;
}
