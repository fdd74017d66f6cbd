/**
 * A subscription's document. The generated ones know the types of their data and variables; any other is a document as
 * text, whose data is `unknown`.
 */
export interface LiveOperation<Data, Variables> {
  toString(): string;
  readonly __apiType?: (variables: Variables) => Data;
}

export type TransportName = 'websocket' | 'sse' | 'poll';

export interface LiveClientOptions {
  /** The gateway's GraphQL endpoint, `https://gateway.example/graphql`; in a browser a path will do. */
  readonly url: string;
  /** The `authorization` to send, such as `Bearer …`. Asked for at every connect and when a token is about to expire. */
  readonly authorization?: () => string | Promise<string>;
  /** Where cursors are kept. Default: in memory, which a restart forgets. */
  readonly storage?: CursorStorage;
  /** In order of preference. Default: `['websocket', 'sse', 'poll']`. */
  readonly transports?: readonly TransportName[];
  readonly fetch?: typeof fetch;
  readonly webSocketImpl?: typeof WebSocket;
  readonly timing?: Partial<LiveTiming>;
}

/** All in milliseconds. */
export interface LiveTiming {
  /** For a connection to open. Default 10,000. */
  readonly connectMs: number;
  /** Between pings over a WebSocket; one that is not answered in half of it ends the connection. Default 15,000. */
  readonly pingMs: number;
  /** An SSE stream that brings no byte for so long is given up. Default 45,000: three heartbeats of the gateway. */
  readonly silenceMs: number;
  /** How long the gateway may hold a poll. Default 25,000, its own limit. */
  readonly pollWaitMs: number;
  /** The first wait before connecting again, doubled with every failure, and at most the other. Default 500 and 30,000. */
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** How long a fallback is kept before a preferred transport is tried again. Default 60,000. */
  readonly upgradeMs: number;
}

/** Keeps a cursor under a key. What it throws ends the subscription, since a cursor that is not kept may repeat events. */
export interface CursorStorage {
  readonly get: (key: string) => string | null | undefined | Promise<string | null | undefined>;
  readonly set: (key: string, cursor: string) => void | Promise<void>;
  readonly remove: (key: string) => void | Promise<void>;
}

/** One event, as the operation asks for it. */
export interface LiveMessage<Data> {
  /** Null where the event could not be shown; `errors` say why. */
  readonly data: Data | null;
  readonly errors: readonly GraphQLProblem[];
  /** Right behind the event; undefined where a subgraph without cursors gives the events. */
  readonly cursor: string | undefined;
}

/** An error as GraphQL writes it. */
export interface GraphQLProblem {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly [name: string]: unknown };
  readonly path?: readonly (string | number)[];
}

/** Something may have been missed: read again what was derived from the events. */
export interface LiveGap {
  /** `EVENTS_MISSED`, `EVENTS_MAY_BE_MISSED`, or `INVALID_CURSOR` where the kept cursor is worth nothing here. */
  readonly code: string;
  readonly message: string;
}

/** Why a subscription has ended that nobody stopped. Its cursor stays in the storage. */
export interface LiveFailure {
  /** The gateway's code, `HANDLER_FAILED` or `STORAGE_FAILED`. */
  readonly code: string;
  readonly message: string;
  readonly errors: readonly GraphQLProblem[];
  readonly cause?: unknown;
}

export type LiveState =
  | { readonly phase: 'connecting'; readonly transport: TransportName }
  /** Connected, and what happened meanwhile is coming in. */
  | { readonly phase: 'catching-up'; readonly transport: TransportName }
  | { readonly phase: 'live'; readonly transport: TransportName }
  | { readonly phase: 'waiting'; readonly retryInMs: number; readonly reason: string }
  | { readonly phase: 'ended' };

export interface SubscribeOptions<Data> {
  /** The name of this subscription's cursor in the storage. One subscription of a client at a time may have it. */
  readonly key: string;
  /**
   * Takes the messages one after another; the cursor of one is kept once this has returned or its promise has resolved.
   * Where it fails the subscription ends with `HANDLER_FAILED`, and the next with this key begins with the same message.
   */
  readonly onMessage: (message: LiveMessage<Data>) => void | Promise<void>;
  readonly onGap?: (gap: LiveGap) => void;
  readonly onError?: (failure: LiveFailure) => void;
  readonly onState?: (state: LiveState) => void;
}

export interface LiveClient {
  /**
   * Runs a subscription until it is stopped, through lost connections and restarts of either side. The operation
   * declares `$after: ID` and gives it to its field; one that does not has no cursors and is told of a possible gap
   * after every lost connection.
   *
   * @returns stops it at once and for good; nothing is called any more
   * @throws Error where the key is in use
   */
  readonly subscribe: <Data, Variables>(
    operation: LiveOperation<Data, Variables>,
    variables: Omit<Variables, 'after'>,
    options: SubscribeOptions<Data>,
  ) => () => void;
}
