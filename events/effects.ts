import type { Transaction } from 'kysely';
import { causeOfReaction, type OutsideConsumer, type StoreConsumer } from './consumer.ts';
import { discardDeadLetter } from './dead-letter.ts';
import type { EventEnvelope } from './envelope.ts';
import type { EventStore } from './event-store.ts';
import { claimEvents, handledEvents, type InboxTables, reclaimEvents } from './inbox.ts';
import { beforeAbort, combined } from './waiting.ts';

/**
 * `new`: what the inbox has is dropped. `anew`: it is handled all the same, and a dead letter of it goes away.
 * `parked`: only what is a dead letter is handled, which goes away.
 */
export type Mode = 'new' | 'anew' | 'parked';

/** Handles events of one tenant and key, and answers how many were handled; the rest were before. */
export type Effects = (events: readonly EventEnvelope[], mode: Mode, stopped: AbortSignal) => Promise<number>;

/** How long a handler with effects elsewhere may take. The store's own time-outs bound the others. */
const outsideDeadlineMs = 30_000;

/** Deliveries share a transaction until it has so many events: its statements leave the event loop no turn between. */
const eventsTogether = 100;

/**
 * SQLite has one transaction at a time, and most of its time is the end of it: what came meanwhile shares the next one.
 * On PostgreSQL they run beside each other, each with the lock of one key alone.
 */
export function effectsInStore<Tables extends InboxTables>(
  consumer: StoreConsumer<Tables>,
  store: EventStore<Tables>,
): Effects {
  const handle = async (trx: Transaction<Tables>, events: readonly EventEnvelope[], mode: Mode) => {
    const fresh = await chosen(trx, store, consumer.name, events, mode);
    for (const event of fresh) {
      await consumer.handle(event, { trx, cause: causeOfReaction(consumer.name, event) });
    }
    return fresh.length;
  };
  const alone: Effects = (events, mode) => store.transaction((trx) => handle(trx, events, mode));
  if (store.engine === 'postgres') return alone;
  const together = combined(
    (deliveries: readonly (readonly EventEnvelope[])[]) =>
      store.transaction(async (trx) => {
        const counts: number[] = [];
        for (const events of deliveries) counts.push(await handle(trx, events, 'new'));
        return counts;
      }),
    eventsTogether,
    (events) => events.length,
  );
  return (events, mode, stopped) => (mode === 'new' ? together(events) : alone(events, mode, stopped));
}

/** The inbox row follows the effect: what was not written down when the process died comes again. */
export function effectsOutside<Tables extends InboxTables>(
  consumer: OutsideConsumer,
  store: EventStore<Tables>,
): Effects {
  return async (events, mode, stopped) => {
    const handled = mode === 'new' ? await handledEvents(store, consumer.name, events) : new Set();
    const fresh = events.filter(({ id }) => !handled.has(id));
    if (fresh.length === 0) return 0;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(outsideDeadlineMs)]);
    await beforeAbort(consumer.handle(fresh, { signal }), signal);
    await store.transaction((trx) => chosen(trx, store, consumer.name, fresh, mode));
    return fresh.length;
  };
}

/** Writes the inbox rows of the events that are to be handled by the mode, and answers these. */
async function chosen<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  { engine }: EventStore<Tables>,
  consumer: string,
  events: readonly EventEnvelope[],
  mode: Mode,
): Promise<readonly EventEnvelope[]> {
  if (mode === 'new') {
    const claimed = await claimEvents(trx, engine, consumer, events);
    return events.filter(({ id }) => claimed.has(id));
  }
  await reclaimEvents(trx, engine, consumer, events);
  const parked = new Set<string>();
  for (const { tenant, id } of events) {
    if (await discardDeadLetter(trx, { tenant, consumer, eventId: id })) parked.add(id);
  }
  return mode === 'anew' ? events : events.filter(({ id }) => parked.has(id));
}
