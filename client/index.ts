import { pollTransport, startByPoll } from './poll.ts';
import { sseTransport } from './sse.ts';
import { memoryStorage } from './storage.ts';
import { runSubscription, type Shared } from './subscription.ts';
import { type Endpoint, reasonOf, type Transport } from './transport.ts';
import type { LiveClient, LiveClientOptions, LiveFailure, SubscribeOptions, TransportName } from './types.ts';
import { defaultTiming } from './waiting.ts';
import { websocketTransport } from './websocket.ts';

export { memoryStorage, webStorage } from './storage.ts';
export type {
  CursorStorage,
  GraphQLProblem,
  LiveClient,
  LiveClientOptions,
  LiveFailure,
  LiveGap,
  LiveMessage,
  LiveOperation,
  LiveState,
  LiveTiming,
  SubscribeOptions,
  TransportName,
} from './types.ts';

const makers: Readonly<Record<TransportName, (endpoint: Endpoint) => Transport>> = {
  websocket: websocketTransport,
  sse: sseTransport,
  poll: pollTransport,
};

/**
 * A client for subscriptions that miss nothing: it keeps the cursor of what was handled, goes on behind it after every
 * lost connection, and falls back from WebSocket to SSE to long polls.
 * @throws Error where none of the transports can be used
 */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  const timing = { ...defaultTiming, ...options.timing };
  const endpoint: Endpoint = {
    url: new URL(options.url, globalThis.location?.href).href,
    authorization: options.authorization,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    webSocketImpl: options.webSocketImpl,
    timing,
  };
  const mayBeUsed = (name: TransportName) =>
    name !== 'websocket' || (options.webSocketImpl ?? globalThis.WebSocket) !== undefined;
  const names = (options.transports ?? ['websocket', 'sse', 'poll']).filter(mayBeUsed);
  if (names.length === 0) throw new Error('None of the transports can be used here: name "sse" or "poll".');
  const shared: Shared = {
    transports: names.map((name) => makers[name](endpoint)),
    known: new Set(),
    storage: options.storage ?? memoryStorage(),
    timing,
    findStart: startByPoll(endpoint),
  };
  const keys = new Set<string>();
  return {
    subscribe: (operation, variables, given) => {
      const { key, onState, onError } = given;
      if (keys.has(key)) {
        throw new Error(`The key "${key}" is in use: stop the subscription that has it, or choose another.`);
      }
      keys.add(key);
      const control = new AbortController();
      const end = () => {
        keys.delete(key);
        control.abort();
      };
      const order = {
        query: String(operation),
        variables: variables as Readonly<Record<string, unknown>>,
        options: given as unknown as SubscribeOptions<unknown>,
      };
      void runSubscription(shared, order, control.signal)
        .catch(
          (cause: unknown): LiveFailure => ({
            code: 'HANDLER_FAILED',
            message: reasonOf(cause),
            errors: [],
            cause,
          }),
        )
        .then((failure) => {
          if (control.signal.aborted) return;
          end();
          onState?.({ phase: 'ended' });
          if (failure !== undefined) onError?.(failure);
        });
      return () => {
        if (!control.signal.aborted) end();
      };
    },
  };
}
