import { sql, type Transaction } from 'kysely';
import type { ConsentRecordValues, Tables } from './tables.ts';

/** Versions by contact's id. */
export type Versions = ReadonlyMap<string, number>;

/**
 * Keeps every other writer from the consents of some contacts until the transaction ends, and answers the version that
 * each has; 0 for one of whom nothing is recorded. Contacts are taken in the order of their ids, so that two writers of
 * the same ones never wait for each other.
 */
export async function lockContacts(
  trx: Transaction<Tables>,
  tenant: string,
  contactIds: readonly string[],
  observedAt: string,
): Promise<Versions> {
  const values = [...new Set(contactIds)]
    .sort()
    .map((id) => sql`(${sql.join([tenant, id, 0, observedAt, observedAt, observedAt])})`);
  // An update that changes nothing locks on PostgreSQL; a row that is new is locked by being so.
  const { rows } = await sql<{ id: string; version: number }>`
    insert into contacts (tenant, id, version, created_at, updated_at, observed_at)
    values ${sql.join(values)}
    on conflict (tenant, id) do update set version = contacts.version
    returning id, version`.execute(trx);
  return new Map(rows.map(({ id, version }) => [id, version]));
}

/** Takes locked contacts one version on for each new record of theirs. */
export async function raiseVersions(
  trx: Transaction<Tables>,
  tenant: string,
  versions: Versions,
  inserted: readonly ConsentRecordValues[],
  observedAt: string,
): Promise<void> {
  const counts = Map.groupBy(inserted, ({ contactId }) => contactId);
  if (counts.size === 0) return;
  const values = [...counts].map(([id, records]) => {
    const version = (versions.get(id) ?? 0) + records.length;
    return sql`(${sql.join([tenant, id, version, observedAt, observedAt, observedAt])})`;
  });
  await sql`
    insert into contacts (tenant, id, version, created_at, updated_at, observed_at)
    values ${sql.join(values)}
    on conflict (tenant, id) do update set
      version = excluded.version, updated_at = excluded.updated_at, observed_at = excluded.observed_at`.execute(
    trx,
  );
}
