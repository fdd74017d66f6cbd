import type { Logger } from 'pino';
import type { MutationTables } from '#chassis/mutation.ts';
import { forgetHandled, type Housekeeping, keepHouse } from '#chassis/store/housekeeping.ts';
import { forgetKeys } from '#chassis/store/idempotency.ts';
import type { Store } from '#chassis/store/store.ts';
import type { Bus } from '#events/bus/port.ts';
import type { Retention } from '#events/bus/retention.ts';
import type { Consumer } from '#events/consumer.ts';
import type { InboxTables } from '#events/inbox.ts';
import { type Relay, startRelay } from '#events/relay.ts';
import {
  type OpenConsumer,
  openConsumer,
  type RunningConsumer,
  startConsumer,
} from '#events/start-consumer.ts';
import { eventRetention } from './bus.ts';
import { type EventMetrics, eventMetrics } from './event-metrics.ts';
import type { PartName, Parts } from './parts.ts';

/** From the outboxes of some subgraphs to their consumers. */
export interface EventPath {
  readonly bus: Bus;
  /** By name; whether they take events from the bus is up to whoever started the path. */
  readonly consumers: ReadonlyMap<string, OpenConsumer>;
  /** Of the subgraphs, by name. */
  readonly stores: ReadonlyMap<PartName, Store<MutationTables>>;
  readonly metrics: EventMetrics;
  /** Ends after the deliveries and the batches at hand; the bus and the stores are left to their owners. */
  readonly close: () => Promise<void>;
}

/** Whether outboxes are relayed and events consumed, only the latter, or neither and one can but look. */
export type EventPathWork = 'all' | 'consumers' | 'none';

export interface EventPathOptions {
  readonly work?: EventPathWork;
  /** Of the bus. */
  readonly retention?: Retention;
}

/** How long deliveries at hand may take when the process ends. */
const graceMs = 5_000;

/** Starts a relay for the outbox of each part, and the consumers of each. */
export async function startEventPath(
  parts: Partial<Parts>,
  bus: Bus,
  log: Logger,
  { work = 'all', retention = eventRetention() }: EventPathOptions = {},
): Promise<EventPath> {
  const stores = storesOf(parts);
  const reacting = consumersOf(parts);
  const metrics = eventMetrics(bus, {
    outboxes: stores,
    inboxes: new Map(reacting.map(({ part, store }) => [part, store])),
  });
  const { observer } = metrics;
  const relays: Relay[] = [];
  const housekeepings: Housekeeping[] = [];
  const consumers = new Map<string, OpenConsumer>();
  const running: RunningConsumer[] = [];
  const close = async () => {
    await Promise.all(running.map((consumer) => consumer.stop(graceMs)));
    await Promise.all(relays.map((relay) => relay.close()));
    await Promise.all(housekeepings.map((housekeeping) => housekeeping.stop()));
  };
  try {
    for (const { store, consumers: defined } of reacting) {
      for (const consumer of defined) {
        if (work === 'none') {
          consumers.set(consumer.name, openConsumer(consumer, { store, log, observer }));
          continue;
        }
        const started = await startConsumer(consumer, { bus, store, log, observer });
        running.push(started);
        consumers.set(consumer.name, started);
      }
    }
    if (work === 'all') {
      for (const [name, store] of stores) {
        relays.push(startRelay({ name, store, bus, log, observer }));
        housekeepings.push(keepHouse(store, { name, log, chores: { keys: forgetKeys } }));
      }
      const inbox = forgetHandled<InboxTables>(retention.maxAgeMs);
      for (const { part: name, store } of reacting) {
        housekeepings.push(keepHouse(store, { name, log, chores: { inbox } }));
      }
    }
    return { bus, consumers, stores, metrics, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function storesOf(parts: Partial<Parts>): ReadonlyMap<PartName, Store<MutationTables>> {
  const opened = Object.entries(parts) as [PartName, Parts[PartName]][];
  /* The event path reads and writes the tables that all of them have, and no others. */
  return new Map(opened.map(([name, { store }]) => [name, store as unknown as Store<MutationTables>]));
}

interface Reacting {
  readonly part: PartName;
  readonly store: Store<InboxTables>;
  readonly consumers: readonly Consumer<InboxTables>[];
}

/** The parts that react to events. A consumer sees its own store's tables; here they are all alike. */
function consumersOf({ email, analytics }: Partial<Parts>): readonly Reacting[] {
  const parts = { email, analytics };
  return Object.entries(parts).flatMap(([part, opened]) =>
    opened === undefined
      ? []
      : [
          {
            part: part as PartName,
            store: opened.store as unknown as Store<InboxTables>,
            consumers: opened.consumers as unknown as readonly Consumer<InboxTables>[],
          },
        ],
  );
}
