import { parentPort, workerData } from 'node:worker_threads';
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { Columns } from '../fact-columns.ts';
import type { FailureReason } from '../failure.ts';
import { openLanes } from '../lanes.ts';
import type { ResultRow, Statement, Value } from '../statement.ts';
import type { Answer, Request, WorkerSettings } from './protocol.ts';

/** DuckDB's own vector size. */
const chunkRows = 2_048;

/** Staging a batch takes milliseconds; only a broken disk takes longer. */
const stageTimeoutMs = 60_000;

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread.');
const settings = workerData as WorkerSettings;
const say = (answer: Answer) => port.postMessage(answer);

try {
  const instance = await open();
  await serve(instance).catch((error: unknown) => {
    instance.closeSync();
    throw error;
  });
} catch (error) {
  say({ kind: 'unopened', message: error instanceof Error ? error.message : String(error) });
}

function open(): Promise<DuckDBInstance> {
  return DuckDBInstance.create(settings.file, {
    memory_limit: settings.memoryLimit,
    threads: String(settings.threads),
    // A query never makes the process load code from the network.
    autoinstall_known_extensions: 'false',
  });
}

async function serve(instance: DuckDBInstance): Promise<void> {
  const writer = await instance.connect();
  for (const sql of settings.setup) await writer.run(sql);
  const readers: DuckDBConnection[] = [];
  for (let n = 0; n < settings.readers; n += 1) readers.push(await instance.connect());

  const reads = openLanes<DuckDBConnection, readonly ResultRow[]>(readers, settings.maxWaiting);
  const writes = openLanes<DuckDBConnection, readonly ResultRow[]>([writer], settings.maxWaiting);

  port?.on('message', (request: Request) => {
    switch (request.kind) {
      case 'read':
        return reads.add(job(request, (connection) => run(connection, request.statement)));
      case 'write':
        return writes.add({
          ...job(request, (connection) => transact(connection, request.statements)),
          recover: rollback,
        });
      case 'stage':
        return writes.add(
          job({ id: request.id, timeoutMs: stageTimeoutMs }, (connection) =>
            stage(connection, request.table, request.columns),
          ),
        );
      case 'cancel':
        return void (reads.cancel(request.id) || writes.cancel(request.id));
      case 'close':
        return void Promise.all([reads.end(), writes.end()]).then(() => {
          for (const connection of [...readers, writer]) connection.closeSync();
          instance.closeSync();
          port?.close();
        });
    }
  });
  say({ kind: 'opened' });
}

function job(
  { id, timeoutMs }: { readonly id: number; readonly timeoutMs: number },
  work: (connection: DuckDBConnection) => Promise<readonly ResultRow[]>,
) {
  return {
    id,
    timeoutMs,
    run: work,
    done: (rows: readonly ResultRow[]) => say({ kind: 'rows', id, rows }),
    failed: (reason: FailureReason, { message }: Error) => say({ kind: 'failed', id, reason, message }),
  };
}

async function run(connection: DuckDBConnection, { sql, values }: Statement): Promise<readonly ResultRow[]> {
  const bound = Object.entries(values ?? {}).map(([name, value]) => ({ name, ...bind(value) }));
  const result = await connection.run(
    sql,
    Object.fromEntries(bound.map(({ name, value }) => [name, value])),
    Object.fromEntries(bound.map(({ name, type }) => [name, type])),
  );
  return (await result.getRowObjects()) as ResultRow[];
}

function bind(value: Value): { readonly value: DuckDBValue; readonly type: DuckDBType } {
  if (typeof value === 'number') return { value: BigInt(value), type: BIGINT };
  if (value === null || typeof value === 'string') return { value, type: VARCHAR };
  return { value: listValue(value), type: LIST(VARCHAR) };
}

async function transact(
  connection: DuckDBConnection,
  statements: readonly Statement[],
): Promise<readonly ResultRow[]> {
  await connection.run('begin');
  let rows: readonly ResultRow[] = [];
  for (const statement of statements) rows = await run(connection, statement);
  await connection.run('commit');
  return rows;
}

/** Where beginning or committing failed there is no transaction left, and nothing to roll back. */
async function rollback(connection: DuckDBConnection): Promise<void> {
  await connection.run('rollback').catch(() => {});
}

async function stage(
  connection: DuckDBConnection,
  table: string,
  columns: Columns,
): Promise<readonly ResultRow[]> {
  const appender = await connection.createAppender(table);
  const types = columns.map(({ type }) => (type === 'text' ? VARCHAR : DOUBLE));
  const total = columns[0]?.values.length ?? 0;
  try {
    for (let start = 0; start < total; start += chunkRows) {
      const end = Math.min(start + chunkRows, total);
      const chunk = DuckDBDataChunk.create(types, end - start);
      chunk.setColumns(columns.map(({ values }) => values.slice(start, end)));
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
  return [];
}
