import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { requestIdFrom } from '#gateway/fetching/trace.ts';
import {
  BodyTooLarge,
  type GatewayError,
  internalError,
  MalformedRequest,
  UnsupportedMediaType,
} from '#gateway/pipeline/errors.ts';
import { serveHealth } from './health.ts';
import { graphqlPath, sendGraphQLError, serveGraphQL } from './http.ts';
import type { Serving } from './lifetime.ts';
import { sendProblem } from './problem.ts';
import { serveRoutes } from './rest.ts';

/** How long a client may take to send a whole request, in milliseconds. */
const receiveTimeoutMs = 30_000;

/** The HTTP server with every transport on it, not yet listening. */
export function createServer(serving: Serving, bodyLimit: number): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit,
    requestTimeout: receiveTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    genReqId: (raw) => requestIdFrom(raw.headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      sendRefusal(serving, request, reply, refusalOf(error, request, bodyLimit));
    },
  });
  /* Bodies come as text: the transport parses them, so that its own errors say what is wrong. */
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    done(null, body);
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    sendRefusal(serving, request, reply, refusalOf(error, request, bodyLimit));
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(request, reply, {
      status: 404,
      title: 'Not Found',
      code: 'PATH_UNKNOWN',
      detail: `Nothing is served at ${request.method} of this path. GraphQL is at ${graphqlPath}.`,
    });
  });
  serveGraphQL(app, serving);
  serveHealth(app, serving);
  serveRoutes(app, serving);
  return app;
}

/** What Fastify refuses before a transport sees it, in our words and codes. */
function refusalOf(error: FastifyError, request: FastifyRequest, bodyLimit: number): GatewayError {
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
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: GatewayError,
): void {
  const { status, code, message, headers } = refusal;
  serving.log.info({ requestId: request.id, status, codes: [code] }, 'request');
  if (refusal.kind === 'internal') {
    serving.log.error({ requestId: request.id, err: refusal.cause }, 'request failed inside');
  }
  if (request.routeOptions?.url === graphqlPath) {
    sendGraphQLError(request, reply, refusal);
  } else {
    sendProblem(request, reply, { status, title: 'The request was refused', detail: message, code, headers });
  }
}
