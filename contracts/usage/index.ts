import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { type Housekeeping, keepHouse } from '#chassis/store/housekeeping.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import type { KnownOperation } from '#contracts/publish/known-operations.ts';
import type { UsageBatch, UsageSink } from '#gateway/usage/types.ts';
import { type CoordinateUse, mostUsed, recordedSince, seenOperations, useOf } from './questions.ts';
import { migrations, type UsageTables } from './tables.ts';
import { forgetBefore, writeBatch } from './write.ts';

export type { CoordinateUse } from './questions.ts';

/** Which operations clients of all gateways that share a store have sent. `days` are today, in UTC, and those before. */
export interface Usage extends UsageSink {
  /** What clients send, for whoever weighs a change against it. */
  readonly readSeenOperations: (period: { readonly days: number }) => Promise<readonly KnownOperation[]>;
  /** Who uses a field, an argument, an input field, an enum value or a type, most first. */
  readonly usageOf: (
    coordinate: string,
    period: { readonly days: number },
  ) => Promise<readonly CoordinateUse[]>;
  /** When the first request was recorded that is still kept, RFC 3339; undefined where there is none. */
  readonly recordedSince: () => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

export interface UsageOptions {
  readonly log: Logger;
  /** Counts of days before these are forgotten; without it nothing is. */
  readonly keepDays?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const dayMs = 86_400_000;
/** Operations that are known to be written with their last day. */
const mostKnown = 20_000;

/**
 * Opens the store of usage. Where it cannot be reached that is in the log, and it is tried again whenever it is asked:
 * a gateway answers without it.
 */
export async function openUsage(location: StoreLocation, options: UsageOptions): Promise<Usage> {
  const { log, keepDays, now = Date.now } = options;
  const known = new LRUCache<string, string>({ max: mostKnown });
  let opening: Promise<Store<UsageTables>> | undefined;
  let house: Housekeeping | undefined;

  const store = (): Promise<Store<UsageTables>> => {
    opening ??= openStore<UsageTables>({ name: 'usage', location, migrations }).then(
      (opened) => {
        if (keepDays !== undefined)
          house = keepHouse(opened, { name: 'usage', log, chores: { usage: forget } });
        return opened;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  const firstDay = (days: number, time = now()) =>
    new Date(time - (days - 1) * dayMs).toISOString().slice(0, 10);
  const forget: Parameters<typeof keepHouse<UsageTables>>[1]['chores'][string] = (trx, date, limit) =>
    forgetBefore(trx, firstDay(keepDays ?? 0, date.getTime()), limit);

  await store().catch((err: unknown) => {
    log.error({ err }, 'the store of usage cannot be opened; it is tried again');
  });
  return {
    write: async (batch) => {
      const { transaction } = await store();
      const lastDays = lastDaysOf(batch);
      const fresh = batch.operations
        .map((operation) => ({ ...operation, lastDay: lastDays.get(operation.hash) ?? '' }))
        .filter(({ hash, lastDay }) => lastDay > (known.get(hash) ?? ''));
      await transaction((trx) => writeBatch(trx, fresh, batch.counts));
      for (const { hash, lastDay } of fresh) known.set(hash, lastDay);
    },
    mostUsed: async ({ days, ...question }) =>
      mostUsed((await store()).db, { ...question, day: firstDay(days) }),
    readSeenOperations: async ({ days }) => seenOperations((await store()).db, { day: firstDay(days) }),
    usageOf: async (coordinate, { days }) => useOf((await store()).db, coordinate, { day: firstDay(days) }),
    recordedSince: async () => recordedSince((await store()).db),
    close: async () => {
      await house?.stop();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** The last day that each operation was sent on. */
function lastDaysOf({ counts }: UsageBatch): ReadonlyMap<string, string> {
  const days = new Map<string, string>();
  for (const { hash, day } of counts) {
    if (day > (days.get(hash) ?? '')) days.set(hash, day);
  }
  return days;
}
