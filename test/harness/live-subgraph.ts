import { EventEmitter, on } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';

/** A subgraph that serves subscriptions itself, over graphql-ws, and says what it has seen. */
export interface LiveSubgraph {
  /** With `http:`, as a supergraph has it. */
  readonly url: string;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** Operations that run, as their texts. */
  readonly running: readonly string[];
  /** Of each connection: the viewer header of its upgrade, all of its headers, and the payload of its `connection_init`. */
  readonly seen: {
    readonly header: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly init: unknown;
  }[];
  /** Gives all who are subscribed one more value: of `{ ticked(of: ID): Tick! }`. */
  readonly tick: (value: {
    readonly n?: number;
    readonly text?: string;
    readonly of?: string;
    readonly lead?: { readonly id: string };
  }) => void;
  /** Lets every subscription run out. */
  readonly finish: () => void;
  /** Cuts all connections; nothing listens at the port until `start`. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

const schema = buildSchema(`
  type Query { now: Int }
  type Subscription { ticked(of: ID): Tick! refused: Tick! }
  type Tick { n: Int! text: String lead: Lead }
  type Lead { id: ID! }
`);

/** The same for a supergraph that has leads of another subgraph. */
export const ticksSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Query { now: Int }
  type Subscription { ticked(of: ID): Tick! refused: Tick! }
  type Tick { n: Int! text: String lead: Lead }
  type Lead @key(fields: "id", resolvable: false) { id: ID! }
`;

const last = { value: undefined, done: true } as const;

/** @param acknowledges false to leave every connection without an acknowledgement */
export async function startLiveSubgraph({
  acknowledges = () => true,
}: {
  readonly acknowledges?: () => boolean | Promise<boolean>;
} = {}): Promise<LiveSubgraph> {
  const events = new EventEmitter();
  events.setMaxListeners(0);
  const sockets = new Set<WebSocket>();
  const running: string[] = [];
  const seen: LiveSubgraph['seen'] = [];
  let server: Server | undefined;
  let port = 0;

  /* No generator: one that waits for a value cannot be ended before it has come. */
  const ticks = ({
    document,
    variableValues,
  }: ExecutionArgs): ExecutionResult | AsyncIterableIterator<ExecutionResult> => {
    const text = document.loc?.source.body ?? '';
    if (text.includes('refused')) {
      const extensions = { code: 'NO_TICKS', exception: 'secret' };
      return { errors: [new GraphQLError('No ticks today.', { extensions })] };
    }
    running.push(text);
    const values = on(events, 'tick');
    let isOver = false;
    const end = async () => {
      if (isOver) return last;
      isOver = true;
      events.off('finish', end);
      running.splice(running.indexOf(text), 1);
      await values.return?.();
      return last;
    };
    events.once('finish', end);
    const ticked: AsyncIterableIterator<ExecutionResult> = {
      async next() {
        for (;;) {
          const { value, done } = await values.next();
          if (done) return last;
          const [tick] = value;
          if (variableValues?.of !== undefined && tick.of !== variableValues.of) continue;
          return {
            value: await execute({ schema, document, variableValues, rootValue: { ticked: tick } }),
            done: false,
          };
        }
      },
      return: end,
      [Symbol.asyncIterator]: () => ticked,
    };
    return ticked;
  };

  const start = async () => {
    const http = createServer();
    const webSockets = new WebSocketServer({ server: http });
    webSockets.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    useServer(
      {
        schema,
        subscribe: async (args) => ticks(args),
        onConnect: ({ connectionParams, extra }) => {
          const { headers } = extra.request;
          const header = headers['x-tributary-viewer'];
          seen.push({ header: Array.isArray(header) ? header[0] : header, headers, init: connectionParams });
          return acknowledges();
        },
      },
      webSockets,
    );
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    port = (http.address() as AddressInfo).port;
    server = http;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    sockets,
    running,
    seen,
    tick: (value) => void events.emit('tick', { n: 0, ...value }),
    finish: () => void events.emit('finish'),
    async stop() {
      for (const socket of sockets) socket.terminate();
      const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
      server?.closeAllConnections();
      server = undefined;
      await closed;
    },
    start,
  };
}
