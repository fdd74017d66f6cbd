import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { RunningGateway } from '#gateway/main.ts';

interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  /** Of the request that opens the connection. */
  readonly headers?: Record<string, string>;
  /** Of `connection_init`. */
  readonly authorization?: string;
}

/** What a result is, or a closing error. */
interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** A client of a real gateway, which keeps what it is given. */
export interface Follower {
  readonly results: Result[];
  /** `complete`, or the codes of the errors that ended it. */
  readonly ends: unknown[];
  /** The socket of a WebSocket. */
  readonly socket: () => WebSocket | undefined;
  readonly leave: () => void;
}

/** The public clients of both transports that hold a connection. */
export const followers: Readonly<
  Record<'websocket' | 'sse', (gateway: RunningGateway, asked: Asked) => Follower>
> = { websocket: overWebSocket, sse: overSse };

function overWebSocket(
  gateway: RunningGateway,
  { headers = {}, authorization, ...payload }: Asked,
): Follower {
  let socket: WebSocket | undefined;
  class SocketWithHeaders extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers });
      socket = this;
    }
  }
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: SocketWithHeaders,
    connectionParams: authorization === undefined ? undefined : { authorization },
    retryAttempts: 0,
  });
  return { ...follow(client.subscribe, payload, () => client.dispose()), socket: () => socket };
}

function overSse(gateway: RunningGateway, { headers = {}, authorization, ...payload }: Asked): Follower {
  const all = { ...headers, ...(authorization !== undefined && { authorization }) };
  const client = createSseClient({ url: `${gateway.url}/graphql/stream`, headers: all, retryAttempts: 0 });
  return { ...follow(client.subscribe, payload, () => client.dispose()), socket: () => undefined };
}

interface Sink {
  readonly next: (result: Result) => void;
  readonly error: (error: unknown) => void;
  readonly complete: () => void;
}

function follow<Payload>(
  subscribe: (payload: Payload, sink: Sink) => () => void,
  payload: Payload,
  dispose: () => unknown,
) {
  const results: Result[] = [];
  const ends: unknown[] = [];
  const stop = subscribe(payload, {
    next: (result) => void results.push(result),
    error: (error) => void ends.push(codesOf(error)),
    complete: () => void ends.push('complete'),
  });
  const leave = () => {
    stop();
    dispose();
  };
  return { results, ends, leave };
}

function codesOf(error: unknown): unknown {
  return Array.isArray(error)
    ? error.map(({ extensions }: NonNullable<Result['errors']>[number]) => extensions?.code)
    : error;
}

/** One poll. */
export async function poll(gateway: RunningGateway, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/graphql/poll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as PollAnswer };
}

interface PollAnswer {
  readonly results: readonly Result[];
  readonly cursor: string;
  readonly errors?: Result['errors'];
}
