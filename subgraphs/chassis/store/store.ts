import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CamelCasePlugin, Kysely, type LogEvent, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { hasAppended } from '#events/outbox.ts';
import { announceAppends } from './appends.ts';
import { makeDurable } from './durable.ts';
import { type Migrations, migrate } from './migrate.ts';
import { shareCommits } from './shared-commits.ts';
import { sqliteDialect } from './sqlite.ts';
import { writeTurns } from './write-turns.ts';

export type Engine = 'sqlite' | 'postgres';

/** Where a subgraph keeps its rows. */
export type StoreLocation =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

/**
 * A subgraph's own tables. Reads go through `db`, writes through `transaction`: on SQLite these are two
 * connections, so that a reader never waits for a writer.
 */
export interface Store<Tables> {
  readonly engine: Engine;
  readonly db: Kysely<Tables>;
  readonly transaction: <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) => Promise<Result>;
  /** The same for work of a few statements, which may share its commit with other such work; see `shareCommits`. */
  readonly briefly: <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) => Promise<Result>;
  /**
   * Calls back after commits that appended events: those of this process at once, on PostgreSQL those of others too
   * as long as the connection for it stands. Answers what ends it.
   */
  readonly onAppend: (listener: () => void) => () => void;
  /** Resolves once all that was committed before the call outlives a loss of power. */
  readonly durable: () => Promise<void>;
  /** Rejects where the store cannot be asked. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface StoreOptions {
  /** Schema name on PostgreSQL, so that one database serves all subgraphs. */
  readonly name: string;
  readonly location: StoreLocation;
  readonly migrations: Migrations;
  /** Called once for every statement that is run, with its text: tests count with it. */
  readonly onQuery?: (sql: string) => void;
}

/** The store of a subgraph by its settings: PostgreSQL where `<NAME>_DATABASE_URL` is set, else a file. */
export function storeLocation(name: string, dataDir: string, env = process.env): StoreLocation {
  const url = env[`${name.toUpperCase()}_DATABASE_URL`];
  return url ? { engine: 'postgres', url } : { engine: 'sqlite', file: `${dataDir}/${name}.sqlite` };
}

/** Opens a store and brings its tables up to date, forward only. */
export async function openStore<Tables>(options: StoreOptions): Promise<Store<Tables>> {
  const { engine } = options.location;
  const { writer, reader } = await connect<Tables>(options);
  const inTurn = writeTurns(options.location);
  try {
    await inTurn(() => migrate(writer, engine, options));
    // From here on writes are transactions, which wait for others without holding up the process.
    if (engine === 'sqlite') await sql`pragma busy_timeout = 0`.execute(writer);
  } catch (error) {
    await writer.destroy();
    throw error;
  }
  const db = reader();
  const appends = announceAppends(writer, options);
  const transaction: Store<Tables>['transaction'] = async (work) => {
    let appended = false;
    const result = await inTurn((begun) =>
      writer.transaction().execute(async (trx) => {
        begun();
        const done = await work(trx);
        appended = hasAppended(trx);
        return done;
      }),
    );
    if (appended) appends.announce();
    return result;
  };
  return {
    engine,
    db,
    transaction,
    briefly: engine === 'sqlite' ? shareCommits(transaction) : transaction,
    onAppend: appends.listen,
    durable: makeDurable(options.location),
    ping: async () => {
      await db.selectNoFrom((eb) => eb.lit(1).as('one')).execute();
    },
    close: async () => {
      await appends.close();
      await db.destroy();
      if (writer !== db) await writer.destroy();
    },
  };
}

async function connect<Tables>(
  options: StoreOptions,
): Promise<{ writer: Kysely<Tables>; reader: () => Kysely<Tables> }> {
  const { location, name, onQuery } = options;
  const plugins = [new CamelCasePlugin()];
  const log = onQuery ? (event: LogEvent) => onQuery(event.query.sql) : undefined;
  if (location.engine === 'postgres') {
    const pool = new pg.Pool({
      connectionString: location.url,
      options: `-c search_path=${name}`,
      max: 10,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
    });
    // Without a listener an idle connection that breaks would end the process; the next query reports it.
    pool.on('error', () => {});
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins, log });
    return { writer: db, reader: () => db };
  }
  await mkdir(dirname(location.file), { recursive: true });
  const open = (access: 'read' | 'write') =>
    new Kysely<Tables>({
      dialect: sqliteDialect(location.file, access),
      plugins,
      log,
    });
  return { writer: open('write'), reader: () => open('read') };
}
