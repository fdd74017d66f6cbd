import type pg from 'pg';
import { type FailureReason, failure } from '../failure.ts';
import { openLanes } from '../lanes.ts';
import type { ResultRow, Statement } from '../statement.ts';
import { openSession, type Run, type Session } from './session.ts';

/** Runs statements on the connections of a pool, no more at once than it has, with deadlines and cancels. */
export interface PostgresClient {
  /** Rejects with `STORE_TIMEOUT` or `STORE_BUSY`, and with the signal's reason once it is aborted. */
  readonly read: (statement: Statement, signal?: AbortSignal) => Promise<readonly ResultRow[]>;
  /** One transaction: what the work answers once it is committed, or its error once it is undone. */
  readonly transact: <Result>(work: (run: Run) => Promise<Result>) => Promise<Result>;
  /** Interrupts what runs, refuses what waits, ends the connections. Safe to call twice. */
  readonly close: () => Promise<void>;
}

export interface PostgresBounds {
  readonly readers: number;
  readonly writers: number;
  /** Reads or writes that wait for a connection; one more is refused as busy. */
  readonly maxWaiting: number;
  /** How long a read and a transaction may take, waiting included. */
  readonly readMs: number;
  readonly writeMs: number;
}

/** Connections that a pool needs: cancels have one of their own, since they are due when all others are taken. */
export function connectionsOf({ readers, writers }: PostgresBounds): number {
  return readers + writers + 1;
}

/** @param stagingTables what a connection needs before it writes */
export function openClient(
  pool: pg.Pool,
  bounds: PostgresBounds,
  stagingTables: readonly string[],
): PostgresClient {
  const sessions = (count: number, setup: readonly string[]) =>
    Array.from({ length: count }, () => openSession(pool, setup));
  const reads = openLanes<Session, unknown>(sessions(bounds.readers, []), bounds.maxWaiting);
  const writes = openLanes<Session, unknown>(sessions(bounds.writers, stagingTables), bounds.maxWaiting);
  let lastId = 0;

  const ask = <Result>(
    lanes: typeof reads,
    timeoutMs: number,
    work: (run: Run) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++lastId;
    const answered = new Promise<Result>((resolve, reject) => {
      lanes.add({
        id,
        timeoutMs,
        run: (session) => session.use(work),
        done: (result) => resolve(result as Result),
        failed: (reason: FailureReason, cause: Error) => reject(failure(reason, cause)),
      });
    });
    if (!signal) return answered;
    const cancel = () => lanes.cancel(id);
    signal.addEventListener('abort', cancel, { once: true });
    return answered
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      })
      .finally(() => signal.removeEventListener('abort', cancel));
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    await Promise.all([reads.end(), writes.end()]);
    await pool.end();
  };

  return {
    read: (statement, signal) => ask(reads, bounds.readMs, (run) => run(statement), signal),
    transact: (work) =>
      ask(writes, bounds.writeMs, async (run) => {
        await run({ sql: 'begin' });
        try {
          await run({ sql: `set local statement_timeout = ${bounds.writeMs}` });
          const result = await work(run);
          await run({ sql: 'commit' });
          return result;
        } catch (error) {
          // Where the connection is lost, so is the transaction.
          await run({ sql: 'rollback' }).catch(() => {});
          throw error;
        }
      }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
