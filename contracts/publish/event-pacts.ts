import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PactV4 } from '@pact-foundation/pact';
import { pino } from 'pino';
import type { Consumer } from '#events/consumer.ts';
import type { EventDefinition } from '#events/define-event.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import type { InboxTables } from '#events/inbox.ts';
import { openConsumer } from '#events/start-consumer.ts';
import type { Provider } from '../providers/provider.ts';
import { exampleEvent, messageOf } from './event-message.ts';
import type { RecordedOperation } from './record.ts';
import { commentKey } from './write-pacts.ts';

/** How long a consumer may take over one example. */
const handlingMs = 30_000;

/**
 * Writes a message pact for every consumer and every subgraph whose events it takes: consumer is what reacts, provider
 * who emits. Each event is one message with what its readers may rely on; while it is written the real consumer handles
 * its example on a store of its own. Rejects where it does not.
 *
 * @param providers whose consumers are meant, by name
 */
export async function writeEventPacts(
  providers: Readonly<Record<string, (folder: string) => Promise<Provider>>>,
  folder: string,
): Promise<number> {
  let messages = 0;
  for (const open of Object.values(providers)) {
    const place = await mkdtemp(join(tmpdir(), 'tributary-'));
    const provider = await open(place);
    try {
      for (const consumer of provider.consumers) {
        const { name, events } = consumer;
        await removePacts(folder, name);
        for (const event of events) {
          const operation = { name, clients: [name] };
          const handled = () => handle(consumer, provider, exampleEvent(event));
          await writeMessage(name, event, folder, operation, handled);
          messages += 1;
        }
      }
    } finally {
      await provider.subgraph.close();
      await rm(place, { recursive: true, force: true });
    }
  }
  return messages;
}

/** The part of the gateway that reads events, as pacts name it. */
const subscriptions = 'gateway.subscriptions';

/**
 * Writes what the gateway reads of events for subscriptions: a message for every operation and every event that it
 * shows; while it is written the gateway's own code makes the subscription's answer of the example.
 */
export async function writeLivePacts(
  operations: readonly RecordedOperation[],
  folder: string,
): Promise<number> {
  await removePacts(folder, subscriptions);
  const live = operations.flatMap(({ name, clients, live }) => (live ? [{ name, clients, live }] : []));
  for (const { name, clients, live: recorded } of live) {
    const { event, answer } = recorded;
    const operation = { name, clients };
    await writeMessage(subscriptions, event, folder, operation, async () => answer(exampleEvent(event)));
  }
  return live.length;
}

async function removePacts(folder: string, consumer: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (file.startsWith(`${consumer}-`) && file.endsWith('.json')) await rm(join(folder, file));
  }
}

/** A message is called by its event's type and what it is for: `tributary.crm.LeadCreated.v1 for LeadUpdates`. */
async function writeMessage(
  consumer: string,
  event: EventDefinition,
  dir: string,
  { name, clients }: Pick<RecordedOperation, 'name' | 'clients'>,
  handled: () => Promise<void>,
): Promise<void> {
  await new PactV4({ consumer, provider: event.owner, dir, logLevel: 'error' })
    .addAsynchronousInteraction()
    .comment({ key: commentKey, value: JSON.stringify({ operation: name, clients }) })
    .expectsToReceive(`${event.type} for ${name}`, (message) => {
      message.withJSONContent(messageOf(event));
    })
    .executeTest(handled);
}

async function handle(
  consumer: Consumer<InboxTables>,
  { store }: Provider,
  example: EventEnvelope,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const { take } = openConsumer(consumer, { store, log });
  const { done } = await take([example], 'new', AbortSignal.timeout(handlingMs));
  if (done !== 1) throw new Error(`${consumer.name} does not handle the example of ${example.type}.`);
}
