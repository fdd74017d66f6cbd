import { type Kysely, sql } from 'kysely';

/** Columns that every row of ours has beside its own. */
export interface RowMeta {
  readonly tenant: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly observedAt: string;
}

export type UpsertOutcome = 'inserted' | 'updated' | 'unchanged';

/** Rows per statement: SQLite takes 32,766 parameters, our widest table has about thirty columns. */
const batchSize = 500;

export interface UpsertOptions {
  readonly table: string;
  readonly tenant: string;
  /** When the rows were read from their source, RFC 3339. */
  readonly observedAt: string;
}

/**
 * Writes rows by id and tells for each what happened, in the order given. A row that is in the table with
 * the same values keeps its version and only its `observedAt` moves; one that differs gets the next version.
 * `createdAt` may be given with a row and is never changed afterwards.
 */
export async function upsertRows<Tables, Row extends { readonly id: string; readonly createdAt?: string }>(
  trx: Kysely<Tables>,
  rows: readonly Row[],
  options: UpsertOptions,
): Promise<UpsertOutcome[]> {
  const outcomes: UpsertOutcome[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    outcomes.push(...(await upsertBatch(trx, rows.slice(start, start + batchSize), options)));
  }
  return outcomes;
}

async function upsertBatch<Tables, Row extends { readonly id: string; readonly createdAt?: string }>(
  trx: Kysely<Tables>,
  rows: readonly Row[],
  { table, tenant, observedAt }: UpsertOptions,
): Promise<UpsertOutcome[]> {
  const known = await sql<Row & RowMeta>`
    select * from ${sql.table(table)}
    where tenant = ${tenant} and id in (${sql.join(rows.map((row) => row.id))})`.execute(trx);
  const byId = new Map(known.rows.map((row): [string, Row & RowMeta] => [row.id, row]));

  const written = new Map<string, Record<string, unknown>>();
  const outcomes = rows.map((row): UpsertOutcome => {
    // A batch may name a row twice; the second is weighed against the first.
    const before = (written.get(row.id) as (Row & RowMeta) | undefined) ?? byId.get(row.id);
    const createdAt = before?.createdAt ?? row.createdAt ?? observedAt;
    if (!before) {
      written.set(row.id, { ...row, tenant, version: 1, createdAt, updatedAt: observedAt, observedAt });
      return 'inserted';
    }
    const changed = Object.entries(row).some(
      ([column, value]) =>
        column !== 'createdAt' && !sameValue(before[column as keyof Row], value as Row[keyof Row]),
    );
    written.set(row.id, {
      ...row,
      tenant,
      version: changed ? Number(before.version) + 1 : Number(before.version),
      createdAt,
      updatedAt: changed ? observedAt : before.updatedAt,
      observedAt,
    });
    return changed ? 'updated' : 'unchanged';
  });

  if (written.size > 0) await write(trx, table, [...written.values()]);
  return outcomes;
}

async function write<Tables>(
  trx: Kysely<Tables>,
  table: string,
  rows: Record<string, unknown>[],
): Promise<void> {
  const columns = Object.keys(rows[0] as object);
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const updates = columns
    .filter((column) => column !== 'tenant' && column !== 'id')
    .map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  await sql`
    insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    values ${sql.join(values)}
    on conflict (tenant, id) do update set ${sql.join(updates)}`.execute(trx);
}

/** PostgreSQL answers bigint as text, SQLite booleans as numbers. */
function sameValue(stored: unknown, given: unknown): boolean {
  const left = stored ?? null;
  const right = given ?? null;
  return (
    left === right ||
    (left !== null && right !== null && String(left) === String(Number(right))) ||
    (left !== null && right !== null && String(left) === String(right))
  );
}
