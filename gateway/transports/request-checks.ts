import type { FastifyRequest } from 'fastify';
import { Draining, PreflightRequired, UnsupportedMediaType } from '#gateway/pipeline/http-errors.ts';
import type { Lifetime } from './lifetime.ts';

/**
 * Checks of a GraphQL request what can be told from its headers alone: that requests are taken, and that no browser
 * sends this one for a foreign page without a CORS preflight. A POST must be JSON, which is no simple content type; a
 * GET must carry a header that forces one.
 * @throws GatewayError
 */
export function checkHeaders(lifetime: Lifetime, request: FastifyRequest, isPost: boolean): void {
  if (lifetime.isDraining) {
    throw Draining();
  }
  const contentType = request.headers['content-type'];
  if (isPost) {
    if (!isJson(contentType)) {
      throw UnsupportedMediaType(contentType);
    }
  } else if (
    !request.headers['x-tributary-preflight'] &&
    !request.headers['apollo-require-preflight'] &&
    !isJson(contentType)
  ) {
    throw PreflightRequired();
  }
}

const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || (contentType !== undefined && jsonInUtf8.test(contentType));
}
