import { type Kysely, sql, type Transaction } from 'kysely';
import type { MigrationTarget } from '../../store/migrate.ts';
import type { LinkPlace } from './links.ts';

/** How far the changes of one type were read; committed with what was read. */
export interface Position {
  readonly tenant: string;
  readonly vendor: string;
  readonly type: string;
  /** Where the next page begins, as the vendor's adapter says it. */
  readonly cursor: string;
  /**
   * When the read began that came to the end last, RFC 3339: rows that have not changed since then are as the vendor had
   * them at that time. Null while none came to the end, and the replica has but a part.
   */
  readonly sweptAt: string | null;
}

export interface PositionTables {
  syncPositions: Position;
}

export async function createPositions({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('sync_positions')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('cursor', text, (column) => column.notNull())
    .addColumn('swept_at', text)
    .addPrimaryKeyConstraint('sync_positions_key', ['tenant', 'vendor', 'type'] as never)
    .execute();
}

export async function positionOf<Tables extends PositionTables>(
  db: Kysely<Tables>,
  { tenant, vendor, type }: LinkPlace,
): Promise<Position | null> {
  const { rows } = await sql<Position>`
    select * from sync_positions
    where tenant = ${tenant} and vendor = ${vendor} and type = ${type}`.execute(db);
  return rows[0] ?? null;
}

/**
 * Moves on, within the transaction that wrote what was read up to there.
 * @param sweptAt when the read began, where it came to the end; null where there is more
 */
export async function movePosition<Tables extends PositionTables>(
  trx: Transaction<Tables>,
  { tenant, vendor, type }: LinkPlace,
  { cursor, sweptAt }: { readonly cursor: string; readonly sweptAt: string | null },
): Promise<void> {
  await sql`
    insert into sync_positions (tenant, vendor, type, cursor, swept_at)
    values (${tenant}, ${vendor}, ${type}, ${cursor}, ${sweptAt})
    on conflict (tenant, vendor, type) do update set
      cursor = excluded.cursor,
      swept_at = coalesce(excluded.swept_at, sync_positions.swept_at)`.execute(trx);
}

/** Forgets how far everything was read: the next run begins at the beginning. */
export async function forgetPositions<Tables extends PositionTables>(
  trx: Transaction<Tables>,
  { tenant, vendor }: Omit<LinkPlace, 'type'>,
): Promise<void> {
  await sql`delete from sync_positions where tenant = ${tenant} and vendor = ${vendor}`.execute(trx);
}
