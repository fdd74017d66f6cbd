import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Bus } from '#events/bus/port.ts';
import { deadLetterCounts } from '#events/dead-letter.ts';
import type { EventStore } from '#events/event-store.ts';
import type { InboxTables } from '#events/inbox.ts';
import type { EventObserver } from '#events/observer.ts';
import { type OutboxStatus, type OutboxTables, outboxStatus } from '#events/outbox.ts';

/** Stores whose outbox is relayed, by the name of their part; those with an inbox have consumers. */
export interface WatchedStores {
  readonly outboxes: ReadonlyMap<string, Pick<EventStore<OutboxTables>, 'db'>>;
  readonly inboxes: ReadonlyMap<string, Pick<EventStore<InboxTables>, 'db'>>;
}

export interface EventMetrics {
  readonly observer: EventObserver;
  /** What Prometheus reads. */
  readonly contentType: string;
  readonly read: () => Promise<string>;
}

const latencies = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120];
const durations = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** The numbers of this process and of its event path. Names and units are those that Prometheus's own guide asks for. */
export function eventMetrics(
  bus: Pick<Bus, 'lag'>,
  { outboxes, inboxes }: WatchedStores,
  registry: Registry = new Registry(),
): EventMetrics {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const name = (suffix: string) => `tributary_events_${suffix}`;

  const relayed = new Histogram({
    name: name('relay_latency_seconds'),
    help: 'From the commit of an event to its place on the bus.',
    labelNames: ['store'],
    buckets: latencies,
    registers,
  });
  const counter = (suffix: string, help: string, label: 'store' | 'consumer') =>
    new Counter({ name: name(suffix), help, labelNames: [label], registers });
  const failedRelays = counter('relay_failures_total', 'Batches that could not be published.', 'store');
  const handled = counter('handled_total', 'Events that took effect.', 'consumer');
  const duplicates = counter('duplicates_total', 'Events that had been handled before.', 'consumer');
  const retries = counter('retries_total', 'Events that failed and were tried again.', 'consumer');
  const parked = counter('parked_total', 'Events that became dead letters.', 'consumer');
  const handling = new Histogram({
    name: name('handling_seconds'),
    help: 'How long events took that were handled together.',
    labelNames: ['consumer'],
    buckets: durations,
    registers,
  });

  /* What is a state is asked for when somebody looks. */
  let asking: Promise<readonly (readonly [string, OutboxStatus])[]> | undefined;
  /** Once for all that are read at the same time. */
  const statuses = () => {
    asking ??= Promise.all(
      [...outboxes].map(async ([store, place]) => [store, await outboxStatus(place)] as const),
    ).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const ofOutboxes = (suffix: string, help: string, numberOf: (status: OutboxStatus) => number) =>
    new Gauge({
      ...{ name: name(suffix), help, labelNames: ['store'], registers },
      async collect() {
        for (const [store, status] of await statuses()) this.set({ store }, numberOf(status));
      },
    });
  ofOutboxes('outbox_depth', 'Committed events that are not on the bus.', ({ depth }) => depth);
  ofOutboxes(
    'outbox_oldest_age_seconds',
    'Age of the oldest event that is not on the bus; 0 where none waits.',
    ({ oldestAppendedAt }) =>
      oldestAppendedAt === null ? 0 : (Date.now() - Date.parse(oldestAppendedAt)) / 1_000,
  );
  new Gauge({
    name: name('lag'),
    help: 'Events that lie before a group of consumers.',
    labelNames: ['consumer'],
    registers,
    async collect() {
      for (const [consumer, events] of await bus.lag()) this.set({ consumer }, events);
    },
  });
  new Gauge({
    name: name('dead_letters'),
    help: 'Events that a consumer gave up on and that nobody has retried or discarded.',
    labelNames: ['consumer'],
    registers,
    async collect() {
      this.reset();
      for (const place of inboxes.values()) {
        for (const [consumer, count] of await deadLetterCounts(place)) this.set({ consumer }, count);
      }
    },
  });

  return {
    contentType: registry.contentType,
    read: () => registry.metrics(),
    observer: {
      published: (store, latenciesMs) => {
        for (const ms of latenciesMs) relayed.observe({ store }, ms / 1_000);
      },
      publishFailed: (store) => failedRelays.inc({ store }),
      handled: (consumer, events, tookMs) => {
        handled.inc({ consumer }, events);
        handling.observe({ consumer }, tookMs / 1_000);
      },
      duplicates: (consumer, events) => duplicates.inc({ consumer }, events),
      retried: (consumer) => retries.inc({ consumer }),
      parked: (consumer) => parked.inc({ consumer }),
    },
  };
}
