import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { DeadLetterRow } from './dead-letter.ts';
import type { EventEnvelope } from './envelope.ts';
import type { AnyStore, EventStore } from './event-store.ts';
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

type Engine = EventStore<unknown>['engine'];

/**
 * Takes events of one tenant and key for this transaction, and answers which of them the consumer had not handled.
 *
 * On PostgreSQL it also keeps other transactions of this consumer from the key until this one ends, be they of another
 * process or of a replay: nobody handles an event before knowing how those before it ended. SQLite has one writer.
 */
export async function claimEvents<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  engine: Engine,
  consumer: string,
  events: readonly EventEnvelope<object>[],
): Promise<ReadonlySet<string>> {
  return write(trx, engine, consumer, events, sql`do nothing`);
}

/** As `claimEvents`, but takes those that were handled as well. */
export async function reclaimEvents<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  engine: Engine,
  consumer: string,
  events: readonly EventEnvelope<object>[],
): Promise<void> {
  await write(
    trx,
    engine,
    consumer,
    events,
    sql`(tenant, consumer, event_id) do update set handled_at = excluded.handled_at`,
  );
}

async function write<Tables>(
  trx: Transaction<Tables>,
  engine: Engine,
  consumer: string,
  events: readonly EventEnvelope<object>[],
  conflict: RawBuilder<unknown>,
): Promise<ReadonlySet<string>> {
  const [first] = events;
  if (first === undefined) return new Set();
  const { tenant, partitionkey } = first;
  const ids = JSON.stringify(events.map(({ id }) => id));
  const now = new Date().toISOString();
  const key = `${consumer}\n${tenant}\n${partitionkey}`;
  const lock =
    engine === 'postgres'
      ? sql`with key as materialized (select pg_advisory_xact_lock(hashtextextended(${key}, 0)))`
      : sql``;
  const each =
    engine === 'postgres'
      ? sql`key cross join json_array_elements_text(${ids}::json) as event (value)`
      : sql`json_each(${ids}) as event where true`;
  const { rows } = await sql<{ eventId: string }>`
    ${lock} insert into inbox (tenant, consumer, event_id, handled_at)
    select ${tenant}, ${consumer}, event.value, ${now} from ${each}
    on conflict ${conflict} returning event_id`.execute(trx);
  return new Set(rows.map(({ eventId }) => eventId));
}

/** Which of the events of one tenant the consumer has handled or parked. */
export async function handledEvents(
  { engine, db }: AnyStore & { readonly engine: Engine },
  consumer: string,
  events: readonly EventEnvelope<object>[],
): Promise<ReadonlySet<string>> {
  const [first] = events;
  if (first === undefined) return new Set();
  const ids = JSON.stringify(events.map(({ id }) => id));
  const each =
    engine === 'postgres'
      ? sql`select value from json_array_elements_text(${ids}::json)`
      : sql`select value from json_each(${ids})`;
  const { rows } = await sql<{ eventId: string }>`
    select event_id from inbox
    where tenant = ${first.tenant} and consumer = ${consumer} and event_id in (${each})`.execute(db);
  return new Set(rows.map(({ eventId }) => eventId));
}

/**
 * Forgets up to `limit` events that were handled before a time (RFC 3339), and answers how many they were. The bus
 * must not have them any longer, or they would take effect twice: keep them for its retention and a margin.
 */
export async function forgetEvents<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  before: string,
  limit: number,
): Promise<number> {
  const { rows } = await sql`
    delete from inbox where (tenant, consumer, event_id) in (
      select tenant, consumer, event_id from inbox where handled_at < ${before} limit ${limit}
    ) returning event_id`.execute(trx);
  return rows.length;
}
