import { sql, type Transaction } from 'kysely';
import { lockRows } from './change.ts';

/** Columns that every row of ours has beside its own. */
export interface RowMeta {
  readonly tenant: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly observedAt: string;
}

export type UpsertOutcome = 'inserted' | 'updated' | 'unchanged';

/** What became of a row, and what it was before; null where it is new. */
export interface UpsertedRow<Row> {
  readonly outcome: UpsertOutcome;
  readonly before: (Row & RowMeta) | null;
  readonly after: Row & RowMeta;
}

/** Rows per statement: SQLite takes 32,766 parameters, our widest table has about thirty columns. */
const batchSize = 500;

export interface UpsertOptions {
  readonly table: string;
  readonly tenant: string;
  /** When the rows were read from their source, RFC 3339. */
  readonly observedAt: string;
}

interface GivenRow {
  readonly id: string;
  readonly createdAt?: string;
}

/**
 * Writes rows by id within a transaction and tells for each what happened, in the order given. A row that is in the
 * table with the same values keeps its version and only its `observedAt` moves; one that differs gets the next version.
 * `createdAt` may be given with a row and is never changed afterwards.
 */
export async function upsertRows<Tables, Row extends GivenRow>(
  trx: Transaction<Tables>,
  rows: readonly Row[],
  options: UpsertOptions,
): Promise<UpsertOutcome[]> {
  return (await upsertAndCompare(trx, rows, options)).map(({ outcome }) => outcome);
}

/** {@link upsertRows}, with each row as it was and as it is. */
export async function upsertAndCompare<Tables, Row extends GivenRow>(
  trx: Transaction<Tables>,
  rows: readonly Row[],
  options: UpsertOptions,
): Promise<UpsertedRow<Row>[]> {
  const upserted: UpsertedRow<Row>[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    upserted.push(...(await upsertBatch(trx, rows.slice(start, start + batchSize), options)));
  }
  return upserted;
}

async function upsertBatch<Tables, Row extends GivenRow>(
  trx: Transaction<Tables>,
  rows: readonly Row[],
  { table, tenant, observedAt }: UpsertOptions,
): Promise<UpsertedRow<Row>[]> {
  const ids = rows.map((row) => row.id);
  const known = await lockRows<Tables, Row & RowMeta>(trx, { table, tenant, ids });
  // A batch may name a row twice; the second is weighed against the first.
  const present = new Map(known.map((row): [string, Row & RowMeta] => [row.id, row]));
  const upserted = rows.map((row): UpsertedRow<Row> => {
    const before = present.get(row.id) ?? null;
    const { outcome, meta } = change(row, before, observedAt);
    const after = { ...before, ...row, tenant, ...meta };
    present.set(row.id, after);
    return { outcome, before, after };
  });
  const distinct = [...new Set(ids)];
  if (rows.length > 0) {
    await write(
      trx,
      table,
      distinct.map((id) => present.get(id) as Row & RowMeta),
    );
  }
  return upserted;
}

/** What happens to a row, and the rest of its columns then. */
function change<Row extends GivenRow>(
  row: Row,
  before: (Row & RowMeta) | null,
  observedAt: string,
): { readonly outcome: UpsertOutcome; readonly meta: Omit<RowMeta, 'tenant'> } {
  if (before === null) {
    const createdAt = row.createdAt ?? observedAt;
    return { outcome: 'inserted', meta: { version: 1, createdAt, updatedAt: observedAt, observedAt } };
  }
  const { createdAt, updatedAt, version } = before;
  return holdsOther(before, row)
    ? { outcome: 'updated', meta: { version: version + 1, createdAt, updatedAt: observedAt, observedAt } }
    : { outcome: 'unchanged', meta: { version, createdAt, updatedAt, observedAt } };
}

/** Whether a row that is stored has another value than given in a column; when it was made is no value of it. */
export function holdsOther(stored: object, given: object): boolean {
  const columns: Readonly<Record<string, unknown>> = { ...stored };
  return Object.entries(given).some(
    ([column, value]) => column !== 'createdAt' && !sameValue(columns[column], value),
  );
}

async function write<Tables, Row extends RowMeta>(
  trx: Transaction<Tables>,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] as Row);
  const values = rows.map(
    (row) => sql`(${sql.join(columns.map((column) => row[column as keyof Row] ?? null))})`,
  );
  const updates = columns
    .filter((column) => column !== 'tenant' && column !== 'id')
    .map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  await sql`
    insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    values ${sql.join(values)}
    on conflict (tenant, id) do update set ${sql.join(updates)}`.execute(trx);
}

/** Whether a column holds a value: PostgreSQL answers bigint as text, SQLite booleans as numbers. */
export function sameValue(stored: unknown, given: unknown): boolean {
  const left = stored ?? null;
  const right = given ?? null;
  return (
    left === right ||
    (left !== null && right !== null && String(left) === String(Number(right))) ||
    (left !== null && right !== null && String(left) === String(right))
  );
}
