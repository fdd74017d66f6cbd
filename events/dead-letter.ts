import { type Generated, sql, type Transaction } from 'kysely';
import { type EventEnvelope, parseEnvelope } from './envelope.ts';
import type { AnyStore } from './event-store.ts';
import type { InboxTables } from './inbox.ts';

/** An event that a consumer gave up on, whole, with what it failed of. */
export interface DeadLetterRow {
  /** In the order in which they were parked. */
  readonly position: Generated<number>;
  readonly tenant: string;
  readonly consumer: string;
  readonly eventId: string;
  readonly type: string;
  readonly partitionKey: string;
  /** The envelope as JSON. */
  readonly envelope: string;
  /** The last error, with its stack. */
  readonly error: string;
  readonly attempts: number;
  /** RFC 3339, as is the next. */
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
}

/** How an event failed so far. */
export interface Failure {
  readonly attempts: number;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly error: string;
}

export interface DeadLetter extends Failure {
  /** Where to go on listing; larger ones were parked later. */
  readonly position: number;
  readonly consumer: string;
  readonly event: EventEnvelope;
}

/** Which dead letter: one consumer gave up on one event of a tenant. */
export interface DeadLetterId {
  readonly tenant: string;
  readonly consumer: string;
  readonly eventId: string;
}

export interface DeadLetterFilter {
  readonly tenant: string;
  readonly consumer?: string;
  /** Behind the position of the last one that was listed. */
  readonly after?: number;
  /** At most so many; at most 1,000. */
  readonly limit: number;
}

/** The dead letters of a store, those parked first first. */
export async function listDeadLetters(
  { db }: AnyStore,
  { tenant, consumer, after = 0, limit }: DeadLetterFilter,
): Promise<readonly DeadLetter[]> {
  const of = consumer === undefined ? sql`` : sql`and consumer = ${consumer}`;
  const { rows } = await sql<DeadLetterRow>`
    select * from dead_letters where tenant = ${tenant} and position > ${after} ${of}
    order by position limit ${Math.min(limit, 1_000)}`.execute(db);
  return rows.map(letterOf);
}

/** One dead letter; null where there is none. */
export async function findDeadLetter(
  { db }: AnyStore,
  { tenant, consumer, eventId }: DeadLetterId,
): Promise<DeadLetter | null> {
  const { rows } = await sql<DeadLetterRow>`
    select * from dead_letters
    where tenant = ${tenant} and consumer = ${consumer} and event_id = ${eventId}`.execute(db);
  const [row] = rows;
  return row === undefined ? null : letterOf(row);
}

/** Removes a dead letter: the event never takes effect. Answers whether there was one. */
export async function discardDeadLetter<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  { tenant, consumer, eventId }: DeadLetterId,
): Promise<boolean> {
  const { rows } = await sql`
    delete from dead_letters
    where tenant = ${tenant} and consumer = ${consumer} and event_id = ${eventId}
    returning event_id`.execute(trx);
  return rows.length > 0;
}

/** Writes a dead letter, or how the same failed once more. */
export async function writeDeadLetter<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  consumer: string,
  event: EventEnvelope<object>,
  { attempts, firstFailedAt, lastFailedAt, error }: Failure,
): Promise<void> {
  await sql`
    insert into dead_letters
      (tenant, consumer, event_id, type, partition_key, envelope, error, attempts, first_failed_at, last_failed_at)
    values (${event.tenant}, ${consumer}, ${event.id}, ${event.type}, ${event.partitionkey},
      ${JSON.stringify(event)}, ${error}, ${attempts}, ${firstFailedAt}, ${lastFailedAt})
    on conflict (tenant, consumer, event_id) do update set
      error = excluded.error, last_failed_at = excluded.last_failed_at,
      attempts = dead_letters.attempts + excluded.attempts`.execute(trx);
}

/** How many dead letters each consumer has, over all tenants; for metrics. */
export async function deadLetterCounts({ db }: AnyStore): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ consumer: string; count: number }>`
    select consumer, count(*) as count from dead_letters group by consumer`.execute(db);
  return new Map(rows.map(({ consumer, count }) => [consumer, Number(count)]));
}

function letterOf(row: DeadLetterRow): DeadLetter {
  const { position, consumer, envelope, error, attempts, firstFailedAt, lastFailedAt } = row;
  return {
    position: Number(position),
    consumer,
    event: parseEnvelope(envelope),
    error,
    attempts,
    firstFailedAt,
    lastFailedAt,
  };
}
