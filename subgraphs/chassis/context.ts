import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** On whose behalf a request is made. `tenant` scopes every row that is read or written. */
export interface Viewer {
  /** Null for the anonymous viewer. */
  readonly id: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string;
}

export const defaultTenant = 'default';

const anonymous: Viewer = { id: null, roles: [], scopes: [], tenant: defaultTenant };

/** What every resolver gets; a subgraph adds its loaders. */
export interface RequestContext {
  readonly viewer: Viewer;
  readonly tenant: string;
  readonly requestId: string;
  readonly log: Logger;
  /** Aborted once nobody waits for the answer: work that only it needs may end. */
  readonly signal: AbortSignal;
}

/**
 * The context of one request. The viewer is never read from headers that anybody may set: as long as nothing
 * vouches for the caller, it is the anonymous one.
 */
export function requestContext(request: FastifyRequest, reply: FastifyReply, log: Logger): RequestContext {
  const requestId = request.id;
  return {
    viewer: anonymous,
    tenant: anonymous.tenant,
    requestId,
    log: log.child({ requestId }),
    signal: unanswered(reply),
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
