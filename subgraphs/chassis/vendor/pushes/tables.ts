import { sql } from 'kysely';
import type { OutboxTables } from '#events/outbox.ts';
import { tenantIndex } from '../../store/columns.ts';
import type { MigrationTarget } from '../../store/migrate.ts';
import type { Rule } from './rules.ts';

/** What a store needs beside its rows so that changes made in it reach a vendor. */
export type PushTables = { pushes: PushRow; decisions: DecisionRow } & OutboxTables;

export type PushState = 'PENDING' | 'ACCEPTED' | 'REJECTED';

/** A value that is text, a number or true or false, as a column has it. */
export type Value = string | number | boolean | null;

/** What a change does to one field. */
export interface FieldChange {
  /** What the vendor has, as far as is known: where it refuses the change this is what the row goes back to. */
  readonly from: Value;
  readonly to: Value;
  /** The field whose fate this one shares, such as the day of a stage; it is not weighed by itself. */
  readonly with?: string;
}

export type Fields = Readonly<Record<string, FieldChange>>;

/** A change of ours on its way to the vendor, or settled. */
export interface PushRow {
  readonly tenant: string;
  /** Of the event that told of the change. */
  readonly eventId: string;
  /** Of record, in the domain's words. */
  readonly type: string;
  /** Ours. */
  readonly id: string;
  /** Of the event's subject after the change: a record's changes are sent in this order. */
  readonly version: number;
  /** What is done to the record, in the domain's words. */
  readonly kind: string;
  /** {@link Fields} as JSON. */
  readonly fields: string;
  readonly state: PushState;
  readonly madeAt: string;
  /** The idempotency key that it is sent with, from the first attempt on; changes sent as one share it. */
  readonly sentAs: string | null;
  /** When it was sent first. */
  readonly sentAt: string | null;
  readonly attempts: number;
  /** The kind of the last failure, such as `unavailable`; null where the last attempt was answered. */
  readonly failure: string | null;
  /** The vendor's, of a refusal. What it said of it stands with the row alone, for those who may see that. */
  readonly code: string | null;
  readonly settledAt: string | null;
  /** 1 where the vendor changed one of the fields while this was being sent: then it is asked what came of both. */
  readonly contested: number;
}

/** A change whose fields were read. */
export interface Push extends Omit<PushRow, 'fields'> {
  readonly fields: Fields;
}

/** What was decided where a vendor's change and one of ours met. */
export interface DecisionRow {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly field: string;
  /** As JSON, as is ours. */
  readonly vendorValue: string;
  /** When the vendor changed the record. */
  readonly vendorAt: string;
  readonly ourValue: string;
  /** When ours was made, or accepted where it had been. */
  readonly ourAt: string;
  /** Of our change. */
  readonly eventId: string;
  readonly rule: Rule;
  readonly winner: 'vendor' | 'platform';
  /** `rule`; `sent` where ours could no longer be held back, and the vendor is asked what came of it. */
  readonly because: 'rule' | 'sent';
  readonly decidedAt: string;
}

/** Makes the pushes of a store and the decisions about them, as a part of one of its migrations. */
export async function createPushes(target: MigrationTarget): Promise<void> {
  const { db, text } = target;
  await db.schema
    .createTable('pushes')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('event_id', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('fields', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('made_at', text, (column) => column.notNull())
    .addColumn('sent_as', text)
    .addColumn('sent_at', text)
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('failure', text)
    .addColumn('code', text)
    .addColumn('settled_at', text)
    .addColumn('contested', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('pushes_key', ['tenant', 'event_id'] as never)
    .execute();
  await tenantIndex(target, 'pushes', ['type', 'id', 'version']);
  await sql`create index pushes_by_settled_at on pushes (settled_at)`.execute(db);
  let decisions = db.schema.createTable('decisions');
  for (const column of [
    'tenant',
    'type',
    'id',
    'field',
    'vendor_value',
    'vendor_at',
    'our_value',
    'our_at',
    'event_id',
    'rule',
    'winner',
    'because',
    'decided_at',
  ]) {
    decisions = decisions.addColumn(column, text, (made) => made.notNull());
  }
  // The same state of a record read again is no other decision.
  await decisions
    .addPrimaryKeyConstraint('decisions_key', [
      'tenant',
      'type',
      'id',
      'field',
      'event_id',
      'vendor_at',
    ] as never)
    .execute();
  await tenantIndex(target, 'decisions', ['decided_at']);
}
