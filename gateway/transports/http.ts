import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBody } from '#gateway/edge/compression.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import {
  Draining,
  MethodNotAllowed,
  NotAcceptable,
  PreflightRequired,
  UnsupportedMediaType,
} from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { type AnswerType, bodyOf, errorBody, refused, statusOf } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters, PipelineAnswer } from '#gateway/pipeline/types.ts';
import { graphqlTypes, negotiate } from './accept.ts';
import { admit, type Serving } from './lifetime.ts';
import { readBody, readQuery } from './parameters.ts';
import { logRequest } from './request-log.ts';
import type { TakeWebSocket } from './websocket.ts';

export const graphqlPath = '/graphql';

const chooseType = negotiate(graphqlTypes);
const contentTypes: Readonly<Record<AnswerType, string>> = {
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
  'application/json': 'application/json; charset=utf-8',
};

/**
 * Serves GraphQL over HTTP as https://graphql.github.io/graphql-over-http/draft/ says: POST with a JSON body, GET for
 * queries, one operation a request. `statusOf` has the rule for status codes.
 *
 * Without an Accept header the answer is `application/graphql-response+json`, the draft's default since 2025.
 *
 * Safe against cross-site request forgery: no request is executed that a browser sends for a foreign page without a
 * CORS preflight. A POST must be JSON, which is no simple content type; a GET must carry a header that forces one.
 * A GET that asks for a WebSocket becomes one instead.
 */
export function serveGraphQL(app: FastifyInstance, serving: Serving, takeWebSocket: TakeWebSocket): void {
  app.post(graphqlPath, (request, reply) => {
    void answer(serving, request, reply, true);
  });
  app.get(graphqlPath, { exposeHeadRoute: false }, (request, reply) => {
    if (takeWebSocket(request, reply)) {
      return;
    }
    void answer(serving, request, reply, false);
  });
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'],
    url: graphqlPath,
    handler: (request, reply) => sendGraphQLError(request, reply, MethodNotAllowed(request.method)),
  });
}

async function answer(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  isPost: boolean,
): Promise<void> {
  const scope = admit(serving, request, reply, false);
  const type = chooseType(request.headers.accept);
  let ended: PipelineAnswer;
  try {
    checkRequest(serving, request, type, isPost);
    const parameters = readParameters(request, isPost);
    ended = await runPipeline(serving, {
      scope,
      authorization: request.headers.authorization,
      parameters,
      allowsMutations: isPost,
      countViewer: (viewer) => serving.countViewer(viewer, reply),
    });
  } catch (thrown) {
    ended = refused(thrown, scope.id);
  }
  const status = statusOf(ended, type ?? 'application/json');
  if (scope.ended !== 'client-gone') {
    if (ended.kind === 'refused') {
      reply.headers(ended.error.headers);
    }
    if (serving.lifetime.isDraining) {
      reply.header('connection', 'close');
    }
    if (!isPost) {
      reply.header('cache-control', 'no-store');
    }
    send(request, reply, status, type, bodyOf(ended));
  }
  logRequest(serving.log, scope, ended, status);
}

/** @throws GatewayError for what can be told from the headers alone. */
function checkRequest(
  serving: Serving,
  request: FastifyRequest,
  type: AnswerType | undefined,
  isPost: boolean,
): void {
  if (serving.lifetime.isDraining) {
    throw Draining();
  }
  if (type === undefined) {
    throw NotAcceptable(request.headers.accept ?? '', graphqlTypes);
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

function readParameters(request: FastifyRequest, isPost: boolean): GraphQLParameters {
  return isPost
    ? readBody((request.body as string | undefined) ?? '')
    : readQuery(request.query as Readonly<Record<string, unknown>>);
}

const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || (contentType !== undefined && jsonInUtf8.test(contentType));
}

/** Answers with an error that came up before a GraphQL request was read. */
export function sendGraphQLError(request: FastifyRequest, reply: FastifyReply, error: GatewayError): void {
  reply.headers(error.headers);
  send(request, reply, error.status, chooseType(request.headers.accept), errorBody(error));
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  type: AnswerType | undefined,
  body: string | Buffer,
): void {
  reply
    .code(status)
    .header('content-type', contentTypes[type ?? 'application/json'])
    .header('x-request-id', request.id);
  sendBody(reply, body);
}
