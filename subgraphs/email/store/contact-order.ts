import { sql, type Transaction } from 'kysely';
import type { ContactOrder, Tables } from './tables.ts';

/**
 * Reads where a contact's events stand, and keeps every other transaction from deciding anything about the contact
 * until this one ends. Works for every id: who there is is not the platform's to say.
 */
export async function lockContact(
  trx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<ContactOrder> {
  const { rows } = await sql<ContactOrder>`
    insert into contacts (tenant, id, version, consent_version) values (${tenant}, ${id}, 0, 0)
    on conflict (tenant, id) do update set version = contacts.version
    returning *`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('A row that was written was not returned.');
  return row;
}

/** Writes how far a locked contact's events have come. */
export async function moveContact(
  trx: Transaction<Tables>,
  { tenant, id, version, consentVersion }: ContactOrder,
): Promise<void> {
  await trx
    .updateTable('contacts')
    .set({ version, consentVersion })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}
