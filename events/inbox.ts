import { sql } from 'kysely';
import type { DeadLetterRow } from './dead-letter.ts';
import type { TableTarget } from './outbox.ts';

/** What a store has of the events that its consumers handled, or gave up on. */
export interface InboxTables {
  inbox: InboxRow;
  deadLetters: DeadLetterRow;
}

/** An event that a consumer is done with; written in the transaction of its effects. */
export interface InboxRow {
  readonly tenant: string;
  readonly consumer: string;
  readonly eventId: string;
  /** RFC 3339. */
  readonly handledAt: string;
}

/** Makes the inbox and the dead letters of a store, as a part of one of its migrations. */
export async function createInbox({ db, text, engine }: TableTarget): Promise<void> {
  await db.schema
    .createTable('inbox')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('consumer', text, (column) => column.notNull())
    .addColumn('event_id', text, (column) => column.notNull())
    .addColumn('handled_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('inbox_key', ['tenant', 'consumer', 'event_id'] as never)
    .execute();
  await sql`create index inbox_by_handled_at on inbox (handled_at)`.execute(db);
  await db.schema
    .createTable('dead_letters')
    .addColumn('position', engine === 'postgres' ? 'bigserial' : 'integer', (column) =>
      engine === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('consumer', text, (column) => column.notNull())
    .addColumn('event_id', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('partition_key', text, (column) => column.notNull())
    .addColumn('envelope', text, (column) => column.notNull())
    .addColumn('error', text, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('first_failed_at', text, (column) => column.notNull())
    .addColumn('last_failed_at', text, (column) => column.notNull())
    .addUniqueConstraint('dead_letters_key', ['tenant', 'consumer', 'event_id'] as never)
    .execute();
}
