import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { MigrationTarget } from '../../store/migrate.ts';
import type { Store } from '../../store/store.ts';

/** Who keeps the replica of one tenant up to date, by the clock of the database. */
export interface SyncLease {
  readonly tenant: string;
  readonly vendor: string;
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | string;
}

export interface LeaseTables {
  syncLeases: SyncLease;
}

export async function createLeases({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('sync_leases')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('owner', text, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('sync_leases_key', ['tenant', 'vendor'] as never)
    .execute();
}

export interface LeaseUse {
  readonly tenant: string;
  readonly vendor: string;
  readonly owner: string;
}

/** Takes or renews a lease; false where somebody else has it. */
export function takeLease<Tables extends LeaseTables>(
  store: Pick<Store<Tables>, 'transaction'>,
  { tenant, vendor, owner }: LeaseUse,
  leaseMs: number,
): Promise<boolean> {
  return store.transaction(async (trx) => {
    const now = nowOf(trx);
    const { rows } = await sql`
      insert into sync_leases (tenant, vendor, owner, expires_at)
      values (${tenant}, ${vendor}, ${owner}, ${now} + ${sql.lit(leaseMs)})
      on conflict (tenant, vendor) do update set owner = excluded.owner, expires_at = excluded.expires_at
      where sync_leases.owner = ${owner} or sync_leases.expires_at <= ${now}
      returning owner`.execute(trx);
    return rows.length > 0;
  });
}

/** Gives a lease up, for another to take at once. */
export function releaseLease<Tables extends LeaseTables>(
  store: Pick<Store<Tables>, 'transaction'>,
  { tenant, vendor, owner }: LeaseUse,
): Promise<unknown> {
  return store.transaction((trx) =>
    sql`delete from sync_leases where tenant = ${tenant} and vendor = ${vendor} and owner = ${owner}`.execute(
      trx,
    ),
  );
}

function nowOf<Tables>(db: Kysely<Tables>) {
  return db.getExecutor().adapter instanceof PostgresAdapter
    ? sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql`cast(unixepoch('subsec') * 1000 as integer)`;
}
