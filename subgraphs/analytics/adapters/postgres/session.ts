import type pg from 'pg';
import type { Interruptible } from '../lanes.ts';
import type { ResultRow } from '../statement.ts';
import { type PostgresStatement, positional } from './positional.ts';

/** One statement on the connection at hand. */
export type Run = (statement: PostgresStatement) => Promise<readonly ResultRow[]>;

/** One place among the connections of a pool: one piece of work at a time, which can be interrupted. */
export interface Session extends Interruptible {
  /** Takes a connection for as long as the work lasts. Rejects once it is interrupted, when its statement has ended. */
  readonly use: <Result>(work: (run: Run) => Promise<Result>) => Promise<Result>;
}

/**
 * A server that does not end a statement in this time, or cannot be told to, is given up: its connection is cut, and
 * what still runs there ends by the time-out that the statement began with.
 */
const cancelWithinMs = 2_000;

/** @param setup run once on each connection before its first work, outside of any transaction */
export function openSession(pool: pg.Pool, setup: readonly string[]): Session {
  const ready = new WeakSet<pg.PoolClient>();
  const prepare = async (client: pg.PoolClient) => {
    if (ready.has(client)) return;
    for (const sql of setup) await client.query(sql);
    ready.add(client);
  };
  let current: Use | undefined;
  return {
    interrupt: () => current?.interrupt(),
    use: async (work) => {
      const use = beginUse(pool, prepare);
      current = use;
      try {
        return await Promise.race([use.connected.then(() => work(use.run)), use.stopped]);
      } finally {
        current = undefined;
        await use.end();
      }
    },
  };
}

interface Use {
  readonly connected: Promise<void>;
  /** Rejects when the work is over though it has not ended. */
  readonly stopped: Promise<never>;
  readonly run: Run;
  readonly interrupt: () => void;
  readonly end: () => Promise<void>;
}

function beginUse(pool: pg.Pool, prepare: (client: pg.PoolClient) => Promise<void>): Use {
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  let client: pg.PoolClient | undefined;
  let pid: number | undefined;
  let isOver = false;
  let inFlight = 0;
  let interruptedAt: number | undefined;
  let cancelling: Promise<void> | undefined;
  stopped.catch(() => {});

  const release = (destroy: boolean) => {
    const held = client;
    client = undefined;
    held?.off('error', stop);
    // What comes of a connection that is being cut concerns nobody.
    if (destroy) held?.on('error', () => {});
    held?.release(destroy);
  };
  const connect = async () => {
    const taken = await pool.connect();
    client = taken;
    if (isOver) return release(false);
    // Between two statements nothing else would hear that the connection is lost, and the process would end of it.
    taken.on('error', stop);
    inFlight += 1;
    try {
      pid = await pidOf(taken);
      await prepare(taken);
    } finally {
      inFlight -= 1;
    }
    if (interruptedAt !== undefined) throw new Error('It was interrupted.');
  };
  const connected = connect();
  connected.catch(() => {});

  return {
    connected,
    stopped,
    run: async (statement) => {
      // Work that goes on after it was given up must not write outside of its transaction.
      if (!client || isOver) throw new Error('The connection is no longer held.');
      inFlight += 1;
      try {
        return (await client.query<ResultRow>(positional(statement))).rows;
      } finally {
        inFlight -= 1;
      }
    },
    interrupt: () => {
      interruptedAt ??= performance.now();
      if (inFlight === 0) return stop(new Error('It was interrupted.'));
      if (performance.now() - interruptedAt > cancelWithinMs) {
        stop(new Error('The server did not end the statement; its connection was cut.'));
        return release(true);
      }
      if (pid === undefined) return;
      cancelling ??= cancel(pool, pid).finally(() => {
        cancelling = undefined;
      });
    },
    end: async () => {
      isOver = true;
      if (interruptedAt === undefined) return release(false);
      if (client) {
        await cancelling;
        // The error of a statement comes before it has let go of its locks; what is answered next comes behind that.
        await client.query(bounded('rollback')).catch(() => {});
      }
      // A cancel may arrive late and would end the next statement, so that the connection has none.
      release(true);
    },
  };
}

const pids = new WeakMap<pg.PoolClient, number>();

/** The server's name for the connection, asked for once. */
async function pidOf(client: pg.PoolClient): Promise<number> {
  const known = pids.get(client);
  if (known !== undefined) return known;
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid');
  const { pid } = rows[0] as { readonly pid: number };
  pids.set(client, pid);
  return pid;
}

/** From a second connection, as PostgreSQL wants it. A failure is not told: the statement's own end is what counts. */
async function cancel(pool: pg.Pool, pid: number): Promise<void> {
  await pool.query(bounded('select pg_cancel_backend($1)', [pid])).catch(() => {});
}

/** A statement that is no longer waited for when a cancel would have come through; the driver's types leave this out. */
function bounded(text: string, values: unknown[] = []): pg.QueryConfig {
  return { text, values, query_timeout: cancelWithinMs } as pg.QueryConfig;
}
