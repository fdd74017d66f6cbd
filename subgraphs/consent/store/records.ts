import { type Kysely, sql, type Transaction } from 'kysely';
import { clientError } from '#chassis/errors.ts';
import { scalars } from '#chassis/scalars.ts';
import { selectByKeys } from '#chassis/store/select.ts';
import type { Cause, EventEnvelope } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { consentEvents } from '../events.ts';
import { lockContacts, raiseVersions } from './contacts.ts';
import { assertPurpose, selectPurposes } from './purposes.ts';
import type { ConsentRecord, ConsentRecordValues, Tables } from './tables.ts';

export type AppendOutcome = 'inserted' | 'unchanged';

/** Rows per statement: SQLite takes 32,766 parameters, a record has fourteen columns. */
const batchSize = 500;

const valueColumns = [
  'contactId',
  'purpose',
  'decision',
  'legalBasis',
  'jurisdiction',
  'source',
  'evidence',
  'recordedAt',
] as const satisfies readonly (keyof ConsentRecordValues)[];

/** The records of many ids, in any order; unknown ids are left out. */
export function selectRecords(
  db: Kysely<Tables>,
  tenant: string,
  ids: readonly string[],
): Promise<readonly ConsentRecord[]> {
  return selectByKeys(db, 'records', tenant, 'id', ids);
}

/** The latest record of every purpose that anything is recorded of, for many contacts in one statement. */
export async function selectLatestRecords(
  db: Kysely<Tables>,
  tenant: string,
  contactIds: readonly string[],
): Promise<readonly ConsentRecord[]> {
  const { rows } = await sql<ConsentRecord>`
    select * from (
      select records.*, row_number() over (
        partition by contact_id, purpose order by recorded_at desc, id desc
      ) as place
      from records where tenant = ${tenant} and contact_id in (${sql.join(contactIds)})
    ) as numbered
    where place = 1`.execute(db);
  return rows;
}

export interface WrittenRecords {
  /** One for each record, in order. */
  readonly outcomes: readonly AppendOutcome[];
  /** What is to be told of the new ones. */
  readonly events: readonly EventEnvelope<object>[];
}

/**
 * Adds records to the history within a transaction, in any order of time, and tells for each whether it is
 * new. One that is there already with the same values is left alone. Throws `INVALID_ARGUMENT` for an id
 * that is there with other values, for an unknown purpose and for a time that is not RFC 3339; the
 * transaction must then be given up. `observedAt` is when the records were read from their source. With a cause new
 * records are told as events in the same transaction; without one nobody is told of them.
 */
export async function appendRecords(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly ConsentRecordValues[],
  observedAt: string,
  cause?: Cause,
): Promise<readonly AppendOutcome[]> {
  const { outcomes, events } = await writeRecords(trx, tenant, rows, observedAt, cause);
  await append(trx, events);
  return outcomes;
}

/** {@link appendRecords} that leaves the events to the caller; without a cause there are none. */
export async function writeRecords(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly ConsentRecordValues[],
  observedAt: string,
  cause: Cause | undefined,
): Promise<WrittenRecords> {
  const purposes = await selectPurposes(trx, tenant);
  const records = rows.map((row) => {
    assertPurpose(row.purpose, purposes);
    return { ...row, recordedAt: utc(row) };
  });
  const written: WrittenRecords[] = [];
  for (let start = 0; start < records.length; start += batchSize) {
    const batch = records.slice(start, start + batchSize);
    written.push(await writeBatch(trx, tenant, batch, observedAt, cause));
  }
  return {
    outcomes: written.flatMap(({ outcomes }) => outcomes),
    events: written.flatMap(({ events }) => events),
  };
}

async function writeBatch(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly ConsentRecordValues[],
  observedAt: string,
  cause: Cause | undefined,
): Promise<WrittenRecords> {
  const contactIds = rows.map(({ contactId }) => contactId);
  const versions = await lockContacts(trx, tenant, contactIds, observedAt);
  const before = cause ? await selectLatestRecords(trx, tenant, [...versions.keys()]) : [];
  const outcomes = await insertRecords(trx, tenant, rows, observedAt);
  const inserted = rows.filter((_, index) => outcomes[index] === 'inserted');
  await raiseVersions(trx, tenant, versions, inserted, observedAt);
  return { outcomes, events: cause ? consentEvents({ inserted, before, versions }, cause) : [] };
}

async function insertRecords(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly ConsentRecordValues[],
  observedAt: string,
): Promise<readonly AppendOutcome[]> {
  // Inserting first and looking afterwards leaves no gap in which another writer could take the id.
  const meta = [1, observedAt, observedAt, observedAt];
  const values = rows.map(
    (row) =>
      sql`(${sql.join([tenant, row.id, ...meta, ...valueColumns.map((column) => row[column] ?? null)])})`,
  );
  const columns = valueColumns.map((column) => sql.ref(column));
  const { rows: added } = await sql<{ id: string }>`
    insert into records (tenant, id, version, created_at, updated_at, observed_at, ${sql.join(columns)})
    values ${sql.join(values)}
    on conflict (tenant, id) do nothing
    returning id`.execute(trx);

  const unclaimed = new Set(added.map(({ id }) => id));
  const outcomes = rows.map(({ id }) => (unclaimed.delete(id) ? 'inserted' : 'unchanged'));
  const repeated = rows.filter((_, index) => outcomes[index] === 'unchanged');
  if (repeated.length > 0) await refuseChanges(trx, tenant, repeated);
  return outcomes;
}

async function refuseChanges(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly ConsentRecordValues[],
): Promise<void> {
  const stored = await selectRecords(
    trx,
    tenant,
    rows.map(({ id }) => id),
  );
  const byId = new Map(stored.map((record) => [record.id, record]));
  for (const row of rows) {
    const differing = valueColumns.filter((column) => (row[column] ?? null) !== byId.get(row.id)?.[column]);
    if (differing.length === 0) continue;
    throw clientError(
      'INVALID_ARGUMENT',
      `Consent record "${row.id}" is already recorded with another ${differing.join(', ')}; records never change, ` +
        'so append the new decision under an id of its own.',
      { id: row.id, differing },
    );
  }
}

function utc({ id, recordedAt }: ConsentRecordValues): string {
  try {
    return scalars.DateTime.parseValue(recordedAt);
  } catch {
    throw clientError(
      'INVALID_ARGUMENT',
      `recordedAt "${recordedAt}" of consent record "${id}" is not an RFC 3339 time such as 2026-03-01T09:30:00Z.`,
      { id },
    );
  }
}
