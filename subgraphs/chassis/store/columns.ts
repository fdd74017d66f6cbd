import { type CreateTableBuilder, sql } from 'kysely';
import type { MigrationTarget } from './migrate.ts';

/**
 * Begins a table as all of ours begin: tenant and opaque id are its key, and every row knows its version
 * and when it was made, changed and last observed (RFC 3339 text in UTC).
 */
export function entityTable(target: MigrationTarget, name: string): CreateTableBuilder<string, string> {
  const { db, text } = target;
  return db.schema
    .createTable(name)
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('updated_at', text, (column) => column.notNull())
    .addColumn('observed_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint(`${name}_key`, ['tenant', 'id'] as never) as CreateTableBuilder<string, string>;
}

/** An index that begins with the tenant, as every query does. */
export async function tenantIndex(
  target: MigrationTarget,
  table: string,
  columns: readonly string[],
): Promise<void> {
  const name = `${table}_by_${columns.join('_')}`;
  const list = sql.join(['tenant', ...columns].map((column) => sql.ref(column)));
  await sql`create index ${sql.id(name)} on ${sql.table(table)} (${list})`.execute(target.db);
}
