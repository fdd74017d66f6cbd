import { open } from 'node:fs/promises';
import type { StoreLocation } from './store.ts';

/**
 * Makes what waits for the disk reach it. SQLite's commits are in the write-ahead log when they return, and survive the
 * process; with `synchronous = normal` they reach the disk some time later, and loss of power may take back the last
 * of them. Handing over the log here serves many commits at once and holds up nobody; PostgreSQL does it by itself.
 *
 * SQLite's locks lie on other files: closing one of this process's handles of the log gives up none of them.
 */
export function makeDurable(location: StoreLocation): () => Promise<void> {
  if (location.engine === 'postgres') return async () => {};
  const flush = async (): Promise<void> => {
    const log = await open(`${location.file}-wal`, 'r').catch((error: NodeJS.ErrnoException) => {
      // Without a log all of it is in the database, which is handed over before the log goes away.
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    try {
      await log?.datasync();
    } finally {
      await log?.close();
    }
  };

  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    running = flush().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return begin();
    // What is under way may have begun before the caller's commit.
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}
