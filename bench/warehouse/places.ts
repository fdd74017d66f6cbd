import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openWarehouse, type WarehouseEngine } from '../../subgraphs/analytics/adapters/open.ts';
import type { Warehouse } from '../../subgraphs/analytics/adapters/warehouse.ts';

/** A new, empty warehouse. */
export interface Contender {
  readonly engine: WarehouseEngine;
  readonly warehouse: Warehouse;
  /** What the database does by itself a while after much was written, done now. */
  readonly settle: () => Promise<void>;
  /** Closes the warehouse and removes its place. */
  readonly remove: () => Promise<void>;
}

/** In a file of a new folder. */
export async function onDuckdb(): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const warehouse = await openWarehouse({ engine: 'duckdb', file: join(folder, 'analytics.duckdb') }).catch(
    async (error: unknown) => {
      await removeFolder();
      throw error;
    },
  );
  return {
    engine: 'duckdb',
    warehouse,
    settle: async () => {},
    remove: async () => {
      await warehouse.close();
      await removeFolder();
    },
  };
}

/** In a new database of the server; undefined where nobody answers, which is said. */
export async function onPostgres(serverUrl: string): Promise<Contender | undefined> {
  const name = `tributary_bench_${randomUUID().replaceAll('-', '')}`;
  try {
    await onServer(serverUrl, `create database ${name}`);
  } catch (error) {
    // The URL may hold a password.
    const host = URL.canParse(serverUrl) ? new URL(serverUrl).host : 'an unreadable URL';
    const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : error;
    process.stderr.write(`PostgreSQL at ${host} gives no database, DuckDB is measured alone: ${reason}\n`);
    return undefined;
  }
  const drop = () => onServer(serverUrl, `drop database ${name} with (force)`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const warehouse = await openWarehouse({ engine: 'postgres', url: url.href }).catch(
    async (error: unknown) => {
      await drop();
      throw error;
    },
  );
  return {
    engine: 'postgres',
    warehouse,
    settle: () => onServer(url.href, 'vacuum analyze'),
    remove: async () => {
      await warehouse.close();
      await drop();
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
