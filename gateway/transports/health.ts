import type { FastifyInstance } from 'fastify';
import { holdingsOf, metricsScope } from '#gateway/rights/access.ts';
import type { Serving } from './lifetime.ts';

/**
 * `/health` says that the process is alive, and nothing more. `/ready` says that it should be sent requests: a
 * supergraph is loaded and planned with, and nobody has asked the gateway to end. Where the last reload failed it still
 * should be, with the supergraph from before; `failedReload` says when, and to whoever may read the metrics why: a reason
 * names files.
 */
export function serveHealth(app: FastifyInstance, serving: Serving): void {
  app.get('/health', (_, reply) => {
    reply.header('cache-control', 'no-store').send({ status: 'alive' });
  });
  app.get('/ready', async (request, reply) => {
    const { isDraining } = serving.lifetime;
    const failed = serving.failedReload();
    const mayKnowWhy = failed !== undefined && (await isOperator(serving, request.headers.authorization));
    return reply
      .code(isDraining ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({
        status: isDraining ? 'draining' : 'ready',
        supergraph: serving.generation().id,
        failedReload: failed && (mayKnowWhy ? failed : { at: failed.at }),
      });
  });
}

/** A probe without a token, or with one that is not good, is nobody's mistake. */
async function isOperator(
  { authenticate, generation }: Serving,
  authorization: string | undefined,
): Promise<boolean> {
  try {
    const viewer = await authenticate(authorization);
    return holdingsOf(viewer, generation().access).hasScope(metricsScope);
  } catch {
    return false;
  }
}
