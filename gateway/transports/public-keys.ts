import type { FastifyInstance } from 'fastify';
import type { Serving } from './lifetime.ts';

export const publicKeysPath = '/.well-known/jwks.json';

/** How long others may keep the keys. A key that they do not know has them ask again in any case. */
const keptSeconds = 60;

/** Serves the public part of the keys that viewers are vouched for with, for subgraphs to check it. */
export function servePublicKeys(app: FastifyInstance, { publicKeys }: Serving): void {
  if (publicKeys === undefined) {
    return;
  }
  app.get(publicKeysPath, (_, reply) => {
    reply
      .header('content-type', 'application/jwk-set+json')
      .header('cache-control', `public, max-age=${keptSeconds}`)
      .send(JSON.stringify(publicKeys()));
  });
}
