import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Json = Readonly<Record<string, unknown>>;

/** Something that subscribes, whichever transport it came by. */
interface Listener {
  readonly id: string;
  readonly transport: 'websocket' | 'sse' | 'poll';
  readonly send: (result: Json, cursor: string | undefined) => void;
  readonly end: (errors: readonly Json[]) => void;
  /** As if the network had gone. */
  readonly cut: () => void;
}

/** A gateway of live queries in small, which does what a test tells it to. */
export interface LiveServer {
  readonly url: string;
  /** Everybody who is subscribed now. */
  readonly listeners: ReadonlySet<Listener>;
  /** What each subscription began with. */
  readonly asked: { readonly transport: string; readonly variables: Json; readonly authorization: unknown }[];
  /** Payloads of the pings that clients sent. */
  readonly pings: unknown[];
  /** Appends events, and sends them to everybody. */
  readonly publish: (...values: readonly string[]) => void;
  /** To all WebSockets. */
  readonly ping: (payload: Json) => void;
  readonly cutAll: () => void;
  /** Transports that cannot be opened. */
  readonly blocked: Set<'websocket' | 'sse' | 'poll'>;
  /** The first of these that the query contains refuses it. */
  readonly refusals: Map<string, readonly Json[]>;
  /** Tokens that are taken; all of them, where it is undefined. */
  tokens: readonly string[] | undefined;
  readonly close: () => Promise<void>;
}

export const cursorAt = (index: number) => `c${index}`;
const resultOf = (value: string, index: number): Json => ({
  data: { value },
  extensions: { cursor: cursorAt(index + 1) },
});
const problem = (code: string, extensions: Json = {}): Json => ({
  message: `${code}.`,
  extensions: { code, ...extensions },
});

/** Speaks what `gateway/subscriptions/PROTOCOL.md` says, over a list of values. */
export async function startLiveServer(): Promise<LiveServer> {
  const log: string[] = [];
  const listeners = new Set<Listener>();
  const sockets = new Set<WebSocket>();
  const server = createServer((request, response) => void answer(request, response));
  const webSockets = new WebSocketServer({ noServer: true });

  const start = (given: unknown): number | undefined => {
    const after = given ?? cursorAt(log.length);
    const index = Number(/^c(\d+)$/.exec(String(after))?.[1] ?? Number.NaN);
    return index <= log.length ? index : undefined;
  };
  const refusal = (query: string, from: number | undefined, authorization: unknown) => {
    if (live.tokens !== undefined && !live.tokens.includes(String(authorization))) {
      return [problem('UNAUTHENTICATED')];
    }
    for (const [part, errors] of live.refusals) if (query.includes(part)) return errors;
    return from === undefined ? [problem('INVALID_CURSOR')] : undefined;
  };
  const join = (listener: Listener, from: number) => {
    listeners.add(listener);
    for (const [index, value] of log.entries()) {
      if (index >= from) listener.send(resultOf(value, index), cursorAt(index + 1));
    }
  };

  server.on('upgrade', (request, socket, head) => {
    if (live.blocked.has('websocket')) {
      socket.destroy();
      return;
    }
    webSockets.handleUpgrade(request, socket, head, serveSocket);
  });

  function serveSocket(socket: WebSocket): void {
    sockets.add(socket);
    const own = new Map<string, Listener>();
    let authorization: unknown;
    const say = (message: Json) => socket.send(JSON.stringify(message));
    socket.on('close', () => {
      sockets.delete(socket);
      for (const listener of own.values()) listeners.delete(listener);
    });
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data));
      if (type === 'ping') {
        if (payload !== undefined) live.pings.push(payload);
        say({ type: 'pong', ...(payload?.authorization && { payload: { authorization: 'accepted' } }) });
      }
      if (type === 'connection_init') {
        authorization = payload?.authorization;
        if (live.tokens !== undefined && !live.tokens.includes(String(authorization))) {
          socket.close(4403, 'UNAUTHENTICATED');
        } else say({ type: 'connection_ack' });
      }
      if (type === 'complete') {
        listeners.delete(own.get(id) as Listener);
        own.delete(id);
      }
      if (type !== 'subscribe') return;
      const { query, variables } = payload;
      live.asked.push({ transport: 'websocket', variables, authorization });
      const from = start(variables.after);
      const listener: Listener = {
        id,
        transport: 'websocket',
        send: (result) => say({ id, type: 'next', payload: result }),
        end: (errors) => {
          listeners.delete(listener);
          say({ id, type: 'error', payload: errors });
        },
        cut: () => socket.terminate(),
      };
      const errors = refusal(query, from, authorization);
      if (errors !== undefined) {
        listener.end(errors);
        return;
      }
      own.set(id, listener);
      join(listener, from as number);
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const transport = request.url?.endsWith('/stream') ? 'sse' : 'poll';
    if (live.blocked.has(transport)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<p>Nothing here.');
      return;
    }
    const { query, variables, cursor, waitMs, authorization: token } = JSON.parse(text);
    const authorization = token ?? request.headers.authorization;
    const from = start(transport === 'poll' ? cursor : variables.after);
    if (transport === 'sse' || waitMs > 0) live.asked.push({ transport, variables, authorization });
    const errors = refusal(query, from, authorization);
    if (errors !== undefined) {
      const status = errors[0]?.message === 'UNAUTHENTICATED.' ? 401 : 400;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
      return;
    }
    if (transport === 'sse') stream(response, from as number);
    else hold(response, from as number, waitMs);
  }

  function stream(response: ServerResponse, from: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    const next = (result: Json) => response.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
    const listener: Listener = {
      id: 'sse',
      transport: 'sse',
      send: next,
      end: (errors) => {
        next({ errors });
        response.end('event: complete\ndata: \n\n');
      },
      cut: () => response.destroy(),
    };
    response.once('close', () => listeners.delete(listener));
    join(listener, from);
  }

  function hold(response: ServerResponse, from: number, waitMs: number): void {
    const results: Json[] = [];
    let at = cursorAt(log.length);
    const reply = () => {
      clearTimeout(timer);
      if (response.writableEnded) return;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ results, cursor: at, complete: false }));
    };
    const timer = setTimeout(reply, waitMs);
    const listener: Listener = {
      id: 'poll',
      transport: 'poll',
      send: (result, cursor) => {
        results.push(result);
        at = cursor ?? at;
        setImmediate(reply);
      },
      end: (errors) => listener.send({ errors }, undefined),
      cut: () => response.destroy(),
    };
    response.once('close', () => {
      clearTimeout(timer);
      listeners.delete(listener);
    });
    join(listener, from);
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  const live: LiveServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    listeners,
    asked: [],
    pings: [],
    publish: (...values) => {
      for (const value of values) {
        log.push(value);
        for (const one of [...listeners]) one.send(resultOf(value, log.length - 1), cursorAt(log.length));
      }
    },
    ping: (payload) => {
      for (const socket of sockets) socket.send(JSON.stringify({ type: 'ping', payload }));
    },
    cutAll: () => {
      for (const listener of [...listeners]) listener.cut();
      for (const socket of sockets) socket.terminate();
    },
    blocked: new Set(),
    refusals: new Map(),
    tokens: undefined,
    close: async () => {
      live.cutAll();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return live;
}
