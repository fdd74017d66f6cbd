import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Engine, StoreLocation } from '#chassis/store/store.ts';

/** The server that tests on PostgreSQL use; each takes a database of its own there. */
const serverUrl = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** A place for one store, and what removes it again. */
export interface TemporaryStore {
  readonly location: StoreLocation;
  readonly remove: () => Promise<void>;
}

/** A new, empty store on the engine. */
export async function temporaryStore(engine: Engine): Promise<TemporaryStore> {
  if (engine === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    return {
      location: { engine, file: join(folder, 'store.sqlite') },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const name = `tributary_${randomUUID().replaceAll('-', '')}`;
  await onServer((client) => client.query(`create database ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    location: { engine, url: url.href },
    remove: () => onServer((client) => client.query(`drop database ${name} with (force)`)),
  };
}

/**
 * The engines that a store suite runs on. A machine without PostgreSQL runs it on SQLite and reports the
 * rest as skipped; CI has the server, and there its absence is a failure.
 */
export const engines: readonly { readonly engine: Engine; readonly missing: boolean }[] = [
  { engine: 'sqlite', missing: false },
  { engine: 'postgres', missing: await postgresIsMissing() },
];

async function postgresIsMissing(): Promise<boolean> {
  try {
    await onServer((client) => client.query('select 1'));
    return false;
  } catch (error) {
    if (process.env.CI) throw new Error(`No PostgreSQL at ${serverUrl}, and CI needs one.`, { cause: error });
    console.warn(`No PostgreSQL at ${serverUrl}: its half of the store suite is skipped.`);
    return true;
  }
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
