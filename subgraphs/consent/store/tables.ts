import type { MutationTables } from '#chassis/mutation.ts';
import type { RowMeta } from '#chassis/store/upsert.ts';
import type { ConsentDecision, LegalBasis } from '../__generated__/resolvers.ts';

/** The rows of the consent tables. */
interface EntityTables {
  contacts: Contact;
  purposes: Purpose;
  records: ConsentRecord;
}

/** All tables of consent: the rows, and what mutations write beside them. */
export type Tables = EntityTables & MutationTables;

/** Whoever something is recorded of. Its version is one more with each record. */
export type Contact = { readonly id: string } & RowMeta;

export interface PurposeValues {
  /** The key, such as EMAIL_MARKETING. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

export interface ConsentRecordValues {
  readonly id: string;
  readonly contactId: string;
  /** A key of the tenant's purposes. */
  readonly purpose: string;
  readonly decision: ConsentDecision;
  readonly legalBasis: LegalBasis | null;
  readonly jurisdiction: string | null;
  readonly source: string;
  readonly evidence: string | null;
  /** When the decision was made, RFC 3339; kept in UTC with milliseconds, since records are ordered by it. */
  readonly recordedAt: string;
}

export type Purpose = PurposeValues & RowMeta;
export type ConsentRecord = ConsentRecordValues & RowMeta;
