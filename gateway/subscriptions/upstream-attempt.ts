import { CloseCode, createClient, type Sink, type SubscribePayload } from 'graphql-ws';
import { WebSocket } from 'ws';
import { viewerHeader } from '#gateway/identity/internal-token.ts';
import type { UpstreamOptions } from './upstream-options.ts';

/** One connection to a subgraph, from its opening to its first failure. */
export interface Attempt {
  /** Sends an operation as soon as the connection stands. Gives what takes it back. */
  readonly subscribe: (payload: SubscribePayload, sink: Sink) => () => void;
  /** Nobody wants it any more. `over` is not called. */
  readonly end: () => void;
}

/** Why a connection is over. */
export interface AttemptEnd {
  /** For the log. */
  readonly cause: string;
  /** True where the subgraph said that it does not want this connection, rather than that it cannot have it now. */
  readonly isRefusal: boolean;
}

export interface AttemptSettings {
  readonly url: string;
  readonly options: UpstreamOptions;
  readonly mostMessageBytes: number;
  readonly requestId: string;
  /** Vouches for the viewer; undefined where subgraphs are not told who asks. */
  readonly token: string | undefined;
  /** Headers of the client for the upgrade: names and values in turn. */
  readonly forwarded: readonly string[];
}

/** How long a subgraph has to answer the closing of a connection before it is cut. */
const farewellMs = 1_000;

/** Statuses below 500 that may be others the next time. */
const passingStatuses = new Set([408, 425, 429]);
const refusalCodes = new Set<number>([
  CloseCode.BadRequest,
  CloseCode.Unauthorized,
  CloseCode.Forbidden,
  CloseCode.SubprotocolNotAcceptable,
]);

/**
 * Connects to a subgraph by the protocol `graphql-transport-ws`. It is over as soon as anything goes wrong: no
 * acknowledgement in time, no answer to a ping, a frame that is none of the protocol or too large, a closed socket.
 * graphql-ws itself tries nothing again, since its own waits end with no one's leaving and its list of fatal codes
 * would end subscriptions when a subgraph has an accident.
 */
export function openAttempt(
  settings: AttemptSettings,
  told: { readonly connected: () => void; readonly over: (end: AttemptEnd) => void },
): Attempt {
  const { options, token } = settings;
  let socket: WebSocket | undefined;
  let status: number | undefined;
  let isOver = false;
  let pong: NodeJS.Timeout | undefined;

  const socketOptions = {
    headers: {
      ...inPairs(settings.forwarded),
      'x-request-id': settings.requestId,
      ...(token === undefined ? {} : { [viewerHeader]: token }),
    },
    maxPayload: settings.mostMessageBytes,
    perMessageDeflate: false,
    followRedirects: false,
    closeTimeout: farewellMs,
  };
  class SubgraphSocket extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol, socketOptions);
      socket = this;
      this.once('unexpected-response', (_, response) => {
        status = response.statusCode;
        this.terminate();
      });
    }
  }

  const letGo = () => {
    isOver = true;
    clearTimeout(deadline);
    clearTimeout(pong);
    /* It rejects where the connection never stood, which is no news. */
    Promise.resolve(client.dispose()).catch(() => undefined);
  };
  const over = (cause: string, isRefusal = false) => {
    if (isOver) return;
    letGo();
    socket?.terminate();
    told.over({ cause, isRefusal });
  };
  const deadline = setTimeout(
    () => over(`no acknowledgement within ${options.connectMs} ms`),
    options.connectMs,
  );
  const client = createClient({
    url: settings.url,
    webSocketImpl: SubgraphSocket,
    connectionParams: token === undefined ? undefined : { [viewerHeader]: token },
    retryAttempts: 0,
    keepAlive: options.pingMs,
    on: {
      connected() {
        clearTimeout(deadline);
        if (!isOver) told.connected();
      },
      ping(isReceived) {
        if (isReceived || isOver) return;
        pong = setTimeout(() => over(`no answer to a ping within ${options.pongMs} ms`), options.pongMs);
      },
      pong(isReceived) {
        if (isReceived) clearTimeout(pong);
      },
      closed(event) {
        const { code, reason } = event as { code: number; reason: string };
        over(`closed with ${code} ${reason}`.trim(), refusalCodes.has(code));
      },
      error(error) {
        const isUnwanted = status !== undefined && status < 500 && !passingStatuses.has(status);
        over(status === undefined ? messageOf(error) : `the upgrade was answered with ${status}`, isUnwanted);
      },
    },
  });

  return {
    subscribe: (payload, sink) =>
      client.subscribe(payload, {
        next: (value) => isOver || sink.next(value),
        /* Anything but a list is the connection's end, which is told once for all. */
        error: (error) => isOver || !Array.isArray(error) || sink.error(error),
        complete: () => isOver || sink.complete(),
      }),
    end() {
      if (isOver) return;
      letGo();
      if (socket?.readyState === WebSocket.OPEN) socket.close(1000, 'Normal Closure');
      else socket?.terminate();
    },
  };
}

function inPairs(headers: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (let name = 0; name < headers.length; name += 2) pairs[headers[name]!] = headers[name + 1]!;
  return pairs;
}

function messageOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  return typeof message === 'string' && message !== '' ? message : 'the connection failed';
}
