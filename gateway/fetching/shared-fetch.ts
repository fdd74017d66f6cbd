import { randomUUID } from 'node:crypto';
import type { ExchangeFailure } from './exchange.ts';
import type { FetchOutcome } from './request-scope.ts';
import type { Requester, SeenSoFar } from './requester.ts';
import type { SubgraphTarget } from './targets.ts';
import { newTrace, type TraceContext } from './trace.ts';

/**
 * A fetch that several requests wait for. It has a request id and a trace of its own; its line in the log links them
 * to those of the requests, as OpenTelemetry's span links would.
 */
export interface SharedFetch {
  /** The `x-request-id` that the subgraph gets. */
  readonly id: string;
  readonly trace: TraceContext;
  readonly startedAt: number;
  readonly requests: number;
  readonly parts: number;
  readonly requestIds: readonly string[];
  readonly traceIds: readonly string[];
}

/** Requests that one line of log lists; the number of all of them stands beside. */
const mostListed = 100;

export function startShared(requesters: readonly Requester[], parts: number): SharedFetch {
  const scopes = requesters.map(({ scope }) => scope);
  const listed = scopes.slice(0, mostListed);
  return {
    id: randomUUID(),
    trace: newTrace(scopes.some((scope) => scope.isSampled)),
    startedAt: performance.now(),
    requests: scopes.length,
    parts,
    requestIds: listed.map((scope) => scope.id),
    traceIds: listed.map((scope) => scope.traceId),
  };
}

export function logShared(
  target: SubgraphTarget,
  shared: SharedFetch,
  outcome: FetchOutcome | 'ABANDONED',
  isAskedAgain = false,
): void {
  target.log.info(
    { ...fieldsOf(target, shared), outcome, askedAgain: isAskedAgain || undefined },
    'shared fetch',
  );
}

export function logSharedFailure(
  target: SubgraphTarget,
  shared: SharedFetch,
  { code, cause }: ExchangeFailure,
  seen: SeenSoFar | undefined,
  isAskedAgain: boolean,
): void {
  target.log.error(
    {
      ...fieldsOf(target, shared),
      url: target.url,
      code,
      ...seen,
      askedAgain: isAskedAgain || undefined,
      ...(cause instanceof Error ? { err: cause } : { cause }),
    },
    'subgraph fetch failed',
  );
}

function fieldsOf(target: SubgraphTarget, shared: SharedFetch): object {
  return {
    sharedFetch: shared.id,
    traceId: shared.trace.traceId,
    subgraph: target.name,
    requests: shared.requests,
    parts: shared.parts,
    requestIds: shared.requestIds,
    traceIds: shared.traceIds,
    ms: Math.round((performance.now() - shared.startedAt) * 10) / 10,
  };
}
