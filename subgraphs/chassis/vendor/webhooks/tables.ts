import { type Generated, sql } from 'kysely';
import type { MigrationTarget } from '../../store/migrate.ts';

/** What a store has of the deliveries that vendors made to it. Times are RFC 3339 in UTC. */
export interface WebhookTables {
  webhookReceipts: ReceiptRow;
  webhookNotices: NoticeRow;
  webhookPersons: PersonRow;
}

/**
 * That a genuine delivery came, and what it was. What came is never changed; only what became of it is, and the bytes
 * can be taken away.
 */
export interface ReceiptRow {
  readonly position: Generated<number>;
  readonly id: string;
  readonly tenant: string;
  readonly vendor: string;
  readonly receivedAt: string;
  /** JSON: the headers that prove it. */
  readonly headers: string;
  /** The body, sealed; null once it was erased. */
  readonly sealed: string | null;
  /** A keyed hash of the body: a plain one would let a guess at what was erased be confirmed. */
  readonly hash: string;
  readonly state: ReceiptState;
  /** Why it is unreadable; null else. */
  readonly reason: string | null;
  readonly erasedAt: string | null;
}

/** `unreadable` is parked until an operator has it read again, or gives it up: then it is `discarded`. */
export type ReceiptState = 'received' | 'parsed' | 'unreadable' | 'discarded';

/** One thing that a vendor told, once. */
export interface NoticeRow {
  readonly position: Generated<number>;
  readonly tenant: string;
  readonly vendor: string;
  /** The vendor's. */
  readonly noticeId: string;
  /** The delivery that brought it first. */
  readonly receiptId: string;
  readonly type: string;
  /** Null once it was erased: it may be a person's. */
  readonly recordId: string | null;
  readonly occurredAt: string;
  /** JSON of persons and content, sealed; null once it was erased. */
  readonly sealed: string | null;
  readonly state: NoticeState;
  readonly attempts: number;
  readonly arrivedAt: string;
  /** Not before this is it worked, nor are others of its record. */
  readonly dueAt: string;
  readonly leasedBy: string | null;
  readonly leasedUntil: string | null;
  /** What it failed of last. */
  readonly reason: string | null;
  readonly endedAt: string | null;
  readonly erasedAt: string | null;
}

/**
 * `erased` is one that waited when a person was forgotten, `discarded` one that was parked when an operator gave it up:
 * neither ever takes effect.
 */
export type NoticeState = 'waiting' | 'done' | 'parked' | 'erased' | 'discarded';

/** By whom deliveries and notices are found. */
export interface PersonRow {
  readonly tenant: string;
  readonly vendor: string;
  /** A keyed hash. */
  readonly person: string;
  readonly receiptId: string;
  readonly noticeId: string;
}

/** Makes the tables, as a part of one of a store's migrations. */
export async function createWebhooks({ db, text, engine }: MigrationTarget): Promise<void> {
  const table = (name: string) =>
    engine === 'postgres'
      ? db.schema.createTable(name).addColumn('position', 'bigserial', (column) => column.primaryKey())
      : db.schema
          .createTable(name)
          .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement());
  await table('webhook_receipts')
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('received_at', text, (column) => column.notNull())
    .addColumn('headers', text, (column) => column.notNull())
    .addColumn('sealed', text)
    .addColumn('hash', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('reason', text)
    .addColumn('erased_at', text)
    .execute();
  await table('webhook_notices')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('notice_id', text, (column) => column.notNull())
    .addColumn('receipt_id', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('record_id', text)
    .addColumn('occurred_at', text, (column) => column.notNull())
    .addColumn('sealed', text)
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('arrived_at', text, (column) => column.notNull())
    .addColumn('due_at', text, (column) => column.notNull())
    .addColumn('leased_by', text)
    .addColumn('leased_until', text)
    .addColumn('reason', text)
    .addColumn('ended_at', text)
    .addColumn('erased_at', text)
    .addUniqueConstraint('webhook_notices_key', ['tenant', 'vendor', 'notice_id'] as never)
    .execute();
  await db.schema
    .createTable('webhook_persons')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('receipt_id', text, (column) => column.notNull())
    .addColumn('notice_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('webhook_persons_key', [
      'tenant',
      'vendor',
      'person',
      'receipt_id',
      'notice_id',
    ] as never)
    .execute();
  // An index for each state that few rows are in: SQLite takes one where a query names that very state, and no wider one.
  const indexes = [
    sql`webhook_receipts_received on webhook_receipts (position) where state = 'received'`,
    sql`webhook_receipts_unreadable on webhook_receipts (position) where state = 'unreadable'`,
    sql`webhook_receipts_by_time on webhook_receipts (received_at)`,
    sql`webhook_notices_waiting on webhook_notices (position) where state = 'waiting'`,
    sql`webhook_notices_parked on webhook_notices (position) where state = 'parked'`,
    sql`webhook_notices_by_record on webhook_notices (tenant, vendor, type, record_id) where state = 'waiting'`,
    sql`webhook_notices_by_receipt on webhook_notices (receipt_id)`,
    sql`webhook_notices_ended on webhook_notices (ended_at)`,
    sql`webhook_persons_by_receipt on webhook_persons (receipt_id)`,
  ];
  for (const index of indexes) await sql`create index ${index}`.execute(db);
}

/** Finds what was discarded among all that is kept; a part of a later migration. */
export async function indexDiscarded({ db }: MigrationTarget): Promise<void> {
  await sql`
    create index webhook_receipts_discarded on webhook_receipts (position) where state = 'discarded'`.execute(
    db,
  );
  await sql`
    create index webhook_notices_discarded on webhook_notices (position) where state = 'discarded'`.execute(
    db,
  );
}
