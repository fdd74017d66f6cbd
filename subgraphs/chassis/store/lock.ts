import { PostgresAdapter, sql, type Transaction } from 'kysely';

/**
 * Has every other transaction of the store that locks the same name wait until this one ends. SQLite has one writer at a
 * time, and needs no lock for it.
 */
export async function lockName<Tables>(trx: Transaction<Tables>, name: string): Promise<void> {
  if (!(trx.getExecutor().adapter instanceof PostgresAdapter)) return;
  await sql`select pg_advisory_xact_lock(hashtext(current_schema() || ' ' || ${name}))`.execute(trx);
}
