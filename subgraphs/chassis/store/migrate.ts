import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Engine, StoreOptions } from './store.ts';

/**
 * A subgraph's migrations by name, in order: `{ '001_accounts': (schema) => … }`. They only go forward; one
 * that has been run is never edited.
 */
export type Migrations = Readonly<Record<string, (db: MigrationTarget) => Promise<void>>>;

export interface MigrationTarget {
  /** Without plugins: names stand in migrations as in the tables, in snake case. */
  readonly db: Kysely<never>;
  /** Text compared by code point on both engines, so that orders and cursors are the same on both. */
  readonly text: ReturnType<typeof sql>;
  readonly engine: Engine;
}

/** Runs what has not been run yet, in one lock, each subgraph in its own schema on PostgreSQL. */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  engine: Engine,
  options: Pick<StoreOptions, 'name' | 'migrations'>,
): Promise<void> {
  if (engine === 'postgres') await createSchema(db, options.name);
  const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
  const migrations = Object.fromEntries(
    Object.entries(options.migrations).map(([name, up]): [string, Migration] => [
      name,
      { up: (target) => up({ db: target as Kysely<never>, text, engine }) },
    ]),
  );
  const migratorWith = (disableTransactions: boolean) =>
    new Migrator({
      db: db.withoutPlugins(),
      provider: { getMigrations: async () => migrations },
      disableTransactions,
      ...(engine === 'postgres' ? { migrationTableSchema: options.name } : {}),
    });
  // A file that is up to date is opened without waiting for whoever writes to it.
  const isUpToDate = engine === 'sqlite' && !(await isBehind(migratorWith(true)));
  const { error } = await migratorWith(isUpToDate).migrateToLatest();
  if (error) throw new Error(`The ${options.name} store could not be migrated.`, { cause: error });
}

async function isBehind(migrator: Migrator): Promise<boolean> {
  const migrations = await migrator.getMigrations();
  return migrations.some(({ executedAt }) => executedAt === undefined);
}

/** `if not exists` alone does not keep two processes that look at the same moment from both making it. */
async function createSchema<Tables>(db: Kysely<Tables>, name: string): Promise<void> {
  const create = sql`create schema if not exists ${sql.id(name)}`;
  await create.execute(db).catch(() => create.execute(db));
}
