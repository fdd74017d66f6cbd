import { type Kysely, sql, type Transaction } from 'kysely';
import { lockRows } from '#chassis/store/change.ts';
import { selectByKeys } from '#chassis/store/select.ts';
import { type UpsertOutcome, upsertAndCompare } from '#chassis/store/upsert.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { removed } from '../details.ts';
import { eventsOfRows } from '../events.ts';
import type {
  Account,
  AccountValues,
  Contact,
  ContactValues,
  EntityTables,
  LeadValues,
  OpportunityValues,
  Tables,
  UserValues,
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

/** Where two accounts claim one domain the older one is the account of that domain. */
export async function selectAccountsByDomain(
  db: Kysely<Tables>,
  tenant: string,
  domains: readonly string[],
): Promise<readonly Account[]> {
  return youngestFirst(await selectByKeys<Tables, Account>(db, 'accounts', tenant, 'domain', domains));
}

/** Where two contacts have one address the older one is the contact of that address. */
export async function selectContactsByEmail(
  db: Kysely<Tables>,
  tenant: string,
  emails: readonly string[],
): Promise<readonly Contact[]> {
  return youngestFirst(await selectByKeys<Tables, Contact>(db, 'contacts', tenant, 'email', emails));
}

/** A loader keeps the last row of a key. */
function youngestFirst<Row extends { createdAt: string; id: string }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? 1 : -1));
}

interface Values {
  accounts: AccountValues;
  contacts: ContactValues;
  leads: LeadValues;
  opportunities: OpportunityValues;
  users: UserValues;
}

/**
 * Writes rows by id within a transaction, idempotently: the outcome says for each whether it was inserted, updated or
 * left unchanged. `observedAt` is when the values were read from their source. With a cause the changes are told as
 * events in the same transaction; without one nobody is told of them.
 */
export async function writeRows<Table extends keyof Values>(
  trx: Transaction<Tables>,
  table: Table,
  tenant: string,
  rows: readonly (Values[Table] & { readonly createdAt?: string })[],
  observedAt: string,
  cause?: Cause,
): Promise<UpsertOutcome[]> {
  const written = await upsertAndCompare(trx, rows, { table, tenant, observedAt });
  if (cause !== undefined) await append(trx, eventsOfRows(table, written, cause));
  return written.map(({ outcome }) => outcome);
}

/** Removes rows by id within a transaction, tells that they are gone, and answers how many there were. */
export async function removeRows<Table extends keyof EntityTables>(
  trx: Transaction<Tables>,
  table: Table,
  tenant: string,
  ids: readonly string[],
  cause: Cause,
): Promise<number> {
  const rows = await lockRows<Tables, Tables[Table]>(trx, { table, tenant, ids });
  await sql`
    delete from ${sql.table(table)} where tenant = ${tenant} and id in (${sql.join(ids)})`.execute(trx);
  if (table !== 'users') {
    await append(
      trx,
      rows.map((row) => removed(table, row, cause)),
    );
  }
  return rows.length;
}
