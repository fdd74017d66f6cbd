import type { FastifyInstance } from 'fastify';
import type { Serving } from './lifetime.ts';

/**
 * `/health` says that the process is alive, and nothing more. `/ready` says that it should be sent requests: a
 * supergraph is loaded and planned with, and nobody has asked the gateway to end. Where the last reload failed it still
 * should be, with the supergraph from before; `failedReload` says why and when.
 */
export function serveHealth(app: FastifyInstance, serving: Serving): void {
  app.get('/health', (_, reply) => {
    reply.header('cache-control', 'no-store').send({ status: 'alive' });
  });
  app.get('/ready', (_, reply) => {
    const { isDraining } = serving.lifetime;
    reply
      .code(isDraining ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({
        status: isDraining ? 'draining' : 'ready',
        supergraph: serving.generation().id,
        failedReload: serving.failedReload(),
      });
  });
}
