import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import { forgetEvents, type InboxTables } from '#events/inbox.ts';
import { forgetKeys, type IdempotencyTables } from './idempotency.ts';
import type { Store } from './store.ts';

export interface Housekeeping {
  /** Ends after the step at hand. */
  readonly stop: () => Promise<void>;
}

export interface HousekeepingOptions {
  /** Of the store, for the log. */
  readonly name: string;
  readonly log: Logger;
  /** How long the bus keeps events at most (ms): for so long, and a margin, the inbox must know what was handled. */
  readonly busRetentionMs: number;
  readonly everyMs?: number;
}

/** Rows per transaction, so that no writer waits long, and the pause between two for the others. */
const stepRows = 1_000;
const betweenMs = 50;
/** For clocks that differ, and for what lay on the bus when its retention was shortened. */
const marginMs = 24 * 3_600_000;

/** Forgets idempotency keys and handled events of a store that are old enough: at once, and then every hour. */
export function keepHouse<Tables extends IdempotencyTables & InboxTables>(
  store: Store<Tables>,
  { name, log, busRetentionMs, everyMs = 3_600_000 }: HousekeepingOptions,
): Housekeeping {
  const stopping = new AbortController();
  const { signal } = stopping;
  const step = async (forget: (trx: Transaction<Tables>) => Promise<number>): Promise<number> => {
    let forgotten = 0;
    for (let last = stepRows; last === stepRows && !signal.aborted; ) {
      last = await store.transaction(forget);
      forgotten += last;
      if (last === stepRows) await pause(betweenMs, signal);
    }
    return forgotten;
  };
  const round = async () => {
    const now = new Date();
    const handledBefore = new Date(now.getTime() - busRetentionMs - marginMs).toISOString();
    const keys = await step((trx) => forgetKeys(trx, now, stepRows));
    const events = await step((trx) => forgetEvents(trx, handledBefore, stepRows));
    if (keys + events > 0) log.info({ store: name, keys, events }, 'old keys and inbox rows were forgotten');
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
