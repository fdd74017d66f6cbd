import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreLocation } from './store.ts';

/**
 * Runs a transaction when it is its turn. It says when it has begun: one that could not begin is tried again, since
 * nothing was done.
 */
export type InTurn = <Result>(transact: (begun: () => void) => Promise<Result>) => Promise<Result>;

/** As long as a statement may take on PostgreSQL. */
const patienceMs = 30_000;
/** Short beside a transaction: SQLite has no queue, and who looks seldom finds others before it each time. */
const longestPauseMs = 10;

/** The last transaction of this process on each file, which the next one waits for. */
const last = new Map<string, Promise<void>>();

/**
 * Lets the transactions of all stores on one file go one after another, since SQLite has one writer. Those of this
 * process are a queue; for those of other processes it is asked again and again whether they are over. SQLite's own
 * way of waiting holds up the whole process, and so for ever the transaction that is waited for where it is one of the
 * same process.
 *
 * A transaction rejects as locked when another process does not end its own.
 */
export function writeTurns(location: StoreLocation, waitMs = patienceMs): InTurn {
  if (location.engine === 'postgres') return (transact) => transact(() => {});
  const file = resolve(location.file);
  return async (transact) => {
    const before = last.get(file);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    last.set(file, over);
    await before;
    try {
      return await onceFree(transact, waitMs);
    } finally {
      end();
      if (last.get(file) === over) last.delete(file);
    }
  };
}

/** Tries again what found the file locked before it had begun. */
export async function onceFree<Result>(
  attempt: (begun: () => void) => Promise<Result>,
  waitMs = patienceMs,
): Promise<Result> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    let hasBegun = false;
    try {
      return await attempt(() => {
        hasBegun = true;
      });
    } catch (error) {
      if (hasBegun || !isLocked(error) || performance.now() >= deadline) throw error;
      await sleep(Math.random() * longestPauseMs);
    }
  }
}

/** SQLITE_BUSY, whose higher bits say why. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
