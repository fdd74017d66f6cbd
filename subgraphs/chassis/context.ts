import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { openStaleness, type Staleness } from './staleness.ts';

/** On whose behalf a request is made. `tenant` scopes every row that is read or written. */
export interface Viewer {
  /** `machine` is a program, `local` whoever uses this machine while nobody is authenticated. */
  readonly kind: 'anonymous' | 'local' | 'user' | 'machine';
  /** Null for the anonymous viewer, and where several share a fetch. */
  readonly id: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string;
}

export const defaultTenant = 'default';

/** What every resolver gets; a subgraph adds its loaders. */
export interface RequestContext {
  readonly viewer: Viewer;
  readonly tenant: string;
  readonly requestId: string;
  /** W3C Trace Context of the request; undefined where it brought none. */
  readonly traceparent: string | undefined;
  readonly log: Logger;
  /** Aborted once nobody waits for the answer: work that only it needs may end. */
  readonly signal: AbortSignal;
  /** What is answered older than it should be is noted here, and the answer says so. */
  readonly staleness: Staleness;
}

/** The context of one request of a viewer that was vouched for. */
export function requestContext(
  viewer: Viewer,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): RequestContext {
  const requestId = request.id;
  const { traceparent } = request.headers;
  return {
    viewer,
    tenant: viewer.tenant,
    requestId,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    log: log.child({ requestId }),
    signal: unanswered(reply),
    staleness: openStaleness(),
  };
}

/**
 * Aborts when the connection ends before the answer was sent. Fastify's own `request.signal` aborts as soon as
 * the request's body has been read, which is long before.
 */
function unanswered({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
