import type { IncomingMessage } from 'node:http';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { guard } from '#gateway/edge/index.ts';
import type { EdgeOptions } from '#gateway/edge/options.ts';
import { requestIdFrom } from '#gateway/fetching/trace.ts';
import { GatewayError, internalError } from '#gateway/pipeline/errors.ts';
import { BodyTooLarge, MalformedRequest, UnsupportedMediaType } from '#gateway/pipeline/http-errors.ts';
import { serveHealth } from './health.ts';
import { graphqlPath, pollPath, sendGraphQLError, serveGraphQL, streamPath } from './http.ts';
import type { Serving } from './lifetime.ts';
import { serveMetrics } from './metrics.ts';
import { serveOpenApi } from './openapi.ts';
import { servePages } from './pages.ts';
import { servePolls } from './poll.ts';
import { sendProblem } from './problem.ts';
import { servePublicKeys } from './public-keys.ts';
import { serveRoutes } from './rest.ts';
import type { Site } from './site.ts';
import { serveEventStreams } from './sse.ts';
import { openWebSockets } from './websocket.ts';

/** Node looks for requests that are late so often in their deadline; at least every so many milliseconds. */
const looksPerDeadline = 4;
const slowestLookMs = 5_000;

/** What a server is made with, beside what its transports share. */
export interface ServerOptions {
  readonly bodyLimit: number;
  /** Where nobody is authenticated: requests to another host than this machine are refused. */
  readonly isLocalOnly: boolean;
  /** What people see. */
  readonly site: Site | undefined;
}

/** The HTTP server with every transport on it, not yet listening. */
export async function createServer(
  parts: Omit<Serving, 'countViewer'>,
  edge: EdgeOptions,
  { bodyLimit, isLocalOnly, site }: ServerOptions,
): Promise<FastifyInstance> {
  const { connection, trustProxy } = edge;
  const app = fastify({
    logger: false,
    bodyLimit,
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    requestTimeout: connection.receiveMs,
    keepAliveTimeout: connection.keepAliveMs,
    maxRequestsPerSocket: connection.requests,
    http: {
      headersTimeout: connection.headersMs,
      maxHeaderSize: connection.headerBytes,
      connectionsCheckingInterval: Math.min(connection.headersMs / looksPerDeadline, slowestLookMs),
      /* Clients that offer another protocol, such as h2c, are answered by the one that they came with. */
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    genReqId: (raw) => requestIdFrom(raw.headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      sendRefusal(parts, request, reply, refusalOf(error, request, bodyLimit));
    },
  });
  /* Bodies come as text: the transport parses them, so that its own errors say what is wrong. */
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    done(null, body);
  });
  app.setErrorHandler<FastifyError | GatewayError>((error, request, reply) => {
    sendRefusal(parts, request, reply, refusalOf(error, request, bodyLimit));
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(request, reply, {
      status: 404,
      title: 'Not Found',
      code: 'PATH_UNKNOWN',
      detail: `Nothing is served at ${request.method} of this path. GraphQL is at ${graphqlPath}.`,
    });
  });
  app.server.maxConnections = connection.connections;
  const serving: Serving = { ...parts, countViewer: await guard(app, edge, isLocalOnly, parts.log) };
  const takeWebSocket = openWebSockets(app, serving, edge, bodyLimit);
  serveGraphQL(app, serving, takeWebSocket, serveEventStreams(app, serving, edge));
  servePolls(app, serving, edge.poll);
  serveHealth(app, serving);
  serveMetrics(app, serving);
  servePublicKeys(app, serving);
  serveOpenApi(app, serving);
  if (site !== undefined) {
    servePages(app, serving, site, edge);
  }
  serveRoutes(app, serving);
  return app;
}

const graphqlPaths: ReadonlySet<string | undefined> = new Set([graphqlPath, streamPath, pollPath]);

/** What Fastify refuses before a transport sees it, in our words and codes. */
function refusalOf(
  error: FastifyError | GatewayError,
  request: FastifyRequest,
  bodyLimit: number,
): GatewayError {
  if (error instanceof GatewayError) {
    return error;
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return BodyTooLarge(bodyLimit);
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return UnsupportedMediaType(request.headers['content-type']);
  }
  const isClients = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return isClients ? MalformedRequest(error.message) : internalError(request.id, error);
}

function sendRefusal(
  serving: Pick<Serving, 'log'>,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: GatewayError,
): void {
  const { status, code, message, headers } = refusal;
  serving.log.info({ requestId: request.id, status, codes: [code] }, 'request');
  if (refusal.kind === 'internal') {
    serving.log.error({ requestId: request.id, err: refusal.cause }, 'request failed inside');
  }
  if (graphqlPaths.has(request.routeOptions?.url)) {
    sendGraphQLError(request, reply, refusal);
  } else {
    sendProblem(request, reply, { status, title: 'The request was refused', detail: message, code, headers });
  }
}
