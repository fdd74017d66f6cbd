import type { Clock } from './clock.ts';
import type { WebhookEvent } from './events.ts';
import { signatureV1, signatureV3 } from './signing.ts';

/** HubSpot's own: at most a hundred events in a request, five seconds to answer, ten more attempts. */
const hubspot = { batchSize: 100, timeoutMs: 5_000, retries: 10 };

export interface Target {
  /** Where requests go. */
  readonly url: string;
  /** What the app has registered, and so what is signed, where a proxy stands between. */
  readonly publicUrl?: string;
}

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Delivery {
  readonly events: readonly WebhookEvent[];
  /** The HTTP status, or why there was none. */
  readonly outcome: number | 'timed out' | 'unreachable';
}

/** What somebody else than HubSpot, or HubSpot long ago, might send. */
export type Forgery =
  | 'wrong secret'
  | 'changed body'
  | 'other uri'
  | 'stale'
  | 'from the future'
  | 'unsigned';

export interface DeliverOptions {
  /** In order unless said otherwise; a shuffle takes the numbers that it is given, from 0 to below 1. */
  readonly order?: 'in order' | 'reversed' | { readonly shuffledBy: () => number };
  /** How often every request is sent; 2 is "at least once" at work. */
  readonly copies?: number;
  readonly batchSize?: number;
  readonly timeoutMs?: number;
}

export interface Webhooks {
  /** Events that were not delivered yet, those to be sent again included. */
  readonly pending: () => readonly WebhookEvent[];
  /** Events that were refused so often that HubSpot sends them no more. */
  readonly givenUp: () => readonly WebhookEvent[];
  readonly target: (target: Target) => void;
  /**
   * Attempts everything that is pending once. What is answered with 2xx is done; all else stays pending with
   * the next attempt number.
   */
  readonly deliver: (options?: DeliverOptions) => Promise<readonly Delivery[]>;
  /** Sends events as a forger would; by default what is pending, which stays pending. */
  readonly forge: (forgery: Forgery, events?: readonly WebhookEvent[]) => Promise<Delivery>;
  /** Forgets what is pending: events that nobody ever hears of. */
  readonly lose: () => readonly WebhookEvent[];
  /** A request as it would be sent, signed now. */
  readonly request: (events: readonly WebhookEvent[]) => WebhookRequest;
}

interface WebhooksOptions {
  readonly clock: Clock;
  readonly clientSecret: string;
}

function arranged<T>(items: readonly T[], order: DeliverOptions['order']): T[] {
  if (order === 'reversed') return items.toReversed();
  if (order === undefined || order === 'in order') return [...items];
  const left = [...items];
  return items.map(() => left.splice(Math.floor(order.shuffledBy() * left.length), 1)[0] as T);
}

function batches<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

async function send({ url, headers, body }: WebhookRequest, timeoutMs: number): Promise<Delivery['outcome']> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'timed out' : 'unreachable';
  }
}

const isDone = (outcome: Delivery['outcome']) =>
  typeof outcome === 'number' && outcome >= 200 && outcome < 300;

/** The sender of webhooks, under a test's control: nothing is sent unless the test says so. */
export function createWebhooks({ clock, clientSecret }: WebhooksOptions): Webhooks & {
  readonly add: (events: readonly WebhookEvent[]) => void;
} {
  let pending: WebhookEvent[] = [];
  const givenUp: WebhookEvent[] = [];
  let target: Target | null = null;

  function placed(): Target {
    if (target === null) throw new Error('Webhooks have no target: call target({ url }) first.');
    return target;
  }

  function signed(
    events: readonly WebhookEvent[],
    { secret = clientSecret, timestamp = clock.now(), uri = placed().publicUrl ?? placed().url } = {},
  ): WebhookRequest {
    const body = JSON.stringify(events);
    return {
      url: placed().url,
      body,
      headers: {
        'content-type': 'application/json;charset=utf-8',
        'user-agent': 'HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebhooksExecutorDaemon-executor',
        'x-hubspot-request-timestamp': String(timestamp),
        'x-hubspot-signature': signatureV1(secret, body),
        'x-hubspot-signature-v3': signatureV3(secret, { method: 'POST', uri, body, timestamp }),
        'x-hubspot-signature-version': 'v1',
      },
    };
  }

  function forged(forgery: Forgery, events: readonly WebhookEvent[]): WebhookRequest {
    switch (forgery) {
      case 'wrong secret':
        return signed(events, { secret: `${clientSecret}x` });
      case 'changed body':
        return { ...signed(events), body: JSON.stringify([...events, ...events]) };
      case 'other uri':
        return signed(events, { uri: `${placed().publicUrl ?? placed().url}/other` });
      case 'stale':
        return signed(events, { timestamp: clock.now() - 301_000 });
      case 'from the future':
        return signed(events, { timestamp: clock.now() + 301_000 });
      case 'unsigned': {
        const request = signed(events);
        const kept = Object.entries(request.headers).filter(([name]) => !name.startsWith('x-hubspot-'));
        return { ...request, headers: Object.fromEntries(kept) };
      }
    }
  }

  function sendAgain(events: readonly WebhookEvent[]): void {
    for (const event of events) {
      if (event.attemptNumber >= hubspot.retries) givenUp.push(event);
      else pending.push({ ...event, attemptNumber: event.attemptNumber + 1 });
    }
  }

  return {
    add: (events) => pending.push(...events),
    pending: () => [...pending],
    givenUp: () => [...givenUp],
    target: (given) => {
      target = given;
    },
    request: (events) => signed(events),
    lose: () => {
      const lost = pending;
      pending = [];
      return lost;
    },
    forge: async (forgery, events = pending) => {
      const outcome = await send(forged(forgery, events), hubspot.timeoutMs);
      return { events, outcome };
    },
    deliver: async ({
      order,
      copies = 1,
      batchSize = hubspot.batchSize,
      timeoutMs = hubspot.timeoutMs,
    } = {}) => {
      if (batchSize > hubspot.batchSize)
        throw new Error(`HubSpot sends ${hubspot.batchSize} events at most.`);
      const taken = arranged(pending, order);
      pending = [];
      const deliveries: Delivery[] = [];
      for (const events of batches(taken, batchSize)) {
        const outcomes: Delivery['outcome'][] = [];
        for (let copy = 0; copy < copies; copy += 1) outcomes.push(await send(signed(events), timeoutMs));
        deliveries.push(...outcomes.map((outcome) => ({ events, outcome })));
        if (!outcomes.some(isDone)) sendAgain(events);
      }
      return deliveries;
    },
  };
}
