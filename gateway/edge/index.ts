import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { HostNotServed } from '#gateway/pipeline/http-errors.ts';
import { openCompression } from './compression.ts';
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
  'last-event-id',
  'traceparent',
  'tracestate',
  'x-client-name',
  'x-client-version',
  'x-request-id',
  'x-tributary-preflight',
];

/**
 * What JSON needs so that no browser takes it for something else or shows it to a page that may not read it. Set as
 * they are, since these are on every answer; pages get the whole of helmet's and a policy of their own.
 */
const securityHeaders = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

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
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
  if (compressFromBytes !== false) {
    await openCompression(app, compressFromBytes);
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
