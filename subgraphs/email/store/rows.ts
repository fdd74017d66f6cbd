import { type Kysely, sql, type Transaction } from 'kysely';
import { selectByKeys } from '#chassis/store/select.ts';
import { type UpsertOutcome, upsertRows } from '#chassis/store/upsert.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { eventsOfRows } from '../events.ts';
import { lockContacts, moveContacts } from './contact-order.ts';
import type {
  CampaignValues,
  EnrollmentValues,
  EntityTables,
  Recipient,
  RecipientValues,
  Suppression,
  SuppressionValues,
  Tables,
} from './tables.ts';

/** The rows of a table by id, in any order; unknown ids are left out. */
export function selectByIds<Table extends keyof EntityTables>(
  db: Kysely<Tables>,
  table: Table,
  tenant: string,
  ids: readonly string[],
): Promise<readonly Tables[Table][]> {
  return selectByKeys(db, table, tenant, 'id', ids);
}

/** All suppressions of many contacts, latest first. */
export async function selectSuppressions(
  db: Kysely<Tables>,
  tenant: string,
  contactIds: readonly string[],
): Promise<readonly Suppression[]> {
  if (contactIds.length === 0) return [];
  const rows = await selectByKeys<Tables, Suppression>(db, 'suppressions', tenant, 'contactId', contactIds);
  return rows.toSorted((a, b) => (a.suppressedAt + a.id < b.suppressedAt + b.id ? 1 : -1));
}

/** Removes rows by id within a transaction, and answers how many there were. */
export async function removeRows(
  trx: Transaction<Tables>,
  table: keyof EntityTables,
  tenant: string,
  ids: readonly string[],
): Promise<number> {
  const { rows } = await sql`
    delete from ${sql.table(table)} where tenant = ${tenant} and id in (${sql.join(ids)})
    returning id`.execute(trx);
  return rows.length;
}

interface Values {
  campaigns: CampaignValues;
  enrollments: EnrollmentValues;
  recipients: RecipientValues;
  suppressions: SuppressionValues;
}

/**
 * Writes rows by id within a transaction, idempotently: the outcome says for each whether it was inserted,
 * updated or left unchanged. `observedAt` is when the values were read from their source; all times are
 * RFC 3339 text in UTC with milliseconds, since they are compared as text. With a cause new enrollments and
 * suppressions are told as events in the same transaction; without one nobody is told of them.
 */
export async function writeRows<Table extends keyof Values>(
  trx: Transaction<Tables>,
  table: Table,
  tenant: string,
  rows: readonly (Values[Table] & { readonly createdAt?: string })[],
  observedAt: string,
  cause?: Cause,
): Promise<UpsertOutcome[]> {
  if (rows.length === 0) return [];
  const write = () => upsertRows(trx, rows, { table, tenant, observedAt });
  if (cause === undefined || (table !== 'enrollments' && table !== 'suppressions')) return write();
  const told = rows as unknown as readonly (EnrollmentValues | SuppressionValues)[];
  const ids = [...new Set(told.map(({ contactId }) => contactId))];
  const orders = await lockContacts(trx, tenant, ids);
  const outcomes = await write();
  const fresh = told.filter((_, index) => outcomes[index] === 'inserted');
  const recipients = await selectByKeys<Tables, Recipient>(trx, 'recipients', tenant, 'id', ids);
  const { events, moved } = eventsOfRows(fresh, orders, recipients, cause);
  await moveContacts(trx, moved);
  await append(trx, events);
  return outcomes;
}
