import { type Kysely, sql, type Transaction } from 'kysely';
import { selectByKeys } from '#chassis/store/select.ts';
import type { UpsertOutcome } from '#chassis/store/upsert.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import type { Conversion, ConversionRow, Touch, TouchRow } from '../adapters/warehouse.ts';
import { conversionRecorded, touchRecorded } from '../events.ts';
import type { FactTables, RecordedConversion, RecordedTouch, Tables } from './tables.ts';

/** Rows per statement: SQLite takes 32,766 parameters, a touch has nine columns. */
const batchSize = 1_000;

/** A touch as the graph shows it; null where the tenant recorded none with this id. */
export async function recordedTouch(db: Kysely<Tables>, tenant: string, id: string): Promise<Touch | null> {
  const [row] = await selectByKeys<Tables, RecordedTouch>(db, 'touches', tenant, 'id', [id]);
  return row === undefined ? null : { ...row, observedAt: row.recordedAt };
}

/** A conversion as the graph shows it; null where the tenant recorded none with this id. */
export async function recordedConversion(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<Conversion | null> {
  const [row] = await selectByKeys<Tables, RecordedConversion>(db, 'conversions', tenant, 'id', [id]);
  return row === undefined ? null : { ...row, observedAt: row.recordedAt };
}

interface Rows {
  touches: TouchRow;
  conversions: ConversionRow;
}

/**
 * Records many facts within a transaction, each with its event; one whose id is known stays as it is and has none.
 * Answers for each, in the order given, whether it is new. `recordedAt` is when they were read from their source.
 */
export async function writeFacts<Table extends keyof Rows>(
  trx: Transaction<Tables>,
  table: Table,
  tenant: string,
  rows: readonly Rows[Table][],
  recordedAt: string,
  cause: Cause,
): Promise<UpsertOutcome[]> {
  const outcomes: UpsertOutcome[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    const batch = rows.slice(start, start + batchSize).map((row) => ({ ...row, tenant, recordedAt }));
    const added = await insertNew(trx, table, batch);
    const fresh = batch.filter(({ id }) => added.delete(id));
    const ids = new Set(fresh.map(({ id }) => id));
    outcomes.push(
      ...batch.map(({ id }) => (ids.delete(id) ? ('inserted' as const) : ('unchanged' as const))),
    );
    await append(
      trx,
      fresh.map((fact) => eventOf(table, fact as unknown as FactTables[Table], cause)),
    );
  }
  return outcomes;
}

function eventOf<Table extends keyof Rows>(table: Table, fact: FactTables[Table], cause: Cause) {
  return table === 'touches'
    ? touchRecorded(fact as RecordedTouch, cause)
    : conversionRecorded(fact as RecordedConversion, cause);
}

/** The ids that were not there before. */
async function insertNew(
  trx: Transaction<Tables>,
  table: keyof Rows,
  rows: readonly object[],
): Promise<Set<string>> {
  const columns = columnsOf[table];
  const values = rows.map(
    (row) => sql`(${sql.join(columns.map((column) => (row as Record<string, unknown>)[column] ?? null))})`,
  );
  const { rows: added } = await sql<{ id: string }>`
    insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    values ${sql.join(values)} on conflict (tenant, id) do nothing returning id`.execute(trx);
  return new Set(added.map(({ id }) => id));
}

const columnsOf = {
  touches: ['tenant', 'id', 'accountId', 'leadId', 'channel', 'kind', 'campaignId', 'at', 'recordedAt'],
  conversions: ['tenant', 'id', 'accountId', 'kind', 'at', 'recordedAt'],
} as const satisfies { readonly [Table in keyof Rows]: readonly (keyof FactTables[Table])[] };
