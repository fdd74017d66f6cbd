import compress from '@fastify/compress';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { HostNotServed } from '#gateway/pipeline/errors.ts';
import { isLoopback } from './loopback.ts';
import type { EdgeOptions } from './options.ts';
import { type CountViewer, countRequests } from './rates.ts';

/** How long a browser may keep the answer to a CORS preflight, in seconds. */
const preflightSeconds = 600;

const readableHeaders = [
  'etag',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'x-request-id',
];
const sendableHeaders = [
  'apollo-require-preflight',
  'authorization',
  'content-type',
  'if-none-match',
  'traceparent',
  'tracestate',
  'x-client-name',
  'x-client-version',
  'x-request-id',
  'x-tributary-preflight',
];

/**
 * Puts what every request passes before a transport sees it, in this order: the host it was sent to, counting by
 * address, CORS, security headers, compression. Must come before the routes are declared. Gives what counts by viewer.
 *
 * @param checksHost true where nobody is authenticated, see `refuseForeignHosts`
 */
export async function guard(
  app: FastifyInstance,
  edge: EdgeOptions,
  checksHost: boolean,
  log: Logger,
): Promise<CountViewer> {
  const { browser, compressFromBytes } = edge;
  if (checksHost) refuseForeignHosts(app);
  const countViewer = await countRequests(app, edge, log);
  if (browser.origins.length > 0) {
    await app.register(cors, {
      origin: (origin, done) => done(null, origin !== undefined && browser.origins.includes(origin)),
      methods: ['GET', 'POST'],
      allowedHeaders: sendableHeaders,
      exposedHeaders: readableHeaders,
      maxAge: preflightSeconds,
    });
  }
  await app.register(helmet, {
    /* For answers that are no pages; a page sends a policy of its own in place of this one. */
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    /* `frame-ancestors` says it, and unlike this header it can name origins. */
    xFrameOptions: false,
  });
  if (compressFromBytes !== false) {
    await app.register(compress, {
      threshold: compressFromBytes,
      encodings: ['br', 'gzip'],
      globalDecompression: false,
    });
  }
  return countViewer;
}

/**
 * Refuses requests that were sent to another host than this machine. A page can have its own name resolve to loopback
 * (DNS rebinding) and would then read everything as if it were the gateway's own page; its `Host` header gives it away.
 */
function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _, done) => {
    const name = request.hostname.replace(/^\[(.*)\]$/, '$1');
    done(isLoopback(name) ? undefined : HostNotServed(name));
  });
}
