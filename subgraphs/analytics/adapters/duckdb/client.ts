import { Worker } from 'node:worker_threads';
import type { Columns } from '../fact-columns.ts';
import { failure } from '../failure.ts';
import type { ResultRow, Statement } from '../statement.ts';
import type { Answer, Request, WorkerSettings } from './protocol.ts';

/** The main thread's side of the worker that owns the file. */
export interface DuckdbClient {
  /** Rejects with `STORE_TIMEOUT` or `STORE_BUSY`, and with the signal's reason once it is aborted. */
  readonly read: (statement: Statement, signal?: AbortSignal) => Promise<readonly ResultRow[]>;
  /** One transaction; answers the rows of its last statement. */
  readonly write: (statements: readonly Statement[]) => Promise<readonly ResultRow[]>;
  /** Appends rows to a staging table. */
  readonly stage: (table: string, columns: Columns) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface DuckdbTimeouts {
  readonly readMs: number;
  readonly writeMs: number;
}

/** A worker that does not end by itself in this time, once everything was interrupted, is ended. */
const closeWithinMs = 10_000;

interface Pending {
  readonly resolve: (rows: readonly ResultRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Omits from each request what this file fills in. */
type Asked = DistributiveOmit<Extract<Request, { readonly id: number }>, 'id'>;
type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Starts the worker; rejects with the worker's own words where it cannot open the file. */
export async function startDuckdb(settings: WorkerSettings, timeouts: DuckdbTimeouts): Promise<DuckdbClient> {
  // Flags of the process are about its own entry; some of them no worker file could start with.
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: settings, execArgv: [] });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let over: Error | undefined;

  const end = (error: Error) => {
    over ??= error;
    for (const { reject } of pending.values()) reject(over);
    pending.clear();
  };

  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (answer: Answer) => {
      if (answer.kind === 'opened') resolve();
      else reject(new Error(answer.kind === 'unopened' ? answer.message : 'The worker spoke out of turn.'));
    });
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });

  worker.on('error', (error) => end(new Error('The warehouse thread broke.', { cause: error })));
  worker.once('exit', () => end(new Error('The warehouse thread has ended.')));
  worker.on('message', (answer: Answer) => {
    if (answer.kind !== 'rows' && answer.kind !== 'failed') return;
    const waiting = pending.get(answer.id);
    pending.delete(answer.id);
    if (answer.kind === 'rows') waiting?.resolve(answer.rows);
    else waiting?.reject(failure(answer.reason, new Error(answer.message)));
  });

  const ask = (asked: Asked, signal?: AbortSignal): Promise<readonly ResultRow[]> => {
    if (over) return Promise.reject(over);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++lastId;
    const answered = new Promise<readonly ResultRow[]>((resolve, reject) => {
      pending.set(id, { resolve, reject });
      worker.postMessage({ ...asked, id });
    });
    if (!signal) return answered;
    const cancel = () => worker.postMessage({ kind: 'cancel', id } satisfies Request);
    signal.addEventListener('abort', cancel, { once: true });
    return answered
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      })
      .finally(() => signal.removeEventListener('abort', cancel));
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    worker.postMessage({ kind: 'close' } satisfies Request);
    const overdue = setTimeout(() => void worker.terminate(), closeWithinMs);
    await exited;
    clearTimeout(overdue);
  };

  return {
    read: (statement, signal) => ask({ kind: 'read', statement, timeoutMs: timeouts.readMs }, signal),
    write: (statements) => ask({ kind: 'write', statements, timeoutMs: timeouts.writeMs }),
    stage: async (table, columns) => {
      await ask({ kind: 'stage', table, columns });
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
