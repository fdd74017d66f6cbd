import type { GraphQLProblem, LiveTiming, TransportName } from './types.ts';

/** What every transport is made from. */
export interface Endpoint {
  /** Absolute, of GraphQL. */
  readonly url: string;
  readonly authorization: (() => string | Promise<string>) | undefined;
  readonly fetch: typeof fetch;
  readonly webSocketImpl: typeof WebSocket | undefined;
  readonly timing: LiveTiming;
}

/** A result as it comes over the wire. */
export interface WireResult {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLProblem[];
  readonly extensions?: { readonly cursor?: string };
}

/** What one run of a subscription over a transport is asked for. */
export interface Run {
  readonly query: string;
  /** As they are now: `after` is another at every connect. */
  readonly variables: () => Readonly<Record<string, unknown>>;
  /** Behind what has come in so far. */
  readonly cursor: () => string | undefined;
  /** Called once, when messages can come. */
  readonly opened: () => void;
  readonly result: (result: WireResult) => void;
  /** Nothing lies between what has come in and this cursor. */
  readonly position: (cursor: string) => void;
  /** Resolves when everything that has come in is handled. */
  readonly drained: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** How a run has ended. */
export type Ending =
  | { readonly kind: 'complete' }
  /** The gateway has said why. */
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLProblem[] }
  /** No connection came about, or it is lost. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface Transport {
  readonly name: TransportName;
  /** Never rejects. Once the signal is aborted it resolves soon, and calls nothing any more. */
  readonly run: (run: Run) => Promise<Ending>;
  /** Whether it can be opened, asked while another one is in use. Without it, it is tried in earnest. */
  readonly probe?: (signal: AbortSignal) => Promise<boolean>;
}

/** The body of a request for a subscription. */
export function requestOf({ query, variables }: Run) {
  return { query, variables: variables() };
}

export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
