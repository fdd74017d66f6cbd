import { createHash } from 'node:crypto';
import { type Generated, type Kysely, sql, type Transaction } from 'kysely';
import { maxEventBytes } from './bus/port.ts';
import type { EventEnvelope } from './envelope.ts';
import type { AnyStore } from './event-store.ts';

/** Events that were committed with the rows they speak of and are not on the bus yet. */
export interface OutboxTables {
  outbox: OutboxRow;
}

/** Transactions that appended something, for as long as somebody holds them. */
const appending = new WeakSet<object>();

export interface OutboxRow {
  /** Of two events of one key the one committed first has the smaller position. */
  readonly position: Generated<number>;
  readonly id: string;
  readonly tenant: string;
  readonly type: string;
  /** Events of one tenant and key share a lane, and a lane is published by one relay at a time. */
  readonly lane: number;
  /** The envelope as JSON, as it goes onto the bus. */
  readonly envelope: string;
  /** RFC 3339. */
  readonly appendedAt: string;
}

/** Fixed for good: rows that wait in a lane must be found there after an update. */
export const lanes = 16;

/** What a migration of a store gives: a connection without plugins, and the type of its text columns. */
export interface TableTarget {
  readonly db: Kysely<never>;
  readonly text: ReturnType<typeof sql>;
  readonly engine: 'sqlite' | 'postgres';
}

/** Makes the outbox of a store, as a part of one of its migrations. */
export async function createOutbox({ db, text, engine }: TableTarget): Promise<void> {
  const table = db.schema
    .createTable('outbox')
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('lane', 'integer', (column) => column.notNull())
    .addColumn('envelope', text, (column) => column.notNull())
    .addColumn('appended_at', text, (column) => column.notNull());
  if (engine === 'sqlite') {
    await table.addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement()).execute();
    return;
  }
  // By lane first and by nothing else: relays read some of each lane, however long the others are.
  await table
    .addColumn('position', 'bigserial', (column) => column.notNull())
    .addPrimaryKeyConstraint('outbox_key', ['lane', 'position'] as never)
    .execute();
  await createLaneLeases({ db, text });
}

/** Who publishes which lane, where several relays can be: see `lane-leases.ts`. */
async function createLaneLeases({ db, text }: Pick<TableTarget, 'db' | 'text'>): Promise<void> {
  await db.schema
    .createTable('lane_leases')
    .addColumn('lane', 'integer', (column) => column.primaryKey())
    .addColumn('owner', text)
    .addColumn('expires_at', 'timestamptz')
    .execute();
  await sql`insert into lane_leases (lane) select generate_series(0, ${sql.lit(lanes - 1)})`.execute(db);
  await db.schema
    .createTable('relays')
    .addColumn('owner', text, (column) => column.primaryKey())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .execute();
}

/** Rows per statement: SQLite takes 32,766 parameters, a row has six columns. */
const batchSize = 1_000;

/**
 * Writes events beside the rows they speak of, in the same transaction: they are published if and only if it commits.
 * Call it after the rows were changed: their locks are what keeps the positions of one key in the order of its commits.
 *
 * Throws a RangeError for an event that is larger than a bus takes.
 */
export async function append<Tables extends OutboxTables>(
  trx: Transaction<Tables>,
  events: readonly EventEnvelope<object>[],
): Promise<void> {
  if (events.length > 0) appending.add(trx);
  const appendedAt = new Date().toISOString();
  for (let start = 0; start < events.length; start += batchSize) {
    const rows = events
      .slice(start, start + batchSize)
      .map(
        (event) =>
          sql`(${event.id}, ${event.tenant}, ${event.type}, ${laneOf(event)}, ${written(event)}, ${appendedAt})`,
      );
    await sql`
      insert into outbox (id, tenant, type, lane, envelope, appended_at) values ${sql.join(rows)}`.execute(
      trx,
    );
  }
}

/** An event that no bus takes must not be committed: its lane could never go on. */
function written(event: EventEnvelope<object>): string {
  const json = JSON.stringify(event);
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxEventBytes) return json;
  throw new RangeError(
    `Event ${event.type} of ${event.subject} has ${bytes} bytes, more than ${maxEventBytes}.`,
  );
}

/** Whether a transaction appended events: its store tells the relay when it has committed. */
export function hasAppended(trx: object): boolean {
  return appending.has(trx);
}

/** The lane of a tenant's key, from 0. */
export function laneOf({ tenant, partitionkey }: Pick<EventEnvelope, 'tenant' | 'partitionkey'>): number {
  return createHash('sha1').update(`${tenant}\n${partitionkey}`).digest().readUInt32BE(0) % lanes;
}

/** What waits to be published: for metrics, and for whoever asks how things stand. */
export interface OutboxStatus {
  readonly depth: number;
  /** RFC 3339; null where nothing waits. */
  readonly oldestAppendedAt: string | null;
}

export async function outboxStatus({ db }: AnyStore): Promise<OutboxStatus> {
  const { rows } = await sql<{ depth: number; oldest: string | null }>`
    select count(*) as depth, min(appended_at) as oldest from outbox`.execute(db);
  const [row] = rows;
  return { depth: Number(row?.depth ?? 0), oldestAppendedAt: row?.oldest ?? null };
}
