import { type Kysely, PostgresAdapter, sql, type Transaction } from 'kysely';
import type { EventEnvelope } from '#events/envelope.ts';
import type { FieldChange, Fields, Push, PushRow, PushState, PushTables, Value } from './tables.ts';

/** A change as a mutation made it. */
export interface NewPush {
  /** That tells of the change: its id is the idempotency key, its version the place among the record's changes. */
  readonly event: EventEnvelope<object>;
  readonly type: string;
  /** Ours, of the record. */
  readonly id: string;
  readonly kind: string;
  readonly fields: Fields;
}

/** Notes that a change is to reach the vendor, in the transaction that makes it and appends its event. */
export async function recordPush<Tables extends PushTables>(
  trx: Transaction<Tables>,
  { event, type, id, kind, fields }: NewPush,
): Promise<void> {
  await sql`
    insert into pushes (tenant, event_id, type, id, version, kind, fields, state, made_at, attempts, contested)
    values (${event.tenant}, ${event.id}, ${type}, ${id}, ${event.entityversion}, ${kind},
      ${JSON.stringify(fields)}, 'PENDING', ${event.time}, 0, 0)`.execute(trx);
}

/**
 * What differs between two states of a row, in some of its fields.
 * @param together fields that share the fate of another, by their names
 */
export function changedFields<Row extends object>(
  before: Row,
  after: Row,
  names: readonly (keyof Row & string)[],
  together: Readonly<Record<string, string>> = {},
): Fields {
  return Object.fromEntries(
    names
      .filter((name) => before[name] !== after[name])
      .map((name): [string, FieldChange] => {
        const other = together[name];
        const change = { from: before[name] as Value, to: after[name] as Value };
        return [name, other === undefined ? change : { ...change, with: other }];
      }),
  );
}

/** The records of one type whose changes are asked for. */
export interface PushPlace {
  readonly tenant: string;
  readonly type: string;
}

/** Ids per statement: SQLite takes 32,766 parameters. */
const batchSize = 2_000;

/**
 * The changes of some records that wait, and those that were accepted later than a time, in the order of their
 * versions. Within a transaction that changes them nobody else does until it ends.
 */
export async function pushesOf<Tables extends PushTables>(
  db: Kysely<Tables> | Transaction<Tables>,
  { tenant, type }: PushPlace,
  ids: readonly string[],
  acceptedAfter: string | null,
): Promise<readonly Push[]> {
  const accepted =
    acceptedAfter === null ? sql`` : sql`or (state = 'ACCEPTED' and settled_at > ${acceptedAfter})`;
  const rows: PushRow[] = [];
  for (let start = 0; start < ids.length; start += batchSize) {
    const { rows: found } = await sql<PushRow>`
      select * from pushes
      where tenant = ${tenant} and type = ${type}
        and id in (${sql.join(ids.slice(start, start + batchSize))})
        and (state = 'PENDING' ${accepted})
      order by version, event_id ${lockOf(db)}`.execute(db);
    rows.push(...found);
  }
  return rows.map(readPush);
}

/** The changes that some events told of, in the order of their versions; those of other events have none. */
export async function pushesOfEvents<Tables extends PushTables>(
  db: Kysely<Tables>,
  tenant: string,
  eventIds: readonly string[],
): Promise<readonly Push[]> {
  const { rows } = await sql<PushRow>`
    select * from pushes where tenant = ${tenant} and event_id in (${sql.join(eventIds)})
    order by version, event_id`.execute(db);
  return rows.map(readPush);
}

/** Columns of a push that change after it was made. */
export interface PushUpdate {
  readonly fields?: Fields;
  readonly state?: PushState;
  readonly code?: string | null;
  readonly settledAt?: string | null;
  readonly contested?: 0 | 1;
}

export async function updatePush<Tables extends PushTables>(
  trx: Transaction<Tables>,
  { tenant, eventId }: Pick<Push, 'tenant' | 'eventId'>,
  { fields, ...columns }: PushUpdate,
): Promise<void> {
  const values = { ...columns, ...(fields === undefined ? {} : { fields: JSON.stringify(fields) }) };
  const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
  await sql`
    update pushes set ${sql.join(assignments)}
    where tenant = ${tenant} and event_id = ${eventId}`.execute(trx);
}

export function readPush(row: PushRow): Push {
  return { ...row, fields: JSON.parse(row.fields) as Fields };
}

/** SQLite has one writer at a time, and needs no lock. */
export function lockOf(db: Kysely<never> | { readonly isTransaction?: boolean }) {
  const isPostgres = (db as Kysely<never>).getExecutor().adapter instanceof PostgresAdapter;
  return isPostgres && db.isTransaction ? sql`for update` : sql``;
}
