import { sql, type Transaction } from 'kysely';
import type { MigrationTarget } from '../../store/migrate.ts';
import type { PushState } from './tables.ts';

/** How a row's latest change through the graph stands with the vendor; null before the first, and without a vendor. */
export interface Synced {
  readonly syncState: PushState | null;
  /** What the vendor said of a refusal: it may quote a person. */
  readonly syncReason: string | null;
}

/** Of a row that is about to be brought to the vendor. */
export const onItsWay: Synced = { syncState: 'PENDING', syncReason: null };

/** Adds the columns of {@link Synced} to tables, as a part of a migration. */
export async function addSyncColumns(
  { db, text }: MigrationTarget,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables) {
    await db.schema.alterTable(table).addColumn('sync_state', text).execute();
    await db.schema.alterTable(table).addColumn('sync_reason', text).execute();
  }
}

/** Changes how a locked row stands with the vendor: what it says is as it was, and so is its version. */
export async function markRow<Tables>(
  trx: Transaction<Tables>,
  { table, tenant, id }: { readonly table: string; readonly tenant: string; readonly id: string },
  { syncState, syncReason }: Synced,
): Promise<void> {
  await sql`
    update ${sql.table(table)} set sync_state = ${syncState}, sync_reason = ${syncReason}
    where tenant = ${tenant} and id = ${id}`.execute(trx);
}
