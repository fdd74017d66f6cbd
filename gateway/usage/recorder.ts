import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Counter, createCounters } from './counters.ts';
import { type UsageLimits, usageLimitsWithDefaults } from './options.ts';
import { createReadings } from './readings.ts';
import type { RecordUsage, UsageBatch, UsageCount, UsageSink, UsedOperation } from './types.ts';

/** Counts what clients send, and brings it to a sink every few seconds. */
export interface UsageRecorder {
  readonly record: RecordUsage;
  /** Brings what was counted before the call to the sink; never rejects. What the sink does not take is kept. */
  readonly flush: () => Promise<void>;
  /** Flushes for the last time, whatever it costs, and waits for that at most `closeMs`. */
  readonly close: () => Promise<void>;
}

export interface UsageRecorderOptions {
  readonly sink: Pick<UsageSink, 'write'>;
  readonly log: Logger;
  readonly limits?: Partial<UsageLimits>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to 1, without 1. */
  readonly random?: () => number;
}

/** Counts of one batch, so that no transaction of a sink lasts long. */
const batchSize = 500;

/**
 * Starts to record. Only counting happens while a request is answered; the operations are read, their texts normalised
 * and everything written at the flush. What was not flushed is lost in a crash, and nothing otherwise but what the log
 * tells.
 */
export function startUsageRecorder({ sink, log, ...options }: UsageRecorderOptions): UsageRecorder {
  const limits = usageLimitsWithDefaults(options.limits);
  const counters = createCounters(limits, options.now, options.random);
  const read = createReadings(limits);
  const unwritten = new Map<string, Unwritten>();
  let missed = 0;
  let isFailing = false;
  let flushing: Promise<void> | undefined;

  async function gather(budgetMs: number): Promise<void> {
    const result = await read(counters.take(), budgetMs);
    counters.putBack(result.left);
    missed += counters.takeMissed() + result.missed;
    for (const { counter, operation } of result.known) {
      const count = countOf(counter, operation.hash);
      const key = keyOf(count);
      const before = unwritten.get(key);
      if (before === undefined && unwritten.size >= limits.counters) missed += count.requests;
      else unwritten.set(key, { operation, count: before ? sumOf(before.count, count) : count });
    }
  }

  async function write(): Promise<void> {
    while (unwritten.size > 0) {
      const entries = [...unwritten].slice(0, batchSize);
      await sink.write(batchOf(entries.map(([, entry]) => entry)));
      for (const [key] of entries) unwritten.delete(key);
    }
  }

  async function flushOnce(budgetMs: number): Promise<void> {
    await gather(budgetMs);
    try {
      await write();
      if (isFailing) log.info('usage is written again');
      isFailing = false;
    } catch (err) {
      if (!isFailing) log.error({ err }, 'usage cannot be written; it is kept and tried again');
      isFailing = true;
    }
    if (missed > 0) {
      log.warn({ requests: missed }, 'requests were left out of usage: too many different ones at once');
      missed = 0;
    }
  }

  /* One after another: an entry must be written once. */
  async function flush(budgetMs: number): Promise<void> {
    while (flushing !== undefined) await flushing;
    flushing = flushOnce(budgetMs).finally(() => {
      flushing = undefined;
    });
    await flushing;
  }

  const budgetMs = limits.flushMs * limits.readingShare;
  const timer = setInterval(() => {
    if (flushing === undefined) void flush(budgetMs);
  }, limits.flushMs).unref();
  return {
    record: counters.count,
    flush: () => flush(budgetMs),
    close: async () => {
      clearInterval(timer);
      const patience = new AbortController();
      const late = setTimeout(limits.closeMs, 'late', { signal: patience.signal }).catch(() => 'late');
      const end = await Promise.race([flush(Number.POSITIVE_INFINITY), late]);
      patience.abort();
      if (end === 'late' || unwritten.size > 0) {
        const requests = [...unwritten.values()].reduce((sum, { count }) => sum + count.requests, 0);
        log.error({ requests }, 'usage of the last seconds is lost: it could not be written in time');
      }
    },
  };
}

interface Unwritten {
  readonly operation: UsedOperation;
  readonly count: UsageCount;
}

function countOf(
  { operation: _, schema: __, firstAt, lastAt, ...counter }: Counter,
  hash: string,
): UsageCount {
  return {
    ...counter,
    hash,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
  };
}

function keyOf({ tenant, client, clientVersion, hash, day }: UsageCount): string {
  return JSON.stringify([tenant, client, clientVersion, hash, day]);
}

function sumOf(before: UsageCount, after: UsageCount): UsageCount {
  return {
    ...before,
    requests: before.requests + after.requests,
    errors: before.errors + after.errors,
    firstAt: before.firstAt < after.firstAt ? before.firstAt : after.firstAt,
    lastAt: before.lastAt > after.lastAt ? before.lastAt : after.lastAt,
  };
}

function batchOf(entries: readonly Unwritten[]): UsageBatch {
  const operations = new Map(entries.map(({ operation }) => [operation.hash, operation]));
  return { operations: [...operations.values()], counts: entries.map(({ count }) => count) };
}
