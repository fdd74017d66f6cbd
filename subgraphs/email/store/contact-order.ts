import { sql, type Transaction } from 'kysely';
import type { ContactOrder, Tables } from './tables.ts';

/** Contacts per statement: SQLite takes 32,766 parameters. */
const batchSize = 1_000;

/**
 * Reads where a contact's events stand, and keeps every other transaction from deciding anything about the contact
 * until this one ends. Works for every id: who there is is not the platform's to say.
 */
export async function lockContact(
  trx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<ContactOrder> {
  const locked = await lockContacts(trx, tenant, [id]);
  return locked.get(id) as ContactOrder;
}

/** {@link lockContact} for many, by their ids; they are locked in one order, so that two never wait for each other. */
export async function lockContacts(
  trx: Transaction<Tables>,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ContactOrder>> {
  const locked = new Map<string, ContactOrder>();
  for (const batch of batchesOf([...new Set(ids)].sort())) {
    const values = batch.map((id) => sql`(${tenant}, ${id}, 0, 0)`);
    const { rows } = await sql<ContactOrder>`
      insert into contacts (tenant, id, version, consent_version) values ${sql.join(values)}
      on conflict (tenant, id) do update set version = contacts.version
      returning *`.execute(trx);
    for (const row of rows) locked.set(row.id, row);
  }
  return locked;
}

/** Writes how far locked contacts' events have come. */
export async function moveContacts(trx: Transaction<Tables>, orders: readonly ContactOrder[]): Promise<void> {
  for (const batch of batchesOf(orders)) {
    const values = batch.map(
      ({ tenant, id, version, consentVersion }) => sql`(${tenant}, ${id}, ${version}, ${consentVersion})`,
    );
    await sql`
      insert into contacts (tenant, id, version, consent_version) values ${sql.join(values)}
      on conflict (tenant, id) do update
      set version = excluded.version, consent_version = excluded.consent_version`.execute(trx);
  }
}

function batchesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, nth) =>
    items.slice(nth * batchSize, (nth + 1) * batchSize),
  );
}
