import { join } from 'node:path';
import { pino } from 'pino';
import { openBus } from '#events/bus/open.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { startRelay } from '#events/relay.ts';
import { openConsumer } from '#events/start-consumer.ts';
import type { Provider } from '../providers/provider.ts';
import { exampleEvent } from './event-message.ts';

/** What was asked of a provider before its events are read. */
export interface Asked {
  readonly query: string;
}

const waitMs = 10_000;
const askMs = 10_000;

/**
 * Asks a running provider what its pacts ask, mutations only, gives its consumers examples of what they react to, has its outbox put onto a bus and answers one event of each
 * type that lies there, of several the one with the most attributes. What was asked before does nothing more, so that this may come at any time.
 *
 * @param folder where the bus is opened
 */
export async function emittedEvents(
  { store, subgraph, consumers }: Provider,
  url: string,
  requests: readonly Asked[],
  folder: string,
): Promise<ReadonlyMap<string, EventEnvelope>> {
  for (const body of requests.filter(({ query }) => query.startsWith('mutation'))) {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(askMs);
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
    await response.body?.cancel();
  }
  const log = pino({ level: 'silent' });
  for (const consumer of consumers) {
    const { take } = openConsumer(consumer, { store, log });
    for (const event of consumer.events) await take([exampleEvent(event)], 'new', AbortSignal.timeout(askMs));
  }
  const retention = { maxAgeMs: 86_400_000, maxBytes: 64 * 1024 * 1024 };
  const bus = await openBus({ kind: 'embedded', file: join(folder, 'events.sqlite') }, { retention, log });
  const relay = startRelay({ name: subgraph.name, store, bus, log });
  try {
    await emptied(store);
    const events = new Map<string, EventEnvelope>();
    for await (const delivery of bus.read({ tenant: 'default', from: 'oldest' })) {
      if (delivery.kind !== 'event') continue;
      const { event } = delivery;
      const known = events.get(event.type);
      if (!known || attributes(event) > attributes(known)) events.set(event.type, event);
    }
    return events;
  } finally {
    await relay.close();
    await bus.close();
  }
}

function attributes(event: EventEnvelope): number {
  return Object.keys(event).length;
}

/** The relay takes out of the outbox what the bus has. */
async function emptied(store: Provider['store']): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline) {
    const row = await store.db.selectFrom('outbox').select('position').limit(1).executeTakeFirst();
    if (!row) return;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`The outbox was not empty after ${waitMs} ms.`);
}
