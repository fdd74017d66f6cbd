import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EdgeOptions } from '#gateway/edge/options.ts';
import { forwardedNow } from '#gateway/fetching/forwarded-headers.ts';
import { toGatewayError } from '#gateway/pipeline/errors.ts';
import { bodyOf, errorBody, refused } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters } from '#gateway/pipeline/types.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import { clientOf } from '#gateway/usage/client.ts';
import { sendGraphQLError, streamPath } from './http.ts';
import { inTurns } from './in-turns.ts';
import { openRequestScope, type Serving } from './lifetime.ts';
import { startOperation } from './live-operation.ts';
import { readBody, readQuery } from './parameters.ts';
import { checkHeaders } from './request-checks.ts';
import { logRequest } from './request-log.ts';
import { EventStream, type StreamBounds } from './sse-stream.ts';

/** Answers a GraphQL request with an event stream. */
export type OpenEventStream = (request: FastifyRequest, reply: FastifyReply, isPost: boolean) => void;

/**
 * Serves GraphQL over event streams, in the mode of distinct connections of
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: one operation a request, its results as `next`
 * events, then `complete`. What makes a request no GraphQL request is answered as over HTTP, with its status; the
 * refusal of an operation is a `next` with errors.
 *
 * Gives what answers so at `/graphql`, for clients that ask for it by their Accept header.
 */
export function serveEventStreams(
  app: FastifyInstance,
  serving: Serving,
  { sse, webSocket }: EdgeOptions,
): OpenEventStream {
  const bounds: StreamBounds = {
    waitingBytes: webSocket.waitingBytes,
    heartbeatMs: sse.heartbeatMs,
  };
  const open: OpenEventStream = (request, reply, isPost) => {
    void answer(serving, request, reply, { isPost, bounds });
  };
  app.post(streamPath, (request, reply) => open(request, reply, true));
  app.get(streamPath, { exposeHeadRoute: false }, (request, reply) => open(request, reply, false));

  const streams = () => streamsOf(serving);
  const heartbeats = inTurns(streams, sse.heartbeatMs, (stream) => stream.beat());
  app.addHook('preClose', async () => {
    clearInterval(heartbeats);
    for (const stream of streams()) stream.drain();
  });
  return open;
}

function streamsOf({ liveConnections }: Serving): readonly EventStream[] {
  return [...liveConnections.open].filter((connection) => connection instanceof EventStream);
}

async function answer(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  { isPost, bounds }: { readonly isPost: boolean; readonly bounds: StreamBounds },
): Promise<void> {
  const scope = openRequestScope(serving, request, false);
  let session: LiveSession;
  let parameters: GraphQLParameters;
  try {
    checkHeaders(serving.lifetime, request, isPost);
    parameters = isPost
      ? readBody((request.body as string | undefined) ?? '')
      : readQuery(request.query as Readonly<Record<string, unknown>>);
    session = await serving.sessions.open(request.headers.authorization);
  } catch (thrown) {
    logRequest(serving.log, scope, refused(thrown, scope.id), toGatewayError(thrown, scope.id).status);
    sendGraphQLError(request, reply, toGatewayError(thrown, scope.id));
    return;
  }
  const lastEventId = request.headers['last-event-id'];
  const stream = new EventStream(serving, reply, scope, session, bounds);
  const started = await startOperation(serving, {
    transport: 'sse',
    scope,
    session,
    parameters,
    client: clientOf(request.headers['x-client-name'], request.headers['x-client-version']),
    after: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
    forwarded: forwardedNow(request.headers, serving.forwardHeaders, () => session.authorization()),
    allowsMutations: isPost,
    sink: stream,
    reply,
  });
  if (started.kind === 'subscribed') {
    stream.subscribed(started.subscription);
    return;
  }
  const ended = started.answer;
  if (ended.kind === 'refused' && ended.error.kind !== 'request') {
    if (stream.withdraw()) sendGraphQLError(request, reply, ended.error);
    return;
  }
  stream.answer(ended.kind === 'refused' ? errorBody(ended.error) : String(bodyOf(ended)));
}
