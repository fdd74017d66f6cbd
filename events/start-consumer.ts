import type { Bus } from './bus/port.ts';
import type { Consumer } from './consumer.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterId,
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  writeDeadLetter,
} from './dead-letter.ts';
import type { EventEnvelope } from './envelope.ts';
import type { EventLog, EventStore } from './event-store.ts';
import { failedAgain, type Handling, makeHandling } from './handling.ts';
import { handledEvents, type InboxTables } from './inbox.ts';
import type { EventObserver } from './observer.ts';

export interface OpenOptions<Tables extends InboxTables> {
  readonly store: EventStore<Tables>;
  readonly log: EventLog;
  readonly observer?: EventObserver;
}

export interface StartOptions<Tables extends InboxTables> extends OpenOptions<Tables> {
  readonly bus: Pick<Bus, 'consume'>;
}

/** A consumer with its store, and what its operator may do with it. */
export interface OpenConsumer {
  readonly name: string;
  /** The types that it reacts to. */
  readonly types: readonly string[];
  readonly concurrency: number;
  readonly repeatable: boolean;
  /** As the bus does it; for a replay. */
  readonly take: Handling['take'];
  /** Which of the events of one tenant it has handled or parked. */
  readonly handled: (events: readonly EventEnvelope[]) => Promise<ReadonlySet<string>>;
  readonly deadLetters: DeadLetters;
}

/** A consumer at work. */
export interface RunningConsumer extends OpenConsumer {
  /** Ends after the deliveries at hand, which are told to stop after the grace (ms). */
  readonly stop: (graceMs?: number) => Promise<void>;
}

/** What a consumer gave up on, and the ways out of there. */
export interface DeadLetters {
  readonly list: (filter: Omit<DeadLetterFilter, 'consumer'>) => Promise<readonly DeadLetter[]>;
  readonly find: (tenant: string, eventId: string) => Promise<DeadLetter | null>;
  /** Handles the event once more, now; later events of its key have taken effect meanwhile. */
  readonly retry: (tenant: string, eventId: string, signal: AbortSignal) => Promise<Retried>;
  /** Answers whether there was one. */
  readonly discard: (tenant: string, eventId: string) => Promise<boolean>;
}

export type Retried =
  | { readonly kind: 'handled' }
  /** There is no such dead letter, or it went away just now. */
  | { readonly kind: 'none' }
  /** It is parked as before, with this error. */
  | { readonly kind: 'failed'; readonly error: unknown };

const usualConcurrency = { sqlite: 32, postgres: 8 } as const;

/** A consumer that takes nothing from the bus by itself: to look into what it left, or to bring it events by hand. */
export function openConsumer<Tables extends InboxTables>(
  consumer: Consumer<Tables>,
  { store, log, observer }: OpenOptions<Tables>,
): OpenConsumer {
  const { name, concurrency = usualConcurrency[store.engine], repeatable = false } = consumer;
  const handling = makeHandling(consumer, { store, log, observer });
  return {
    name,
    types: consumer.events.map(({ type }) => type),
    concurrency,
    repeatable,
    take: handling.take,
    handled: (events) => handledEvents(store, name, events),
    deadLetters: deadLettersOf(name, store, handling),
  };
}

/** Joins the consumer's group on the bus: each event reaches its handler as its definition promises. */
export async function startConsumer<Tables extends InboxTables>(
  consumer: Consumer<Tables>,
  { bus, ...options }: StartOptions<Tables>,
): Promise<RunningConsumer> {
  const opened = openConsumer(consumer, options);
  const { name, types, concurrency, take } = opened;
  const consumption = await bus.consume({ name, types, concurrency }, (events, signal) =>
    take(events, 'new', signal),
  );
  return { ...opened, stop: consumption.stop };
}

function deadLettersOf<Tables extends InboxTables>(
  consumer: string,
  store: EventStore<Tables>,
  handling: Handling,
): DeadLetters {
  const idOf = (tenant: string, eventId: string): DeadLetterId => ({ tenant, consumer, eventId });
  return {
    list: (filter) => listDeadLetters(store, { ...filter, consumer }),
    find: (tenant, eventId) => findDeadLetter(store, idOf(tenant, eventId)),
    retry: async (tenant, eventId, signal) => {
      const letter = await findDeadLetter(store, idOf(tenant, eventId));
      if (letter === null) return { kind: 'none' };
      try {
        const handled = await handling.once(letter.event, 'parked', signal);
        return { kind: handled ? 'handled' : 'none' };
      } catch (error) {
        await store.transaction((trx) =>
          writeDeadLetter(trx, consumer, letter.event, failedAgain(undefined, error)),
        );
        return { kind: 'failed', error };
      }
    },
    discard: (tenant, eventId) => store.transaction((trx) => discardDeadLetter(trx, idOf(tenant, eventId))),
  };
}
