import type { FastifyRequest } from 'fastify';
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
export function requestContext(request: FastifyRequest, log: Logger): RequestContext {
  const requestId = request.id;
  return {
    viewer: anonymous,
    tenant: anonymous.tenant,
    requestId,
    log: log.child({ requestId }),
    signal: request.signal,
  };
}
