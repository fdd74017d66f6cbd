import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import type { CountViewer } from '#gateway/edge/rates.ts';
import { forwardedFrom } from '#gateway/fetching/forwarded-headers.ts';
import { closeScope, endScope, openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import { continueTrace } from '#gateway/fetching/trace.ts';
import type { PagePasses } from '#gateway/identity/page-pass.ts';
import type { GatewayTimeouts } from '#gateway/options.ts';
import type { PipelineParts } from '#gateway/pipeline/types.ts';
import type { Sessions } from '#gateway/subscriptions/session.ts';
import type { Live } from '#gateway/subscriptions/types.ts';
import type { FailedReload } from '#gateway/supergraph/generations.ts';
import type { UsageSink } from '#gateway/usage/types.ts';
import type { LiveConnections } from './live-connections.ts';

import type { Metrics } from './metrics.ts';

/** What every transport needs. */
export interface Serving extends PipelineParts {
  readonly log: Logger;
  readonly timeouts: GatewayTimeouts;
  /** Names of client headers that subgraphs get, in lower case. */
  readonly forwardHeaders: readonly string[];
  readonly lifetime: Lifetime;
  readonly failedReload: () => FailedReload | undefined;
  readonly countViewer: CountViewer;
  readonly live: Live;
  readonly sessions: Sessions;
  readonly liveConnections: LiveConnections;
  readonly metrics: Metrics | undefined;
  /** Undefined where nothing is counted. */
  readonly usage: UsageSink | undefined;
  /** Undefined where viewers are not vouched for, and need no pass. */
  readonly passes: PagePasses | undefined;
  /** Of the internal keys; undefined where nothing is signed. */
  readonly publicKeys: (() => JSONWebKeySet) | undefined;
}

/** Whether the gateway takes requests, and how many it is answering. */
export interface Lifetime {
  isDraining: boolean;
  inFlight: number;
  /** Called when the last request in flight is answered. */
  onIdle: (() => void) | undefined;
}

/**
 * Counts a request in until its answer is handed over or its client is gone, and opens its scope. A client that goes
 * away ends the scope, and with it the request's fetches.
 */
export function admit(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  recordsFetches: boolean,
): RequestScope {
  const { lifetime } = serving;
  const scope = openRequestScope(serving, request, recordsFetches);
  const { raw } = reply;
  lifetime.inFlight += 1;
  raw.once('close', () => {
    if (!raw.writableFinished) {
      endScope(scope, 'client-gone');
    }
    closeScope(scope);
    lifetime.inFlight -= 1;
    if (lifetime.inFlight === 0) {
      lifetime.onIdle?.();
    }
  });
  return scope;
}

/** Opens the scope of a request, which whoever opens it has to end or to close. */
export function openRequestScope(
  { timeouts, forwardHeaders }: Pick<Serving, 'timeouts' | 'forwardHeaders'>,
  request: FastifyRequest,
  recordsFetches: boolean,
): RequestScope {
  const { traceparent, tracestate } = request.headers;
  return openScope({
    id: request.id,
    trace: continueTrace(traceparent, tracestate),
    deadlineMs: timeouts.requestMs,
    recordsFetches,
    forwarded: forwardHeaders.length === 0 ? undefined : forwardedFrom(request.headers, forwardHeaders),
  });
}

/** Takes no new requests, and waits until those in flight are answered, at most `patienceMs`. */
export function drain(lifetime: Lifetime, patienceMs: number): Promise<void> {
  lifetime.isDraining = true;
  if (lifetime.inFlight === 0) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    lifetime.onIdle = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
