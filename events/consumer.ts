import type { Transaction } from 'kysely';
import type { EventDefinition } from './define-event.ts';
import type { Cause, EventEnvelope } from './envelope.ts';
import type { InboxTables } from './inbox.ts';

/** Somebody who reacts to events. Define one with `defineConsumer`, run it with `startConsumer`. */
export type Consumer<Tables extends InboxTables> = StoreConsumer<Tables> | OutsideConsumer;

interface ConsumerBase {
  /** `<subgraph>.<what it does>`, such as `email.suppression`: the group on the bus, fixed for good. */
  readonly name: string;
  /** What it reacts to. */
  readonly events: readonly EventDefinition[];
  /**
   * Keys handled at once. Where it is left out: 32 on SQLite, where they share transactions, and 8 on PostgreSQL, where
   * each takes one of the ten connections that a store has for all its work.
   */
  readonly concurrency?: number;
  /** How a failing event is tried again before it is parked; `defaultRetry` where it is left out. */
  readonly retry?: RetryPolicy;
  /** True where events that were handled may be handled anew, after later ones of their key: a replay may ask for it. */
  readonly repeatable?: boolean;
}

/** Its effects are rows of its store. Each event takes effect exactly once, whatever dies when. */
export interface StoreConsumer<Tables extends InboxTables, Data extends object = object>
  extends ConsumerBase {
  readonly effects: 'store';
  /**
   * Reacts to an event with nothing but `trx`: the inbox row commits with it, or neither does. It may be called again
   * after it threw or its transaction was rolled back. Await nothing else in it: on SQLite a transaction holds up all
   * writers of the store.
   */
  readonly handle: (event: EventEnvelope<Data>, context: StoreContext<Tables>) => Promise<void>;
}

/** Its effects are elsewhere: in a warehouse, with a vendor. */
export interface OutsideConsumer<Data extends object = object> extends ConsumerBase {
  readonly effects: 'outside';
  /**
   * Reacts to events of one tenant and key, in order. It must be idempotent by event id: after a crash or an error the
   * same events come again, alone or with others. It must stop when the signal aborts.
   */
  readonly handle: (events: readonly EventEnvelope<Data>[], context: OutsideContext) => Promise<void>;
}

export interface StoreContext<Tables> {
  readonly trx: Transaction<Tables>;
  /** Of the changes that follow from the event: make events with it and `append` them with `trx`. */
  readonly cause: Cause;
}

export interface OutsideContext {
  /** Aborts when the time for it is over, or the consumer is stopped. */
  readonly signal: AbortSignal;
}

export interface RetryPolicy {
  /** So many tries in all, but for temporary failures; then the event is parked as a dead letter. */
  readonly attempts: number;
  /** The wait after the first failure; each further one is twice as long, less up to a half by chance. */
  readonly firstMs: number;
  readonly capMs: number;
  /** Failures that pass by themselves, however long that takes: they do not count, and never have an event parked. */
  readonly isTemporary?: (error: unknown) => boolean;
}

/** Together about a minute: longer than a restart of a database, shorter than a key should be held up. */
export const defaultRetry: RetryPolicy = { attempts: 10, firstMs: 100, capMs: 15_000 };

/** What events of these definitions say. */
type DataOf<Events extends readonly EventDefinition[]> =
  Events[number] extends EventDefinition<infer Data> ? Data : never;

type Defined<Base, Events> = Omit<Base, 'events'> & { readonly events: Events };

/**
 * Defines a consumer; `handle` sees the data of the events that it names. Data is not parsed again: its owner did,
 * and a version that is published only ever gains optional fields, which an older reader does not know.
 *
 * Write the type of the context beside its name, such as `(event, { trx }: StoreContext<EmailTables>) => …`.
 */
export function defineConsumer<Tables extends InboxTables, const Events extends readonly EventDefinition[]>(
  consumer: Defined<StoreConsumer<Tables, DataOf<Events>>, Events>,
): StoreConsumer<Tables>;
export function defineConsumer<const Events extends readonly EventDefinition[]>(
  consumer: Defined<OutsideConsumer<DataOf<Events>>, Events>,
): OutsideConsumer;
export function defineConsumer(consumer: { readonly name: string; readonly events: readonly unknown[] }) {
  if (!/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/.test(consumer.name)) {
    throw new TypeError(
      `A consumer is called "<subgraph>.<what it does>" in lower case, not "${consumer.name}".`,
    );
  }
  if (consumer.events.length === 0) throw new TypeError(`The consumer ${consumer.name} names no event.`);
  return consumer;
}

/** Why a consumer changes something: the event, and what that followed from. */
export function causeOfReaction(consumer: string, event: EventEnvelope<object>): Cause {
  return {
    tenant: event.tenant,
    actor: `consumer:${consumer}`,
    origin: 'consumer',
    correlationId: event.correlationid,
    causationId: event.id,
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
}
