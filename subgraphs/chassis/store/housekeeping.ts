import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import { forgetEvents, type InboxTables } from '#events/inbox.ts';
import type { Store } from './store.ts';

export interface Housekeeping {
  /** Ends after the step at hand. */
  readonly stop: () => Promise<void>;
}

/** Forgets up to `limit` rows that are old enough, and answers how many they were. */
export type Chore<Tables> = (trx: Transaction<Tables>, now: Date, limit: number) => Promise<number>;

export interface HousekeepingOptions<Tables> {
  /** Of the store, for the log. */
  readonly name: string;
  readonly log: Logger;
  readonly chores: Readonly<Record<string, Chore<Tables>>>;
  readonly everyMs?: number;
}

/** Rows per transaction, so that no writer waits long, and the pause between two for the others. */
const stepRows = 1_000;
const betweenMs = 50;
/** For clocks that differ, and for what lay on the bus when its retention was shortened. */
const marginMs = 24 * 3_600_000;

/**
 * Forgets events that were handled so long ago that the bus cannot have them any more.
 * @param busRetentionMs how long the bus keeps events at most
 */
export function forgetHandled<Tables extends InboxTables>(busRetentionMs: number): Chore<Tables> {
  return (trx, now, limit) =>
    forgetEvents(trx, new Date(now.getTime() - busRetentionMs - marginMs).toISOString(), limit);
}

/** Does the chores of a store at once, and then every hour. */
export function keepHouse<Tables>(
  store: Pick<Store<Tables>, 'transaction'>,
  { name, log, chores, everyMs = 3_600_000 }: HousekeepingOptions<Tables>,
): Housekeeping {
  const stopping = new AbortController();
  const { signal } = stopping;
  const finish = async (chore: Chore<Tables>, now: Date): Promise<number> => {
    let forgotten = 0;
    for (let last = stepRows; last === stepRows && !signal.aborted; ) {
      last = await store.transaction((trx) => chore(trx, now, stepRows));
      forgotten += last;
      if (last === stepRows) await pause(betweenMs, signal);
    }
    return forgotten;
  };
  const round = async () => {
    const now = new Date();
    const forgotten: Record<string, number> = {};
    for (const [what, chore] of Object.entries(chores)) forgotten[what] = await finish(chore, now);
    if (Object.values(forgotten).some((rows) => rows > 0))
      log.info({ store: name, forgotten }, 'old rows were forgotten');
  };
  const run = async () => {
    while (!signal.aborted) {
      await round().catch((err: unknown) =>
        log.warn({ err, store: name }, 'housekeeping failed; it comes again'),
      );
      await pause(everyMs, signal);
    }
  };

  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
