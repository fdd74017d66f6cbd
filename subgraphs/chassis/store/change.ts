import { PostgresAdapter, sql, type Transaction } from 'kysely';
import { clientError } from '../errors.ts';
import { lockName } from './lock.ts';
import type { Engine } from './store.ts';
import type { RowMeta } from './upsert.ts';

interface Identified extends RowMeta {
  readonly id: string;
}

/** A row of an entity, and how a client calls it. */
export interface RowAddress<Table extends string = string> {
  readonly table: Table;
  readonly tenant: string;
  readonly id: string;
  /** Such as `Lead`. */
  readonly typename: string;
}

/**
 * Reads a row and keeps every other transaction from changing it until this one ends; null where the tenant has no such
 * row. SQLite has one writer at a time, and needs no lock for it.
 */
export async function lockRowIfThere<Tables, Table extends keyof Tables & string>(
  trx: Transaction<Tables>,
  engine: Engine,
  { table, tenant, id }: Omit<RowAddress<Table>, 'typename'>,
): Promise<Tables[Table] | null> {
  const lock = engine === 'postgres' ? sql`for update` : sql``;
  const { rows } = await sql<Tables[Table]>`
    select * from ${sql.table(table)} where tenant = ${tenant} and id = ${id} ${lock}`.execute(trx);
  return rows[0] ?? null;
}

/** {@link lockRowIfThere} for a row that a client names: throws `NOT_FOUND` where the tenant has no such row. */
export async function lockRow<Tables, Table extends keyof Tables & string>(
  trx: Transaction<Tables>,
  engine: Engine,
  address: RowAddress<Table>,
): Promise<Tables[Table]> {
  const row = await lockRowIfThere(trx, engine, address);
  if (row !== null) return row;
  const { typename, id } = address;
  throw clientError('NOT_FOUND', `There is no ${typename} "${id}".`, { typename, id });
}

/**
 * Reads those of many rows that are there, and keeps every other writer from them until the transaction ends. On
 * PostgreSQL, where rows that are not there yet cannot be locked, writers of many rows of one store go one after another.
 */
export async function lockRows<Tables, Row>(
  trx: Transaction<Tables>,
  {
    table,
    tenant,
    ids,
  }: { readonly table: string; readonly tenant: string; readonly ids: readonly string[] },
): Promise<readonly Row[]> {
  await lockName(trx, 'many rows');
  const isPostgres = trx.getExecutor().adapter instanceof PostgresAdapter;
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)}
    where tenant = ${tenant} and id in (${sql.join(ids)})
    ${isPostgres ? sql`order by id for update` : sql``}`.execute(trx);
  return rows;
}

/**
 * Throws `VERSION_CONFLICT` where a mutation was meant for another version than the present one.
 * @param present what the mutation would have changed, as it is now: shown to the client, so nothing that needs a right
 */
export function assertVersion(
  { typename, id }: RowAddress,
  { version }: { readonly version: number },
  ifVersion: number | null | undefined,
  present: Readonly<Record<string, unknown>>,
): void {
  if (ifVersion === null || ifVersion === undefined || ifVersion === version) return;
  throw clientError(
    'VERSION_CONFLICT',
    `${typename} "${id}" is in version ${version}, not ${ifVersion}: look at its present state and decide again.`,
    { typename, id, version, ifVersion, present },
  );
}

/** Changes columns of a locked row, and answers the row as it is then: one version on, seen now. */
export async function changeRow<Tables, Row extends Identified>(
  trx: Transaction<Tables>,
  { table, tenant, id }: RowAddress<keyof Tables & string>,
  row: Row,
  values: Partial<Omit<Row, keyof Identified>>,
): Promise<Row> {
  const now = new Date().toISOString();
  const meta = { version: row.version + 1, updatedAt: now, observedAt: now };
  const assignments = Object.entries({ ...values, ...meta }).map(
    ([column, value]) => sql`${sql.ref(column)} = ${value}`,
  );
  await sql`
    update ${sql.table(table)} set ${sql.join(assignments)}
    where tenant = ${tenant} and id = ${id}`.execute(trx);
  return { ...row, ...values, ...meta };
}
