import { CloseCode, createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType } from 'graphql-ws/client';
import { type Ending, type Endpoint, type Run, reasonOf, requestOf, type Transport } from './transport.ts';
import type { GraphQLProblem } from './types.ts';
import { verdictOf } from './verdict.ts';
import { deadline } from './waiting.ts';

/** What the library hands over when a connection ends. */
interface Closed {
  readonly code: number;
  readonly reason: string;
}

/**
 * All subscriptions of a client over one WebSocket. The library connects and speaks the protocol; when to connect again
 * is not left to it, since it would send the cursor of the first time.
 */
export function websocketTransport(endpoint: Endpoint): Transport {
  const { authorization, timing, webSocketImpl } = endpoint;
  const url = endpoint.url.replace(/^http/, 'ws');
  const runs = new Map<string, Run>();
  /** The connection that can be used. */
  let socket: WebSocket | undefined;
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  let ids = 0;

  const client = createClient({
    url,
    ...(webSocketImpl && { webSocketImpl }),
    ...(authorization && { connectionParams: async () => ({ authorization: await authorization() }) }),
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    keepAlive: timing.pingMs,
    connectionAckWaitTimeout: timing.connectMs,
    generateID: () => String(ids),
    on: {
      connected: (opened) => {
        socket = opened as WebSocket;
        for (const run of runs.values()) run.opened();
      },
      closed: () => {
        socket = undefined;
        clearTimeout(unanswered);
      },
      ping: (isReceived, payload) => {
        if (isReceived) takePing(payload);
        /* A connection of which the other end is gone looks open for minutes. */ else
          unanswered = setTimeout(() => client.terminate(), timing.pingMs / 2);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(unanswered);
      },
    },
  });

  /** The gateway says that the token is about to run out, or where everybody stands before it goes away. */
  function takePing(payload: Readonly<Record<string, unknown>> | undefined): void {
    if (typeof payload?.expiresAt === 'string') void renew();
    const cursors = (payload?.cursors ?? {}) as Readonly<Record<string, string>>;
    for (const [id, cursor] of Object.entries(cursors)) runs.get(id)?.position(cursor);
  }

  async function renew(): Promise<void> {
    const asked = socket;
    /* Without another token the subscriptions end, and then it is asked for again. */
    const fresh = await Promise.resolve(authorization?.()).catch(() => undefined);
    if (fresh === undefined || asked === undefined || asked !== socket) return;
    asked.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization: fresh } }));
  }

  return {
    name: 'websocket',
    run: (run) =>
      new Promise<Ending>((resolve) => {
        ids += 1;
        const id = String(ids);
        const opening = deadline(timing.connectMs, run.signal, 'The WebSocket did not open in time.');
        let leave = () => {};
        let used: WebSocket | undefined;
        const end = (ending: Ending) => {
          opening.clear();
          run.signal.removeEventListener('abort', stop);
          runs.delete(id);
          resolve(ending);
        };
        const stop = () => {
          leave();
          end({ kind: 'lost', reason: 'It was stopped.' });
        };
        const late = () => {
          if (run.signal.aborted || !runs.has(id)) return;
          client.terminate();
          end({ kind: 'lost', reason: 'The WebSocket did not open in time.' });
        };
        opening.signal.addEventListener('abort', late);
        run.signal.addEventListener('abort', stop);
        const watched: Run = {
          ...run,
          opened: () => {
            opening.clear();
            used = socket;
            run.opened();
          },
        };
        runs.set(id, watched);
        leave = client.subscribe<Record<string, unknown>>(payloadOf(run), {
          next: (result) => {
            if (runs.has(id)) run.result(result as Parameters<Run['result']>[0]);
          },
          complete: () => end({ kind: 'complete' }),
          error: (thrown) => {
            const ending = endingOf(thrown);
            const needsToken = ending.kind === 'refused' && verdictOf(ending.errors) === 'authorize';
            /* The connection has the token that it was opened with. */
            if (needsToken && used !== undefined && used === socket) client.terminate();
            end(ending);
          },
        });
        if (socket !== undefined) watched.opened();
      }),
    probe: (signal) => probe(webSocketImpl ?? WebSocket, url, timing.connectMs, signal),
  };
}

/** Read at every sending, so that `after` is where the subscription stands. */
function payloadOf(run: Run) {
  return {
    query: run.query,
    get variables() {
      return { ...requestOf(run).variables };
    },
  };
}

function endingOf(thrown: unknown): Ending {
  if (Array.isArray(thrown)) return { kind: 'refused', errors: thrown as readonly GraphQLProblem[] };
  const { code, reason = '' } = thrown as Partial<Closed>;
  if (code === CloseCode.Forbidden || code === CloseCode.Unauthorized) {
    const message = 'The gateway does not take the token.';
    return { kind: 'refused', errors: [{ message, extensions: { code: 'UNAUTHENTICATED', reason } }] };
  }
  if (code !== undefined)
    return { kind: 'lost', reason: `The WebSocket was closed: ${code} ${reason}`.trim() };
  return { kind: 'lost', reason: thrown instanceof Error ? reasonOf(thrown) : 'The WebSocket broke.' };
}

function probe(
  implementation: typeof WebSocket,
  url: string,
  connectMs: number,
  outer: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const { signal, clear } = deadline(connectMs, outer, 'late');
    const socket = new implementation(url, GRAPHQL_TRANSPORT_WS_PROTOCOL);
    const end = (isOpen: boolean) => {
      clear();
      socket.close();
      resolve(isOpen);
    };
    socket.onopen = () => end(true);
    socket.onerror = () => end(false);
    socket.onclose = () => end(false);
    signal.addEventListener('abort', () => end(false));
  });
}
