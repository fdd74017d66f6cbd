import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-sse';
import type { Bus } from '#events/bus/port.ts';
import { registry } from '#events/registry.ts';
import { exampleEvent } from './event-message.ts';
import type { LiveRequest } from './pact-file.ts';

/** Less than the verifier waits for it. */
const deliveryMs = 5_000;

/** A GraphQL result, with its cursor among the extensions. */
export interface DeliveredMessage {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
  readonly extensions?: unknown;
}

/**
 * Subscribes, publishes an example of an event and answers what comes of it over the gateway's event stream. Undefined
 * where no such event is registered, or nothing comes in time.
 *
 * @param url of the stream
 */
export async function deliveredMessage(
  url: string,
  bus: Bus,
  { query, variables, event: type }: LiveRequest,
): Promise<DeliveredMessage | undefined> {
  const event = registry.get(type);
  if (!event) return undefined;
  const example = exampleEvent(event);
  // Behind a cursor nothing is lost between the stream's first byte and the gateway's reading of the bus.
  const cursor = await bus.now(example.tenant);
  const opened = Promise.withResolvers<void>();
  const client = createClient({
    url,
    retryAttempts: 0,
    headers: { 'last-event-id': cursor },
    fetchFn: async (input: string, init: RequestInit) => {
      const response = await fetch(input, init);
      opened.resolve();
      return response;
    },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const delivered = async () => {
      const first = client.iterate({ query, variables }).next();
      await Promise.race([opened.promise, first]);
      await bus.publish([{ ...example, id: randomUUID() }]);
      return (await first).value;
    };
    const late = new Promise<undefined>((none) => {
      timer = setTimeout(none, deliveryMs, undefined);
    });
    return await Promise.race([delivered(), late]);
  } finally {
    clearTimeout(timer);
    client.dispose();
  }
}
