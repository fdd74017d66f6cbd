import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type DuckdbClient, startDuckdb } from './duckdb/client.ts';
import { duckdbQueries } from './duckdb/queries.ts';
import { stagingTables, tables } from './duckdb/tables.ts';
import { duckdbWrites } from './duckdb/writes.ts';
import { readsOf } from './reads.ts';
import type { Statement } from './statement.ts';
import type { Warehouse, WarehouseOptions } from './warehouse.ts';

export interface DuckdbOptions extends WarehouseOptions {
  readonly file: string;
}

/**
 * Statements run on the four threads that the whole process shares for files, names and compression. Two
 * readers and the writer leave one free; a statement itself uses every core, so that more would not be faster.
 */
const readers = 2;

/** Reads that wait beyond these are refused: a page of accounts asks for a handful. */
const maxWaiting = 256;

/** Most of the memory of the process is the gateway's; what needs more goes through a folder beside the file. */
const memoryLimit = '1GB';

const readTimeoutMs = 5_000;

/** The first watermark of ten million touches takes half a minute. */
const writeTimeoutMs = 15 * 60_000;

/** DuckDB lets one process open a file, but would not notice the same process doing it twice. */
const openFiles = new Set<string>();

/**
 * Opens the warehouse in a DuckDB file, made where it is missing, owned by a thread of its own. Rejects with
 * one line where another process holds the file.
 */
export async function openDuckdb(options: DuckdbOptions): Promise<Warehouse> {
  const file = resolve(options.file);
  if (openFiles.has(file)) throw new Error(`The warehouse file ${file} is open in this process already.`);
  openFiles.add(file);
  try {
    await mkdir(dirname(file), { recursive: true });
    const client = await startDuckdb(
      {
        file,
        readers,
        maxWaiting: options.maxWaiting ?? maxWaiting,
        memoryLimit,
        threads: availableParallelism(),
        setup: [...tables, ...stagingTables],
      },
      { readMs: options.readTimeoutMs ?? readTimeoutMs, writeMs: writeTimeoutMs },
    );
    return warehouseOn(client, file, options.onQuery);
  } catch (error) {
    openFiles.delete(file);
    throw explained(error, file);
  }
}

function warehouseOn(
  client: DuckdbClient,
  file: string,
  onQuery: ((sql: string) => void) | undefined,
): Warehouse {
  const read = (statement: Statement, signal?: AbortSignal) => {
    onQuery?.(statement.sql);
    return client.read(statement, signal);
  };
  return {
    ...readsOf(read, duckdbQueries),
    ...duckdbWrites(client),
    ping: async () => {
      await client.read({ sql: 'select 1 as one' });
    },
    close: async () => {
      await client.close();
      openFiles.delete(file);
    },
  };
}

function explained(error: unknown, file: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (!/could not set lock/i.test(text))
    return new Error(`The warehouse file ${file} cannot be opened: ${text}`, { cause: error });
  const holder = /PID (\d+)/.exec(text)?.[1];
  return new Error(
    `The warehouse file ${file} is held by another Tributary process${holder ? ` (${holder})` : ''}; end it, or write through it.`,
    { cause: error },
  );
}
