import type { AskedFor } from './asked-for.ts';
import type { TraceContext } from './trace.ts';

/** Why a request ended before its answer was complete. */
export type EndReason = 'client-gone' | 'deadline';

/** Something under way that ends when its request does. */
export interface Cancellable {
  cancel(reason: EndReason): void;
}

/**
 * What one fetch of a subgraph came to. `ERROR` is a GraphQL answer that holds errors, `STALE` one without, of which the
 * subgraph says that something in it is older than it should be.
 */
export type FetchOutcome = 'OK' | 'STALE' | 'ERROR' | 'UNAVAILABLE' | 'TIMEOUT';

export interface FetchRecord {
  readonly subgraph: string;
  readonly outcome: FetchOutcome;
  readonly latencyMs: number;
  /** The oldest `observedAt` in the answer. */
  readonly observedAt: string | undefined;
  /** When the oldest was observed of what is older than it should be, whatever the outcome. */
  readonly staleSince?: string | undefined;
}

/**
 * The lifetime of one client request: who it is, how long it may take, and what it has under way. It is a plain
 * object that the fetches register with: a listener on an AbortSignal for each fetch costs more than the set.
 */
export interface RequestScope {
  readonly id: string;
  readonly traceId: string;
  readonly isSampled: boolean;
  /** Headers of the client that subgraphs get too: names and values in turn. */
  readonly forwarded: readonly string[];
  /** Names and values in turn, the same for every fetch that is the request's own. */
  readonly subgraphHeaders: string[];
  /** On whose behalf fetches go out; undefined until that is known, and where subgraphs are not told. */
  askedFor: AskedFor | undefined;
  /** By `performance.now()`. */
  readonly startedAt: number;
  readonly deadlineMs: number;
  readonly abort: AbortController;
  readonly underWay: Set<Cancellable>;
  /** Filled where the transport asks what each subgraph contributed. */
  readonly records: FetchRecord[] | undefined;
  deadline: NodeJS.Timeout | undefined;
  fetches: number;
  ended: EndReason | undefined;
}

const noHeaders: readonly string[] = [];

/** Opens the scope and starts its deadline; `closeScope` must follow. */
export function openScope(options: {
  readonly id: string;
  readonly trace: TraceContext;
  readonly deadlineMs: number;
  readonly recordsFetches: boolean;
  /** Default: none. */
  readonly forwarded?: readonly string[] | undefined;
}): RequestScope {
  const { id, trace, deadlineMs, forwarded = noHeaders } = options;
  const scope: RequestScope = {
    id,
    traceId: trace.traceId,
    isSampled: trace.isSampled,
    forwarded,
    subgraphHeaders: subgraphHeaders(id, trace, forwarded),
    askedFor: undefined,
    startedAt: performance.now(),
    deadlineMs,
    abort: new AbortController(),
    underWay: new Set(),
    records: options.recordsFetches ? [] : undefined,
    deadline: undefined,
    fetches: 0,
    ended: undefined,
  };
  scope.deadline = setTimeout(endScope, deadlineMs, scope, 'deadline');
  return scope;
}

/** The headers of a fetch, names and values in turn. */
export function subgraphHeaders(id: string, trace: TraceContext, forwarded: readonly string[]): string[] {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'application/graphql-response+json, application/json;q=0.9',
    'x-request-id',
    id,
    'traceparent',
    trace.traceparent,
  ];
  if (trace.tracestate !== undefined) {
    headers.push('tracestate', trace.tracestate);
  }
  if (forwarded.length > 0) {
    headers.push(...forwarded);
  }
  return headers;
}

/** Ends the request early: cancels what is under way and lets nothing new start. A second call does nothing. */
export function endScope(scope: RequestScope, reason: EndReason): void {
  if (scope.ended !== undefined) {
    return;
  }
  scope.ended = reason;
  clearTimeout(scope.deadline);
  scope.abort.abort();
  for (const piece of scope.underWay) {
    piece.cancel(reason);
  }
}

/** Stops the deadline of a request that is answered. */
export function closeScope(scope: RequestScope): void {
  clearTimeout(scope.deadline);
}
