import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrate } from '#chassis/store/migrate.ts';
import { connectionsOf, openClient, type PostgresBounds } from './postgres/client.ts';
import { migrations, stagingTables } from './postgres/migrations.ts';
import { postgresQueries } from './postgres/queries.ts';
import { postgresWrites } from './postgres/writes.ts';
import { readsOf } from './reads.ts';
import type { Statement } from './statement.ts';
import type { Warehouse, WarehouseOptions } from './warehouse.ts';

export interface PostgresOptions extends WarehouseOptions {
  /** `postgres://…`; the role may create a schema and temporary tables. */
  readonly url: string;
}

const schema = 'analytics_warehouse';

/** A process takes seven connections at most, one of them for cancels: a server has a hundred for everybody. */
const readers = 4;
const writers = 2;

/** Reads that wait beyond these are refused: a page of accounts asks for a handful. */
const maxWaiting = 256;

const readTimeoutMs = 5_000;

/** The first watermark of ten million touches takes minutes. */
const writeTimeoutMs = 15 * 60_000;

/** A server that is not there fails a read before its deadline. */
const connectTimeoutMs = 3_000;

/** A statement whose process was killed, so that nobody cancels it, ends by itself so long after its deadline. */
const unattendedMs = 5_000;

/** `merge`, and keys in which a null is a value. */
const oldestVersion = 150_000;

/** Opens the warehouse in a schema of a PostgreSQL database, made or brought up to date first. */
export async function openPostgres(options: PostgresOptions): Promise<Warehouse> {
  const bounds: PostgresBounds = {
    readers,
    writers,
    maxWaiting: options.maxWaiting ?? maxWaiting,
    readMs: options.readTimeoutMs ?? readTimeoutMs,
    writeMs: writeTimeoutMs,
  };
  try {
    await prepare(options.url);
  } catch (error) {
    throw explained(error, options.url);
  }
  const pool = new pg.Pool({
    connectionString: options.url,
    options: `-c search_path=${schema} -c client_min_messages=warning`,
    max: connectionsOf(bounds),
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: bounds.readMs + unattendedMs,
  });
  // Without a listener an idle connection that breaks would end the process; the next query reports it.
  pool.on('error', () => {});
  const client = openClient(pool, bounds, stagingTables);
  const read = (statement: Statement, signal?: AbortSignal) => {
    options.onQuery?.(statement.sql);
    return client.read(statement, signal);
  };
  return {
    ...readsOf(read, postgresQueries),
    ...postgresWrites(client),
    ping: async () => {
      await client.read({ sql: 'select 1 as one' });
    },
    close: client.close,
  };
}

/** On connections of its own, without the deadlines of reads: an index of a large table takes its time. */
async function prepare(url: string): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c search_path=${schema}`,
    max: 2,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  pool.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { rows } = await pool.query<{ readonly version: number; readonly name: string }>(
      `select current_setting('server_version_num')::integer as version, current_setting('server_version') as name`,
    );
    const [server] = rows;
    if (server && server.version < oldestVersion) {
      throw new Error(`it is PostgreSQL ${server.name}, and the warehouse needs 15 or later.`);
    }
    await migrate(db, 'postgres', { name: schema, migrations });
  } finally {
    await db.destroy();
  }
}

/** Names the place without the password that its URL may hold. */
function explained(error: unknown, url: string): Error {
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: 'an unreadable URL', pathname: '' };
  const text =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : error;
  return new Error(`The warehouse at ${host}${pathname} cannot be opened: ${text}`, { cause: error });
}
