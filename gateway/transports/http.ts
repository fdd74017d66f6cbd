import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBody } from '#gateway/edge/compression.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import { MethodNotAllowed, NotAcceptable } from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { type AnswerType, bodyOf, errorBody, refused, statusOf } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters, PipelineAnswer } from '#gateway/pipeline/types.ts';
import { clientOf } from '#gateway/usage/client.ts';
import { eventStreamType, graphqlTypes, negotiate } from './accept.ts';
import { admit, type Serving } from './lifetime.ts';
import { readBody, readQuery } from './parameters.ts';
import { checkHeaders } from './request-checks.ts';
import { logRequest } from './request-log.ts';
import type { OpenEventStream } from './sse.ts';
import type { TakeWebSocket } from './websocket.ts';

export const graphqlPath = '/graphql';
export const streamPath = '/graphql/stream';
export const pollPath = '/graphql/poll';

const chooseType = negotiate(graphqlTypes);
const chooseAny = negotiate([...graphqlTypes, eventStreamType]);
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
 * Safe against cross-site request forgery, see `checkHeaders`. A GET that asks for a WebSocket becomes one instead, and
 * a request that would rather have an event stream is answered with one.
 */
export function serveGraphQL(
  app: FastifyInstance,
  serving: Serving,
  takeWebSocket: TakeWebSocket,
  openEventStream: OpenEventStream,
): void {
  const answerAs = (request: FastifyRequest, reply: FastifyReply, isPost: boolean) => {
    const type = chooseAny(request.headers.accept);
    if (type === eventStreamType) {
      openEventStream(request, reply, isPost);
    } else {
      void answer(serving, request, reply, { isPost, type });
    }
  };
  app.post(graphqlPath, (request, reply) => answerAs(request, reply, true));
  app.get(graphqlPath, { exposeHeadRoute: false }, (request, reply) => {
    if (takeWebSocket(request, reply)) {
      return;
    }
    answerAs(request, reply, false);
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
  { isPost, type }: { readonly isPost: boolean; readonly type: AnswerType | undefined },
): Promise<void> {
  const scope = admit(serving, request, reply, false);
  let ended: PipelineAnswer;
  try {
    checkHeaders(serving.lifetime, request, isPost);
    if (type === undefined) {
      throw NotAcceptable(request.headers.accept ?? '', [...graphqlTypes, eventStreamType]);
    }
    const parameters = readParameters(request, isPost);
    ended = await runPipeline(serving, {
      scope,
      authorization: request.headers.authorization,
      client: clientOf(request.headers['x-client-name'], request.headers['x-client-version']),
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

function readParameters(request: FastifyRequest, isPost: boolean): GraphQLParameters {
  return isPost
    ? readBody((request.body as string | undefined) ?? '')
    : readQuery(request.query as Readonly<Record<string, unknown>>);
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
