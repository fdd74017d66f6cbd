import { LRUCache } from 'lru-cache';
import type { Delivered } from './bus/port.ts';
import { type Consumer, defaultRetry, type RetryPolicy } from './consumer.ts';
import { type Failure, writeDeadLetter } from './dead-letter.ts';
import { effectsInStore, effectsOutside, type Mode } from './effects.ts';
import type { EventEnvelope } from './envelope.ts';
import type { EventLog, EventStore } from './event-store.ts';
import { claimEvents, type InboxTables } from './inbox.ts';
import type { EventObserver } from './observer.ts';
import { keyedQueue } from './waiting.ts';

/** Brings events to one consumer, from wherever they come: the bus, a replay, the dead letters. */
export interface Handling {
  /**
   * Handles events of one tenant and key in order, as the bus delivers them; one that has failed often enough is
   * parked and counts as done.
   */
  readonly take: (events: readonly EventEnvelope[], mode: Mode, signal: AbortSignal) => Promise<Delivered>;
  /** Handles one event now, answers whether it was its turn by the mode, and rejects with what its handler threw. */
  readonly once: (event: EventEnvelope, mode: Mode, signal: AbortSignal) => Promise<boolean>;
}

export interface HandlingOptions<Tables extends InboxTables> {
  readonly store: EventStore<Tables>;
  readonly log: EventLog;
  readonly observer?: EventObserver;
}

/** An event that failed, and how many of its failures count towards being parked. */
interface Failing extends Failure {
  readonly counted: number;
}

/** Keys that fail at the same time and are remembered with their attempts; the others begin to count anew. */
const maxFailing = 10_000;

export function makeHandling<Tables extends InboxTables>(
  consumer: Consumer<Tables>,
  { store, log, observer }: HandlingOptions<Tables>,
): Handling {
  const { name, retry = defaultRetry } = consumer;
  const failures = new LRUCache<string, Failing>({ max: maxFailing });
  const inTurn = keyedQueue();
  const handle =
    consumer.effects === 'store' ? effectsInStore(consumer, store) : effectsOutside(consumer, store);

  const together = async (
    events: readonly EventEnvelope[],
    mode: Mode,
    signal: AbortSignal,
  ): Promise<number> => {
    const started = performance.now();
    const handled = await handle(events, mode, signal);
    await store.durable();
    if (handled > 0) observer?.handled?.(name, handled, performance.now() - started);
    if (handled < events.length) observer?.duplicates?.(name, events.length - handled);
    for (const { id } of events) failures.delete(id);
    return handled;
  };

  /** Answers when to try again, or null once the event was handled or parked. */
  const alone = async (event: EventEnvelope, mode: Mode, signal: AbortSignal): Promise<number | null> => {
    try {
      await together([event], mode, signal);
      return null;
    } catch (error) {
      if (signal.aborted) return 0;
      const before = failures.get(event.id);
      const isTemporary = retry.isTemporary?.(error) === true;
      const counted = (before?.counted ?? 0) + (isTemporary ? 0 : 1);
      const failure = failedAgain(before, error);
      failures.set(event.id, { ...failure, counted });
      const { attempts } = failure;
      const details = { err: error, consumer: name, event: event.id, type: event.type, attempts };
      if (isTemporary || counted < retry.attempts) {
        observer?.retried?.(name);
        log.warn(details, 'An event failed and will be tried again.');
        return backoff(retry, attempts);
      }
      try {
        const parked = await park(store, name, event, mode, failure);
        await store.durable();
        if (parked) {
          observer?.parked?.(name);
          log.error(details, 'An event failed for the last time and is a dead letter now.');
        }
        failures.delete(event.id);
      } catch (err) {
        log.warn({ ...details, err }, 'A failing event could not be parked and will be tried again.');
        return backoff(retry, attempts);
      }
      return null;
    }
  };

  const take = async (
    events: readonly EventEnvelope[],
    mode: Mode,
    signal: AbortSignal,
  ): Promise<Delivered> => {
    const [first] = events;
    if (first !== undefined && events.length > 1 && !failures.has(first.id)) {
      try {
        await together(events, mode, signal);
        return { done: events.length };
      } catch {
        // One of them failed and took the others along: one by one shows which, and spares those before it.
      }
    }
    for (const [done, event] of events.entries()) {
      const retryInMs = signal.aborted ? 0 : await alone(event, mode, signal);
      if (retryInMs !== null) return { done, retryInMs };
    }
    return { done: events.length };
  };

  const keyOf = ({ tenant, partitionkey }: EventEnvelope) => `${tenant}\n${partitionkey}`;
  return {
    take: async (events, mode, signal) => {
      const [first] = events;
      return first === undefined ? { done: 0 } : inTurn(keyOf(first), () => take(events, mode, signal));
    },
    once: (event, mode, signal) =>
      inTurn(keyOf(event), async () => (await together([event], mode, signal)) > 0),
  };
}

/** Answers false where another process has handled the event meanwhile. */
async function park<Tables extends InboxTables>(
  store: EventStore<Tables>,
  consumer: string,
  event: EventEnvelope,
  mode: Mode,
  failure: Failure,
): Promise<boolean> {
  return store.transaction(async (trx) => {
    if (mode === 'new') {
      const claimed = await claimEvents(trx, store.engine, consumer, [event]);
      if (claimed.size === 0) return false;
    }
    await writeDeadLetter(trx, consumer, event, failure);
    return true;
  });
}

/** Bytes are bounded: an error may quote what it failed of. */
const maxErrorLength = 8_000;

export function failedAgain(before: Failure | undefined, error: unknown): Failure {
  const now = new Date().toISOString();
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    attempts: (before?.attempts ?? 0) + 1,
    firstFailedAt: before?.firstFailedAt ?? now,
    lastFailedAt: now,
    error: text.slice(0, maxErrorLength),
  };
}

function backoff({ firstMs, capMs }: RetryPolicy, attempts: number): number {
  return Math.min(firstMs * 2 ** (attempts - 1), capMs) * (1 - Math.random() / 2);
}
