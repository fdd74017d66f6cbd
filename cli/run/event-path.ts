import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { MutationTables } from '#chassis/mutation.ts';
import { type Chore, forgetHandled, type Housekeeping, keepHouse } from '#chassis/store/housekeeping.ts';
import { forgetKeys } from '#chassis/store/idempotency.ts';
import type { Store } from '#chassis/store/store.ts';
import { forgetWebhooks } from '#chassis/vendor/webhooks/retention.ts';
import type { WebhookTables } from '#chassis/vendor/webhooks/tables.ts';
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
  /** Of those that vendors may send to. */
  readonly webhooks: ReadonlyMap<PartName, Store<WebhookTables>>;
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
  /** Where numbers of others stand that are read with those of the path. */
  readonly registry?: Registry;
}

/** How long deliveries at hand may take when the process ends. */
const graceMs = 5_000;

/** Starts a relay for the outbox of each part, and the consumers of each. */
export async function startEventPath(
  parts: Partial<Parts>,
  bus: Bus,
  log: Logger,
  { work = 'all', retention = eventRetention(), registry }: EventPathOptions = {},
): Promise<EventPath> {
  const stores = storesOf(parts);
  const webhooks = webhookStoresOf(parts);
  const reacting = consumersOf(parts);
  const inboxes = new Map(reacting.map(({ part, store }) => [part, store]));
  const metrics = eventMetrics(bus, { outboxes: stores, inboxes }, registry);
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
        const chores = { keys: forgetKeys, ...choresOf(parts[name]) };
        housekeepings.push(keepHouse(store, { name, log, chores }));
      }
      for (const [name, store] of webhooks) {
        housekeepings.push(keepHouse(store, { name, log, chores: forgetWebhooks() }));
      }
      const inbox = forgetHandled<InboxTables>(retention.maxAgeMs);
      for (const { part: name, store } of reacting) {
        housekeepings.push(keepHouse(store, { name, log, chores: { inbox } }));
      }
    }
    return { bus, consumers, stores, webhooks, metrics, close };
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

/** Subgraphs whose systems of record may be vendors that tell of changes by themselves. */
export const partsWithWebhooks = ['crm', 'email'] as const;

function webhookStoresOf(parts: Partial<Parts>): ReadonlyMap<PartName, Store<WebhookTables>> {
  return new Map(
    partsWithWebhooks.flatMap((name): [PartName, Store<WebhookTables>][] => {
      const store = parts[name]?.store;
      return store === undefined ? [] : [[name, store as unknown as Store<WebhookTables>]];
    }),
  );
}

/** What a part has to forget beside what all of them have, where there is something. */
function choresOf(part: Parts[PartName] | undefined): Readonly<Record<string, Chore<MutationTables>>> {
  return part !== undefined && 'chores' in part
    ? (part.chores as unknown as Readonly<Record<string, Chore<MutationTables>>>)
    : {};
}

interface Reacting {
  readonly part: PartName;
  readonly store: Store<InboxTables>;
  readonly consumers: readonly Consumer<InboxTables>[];
}

/** The parts that react to events. A consumer sees its own store's tables; here they are all alike. */
function consumersOf({ crm, email, analytics }: Partial<Parts>): readonly Reacting[] {
  const parts = { crm, email, analytics };
  return Object.entries(parts).flatMap(([part, opened]) =>
    opened === undefined || opened.consumers.length === 0
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
