import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBody } from '#gateway/edge/compression.ts';
import type { PollOptions } from '#gateway/edge/options.ts';
import { forwardedNow } from '#gateway/fetching/forwarded-headers.ts';
import { describeJson, type GatewayError, toGatewayError } from '#gateway/pipeline/errors.ts';
import { BadPoll, PollNeedsCursor, PollNeedsSubscription } from '#gateway/pipeline/http-errors.ts';
import { refused } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters } from '#gateway/pipeline/types.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import { clientOf } from '#gateway/usage/client.ts';
import { pollPath, sendGraphQLError } from './http.ts';
import { openRequestScope, type Serving } from './lifetime.ts';
import { startOperation } from './live-operation.ts';
import { checkParameters, readObject } from './parameters.ts';
import { Poll } from './poll-results.ts';
import { checkHeaders } from './request-checks.ts';
import { logRequest } from './request-log.ts';

/** A poll as its client asks for it. */
interface PollRequest {
  readonly parameters: GraphQLParameters;
  readonly cursor: string | undefined;
  readonly waitMs: number;
  readonly authorization: string | undefined;
}

/**
 * Serves subscriptions to clients that can hold no connection: a request brings what has happened behind its cursor, or
 * waits for the first of it, and the cursor to go on from. Each poll is a subscription of its own, which ends with it.
 */
export function servePolls(app: FastifyInstance, serving: Serving, options: PollOptions): void {
  app.post(pollPath, (request, reply) => {
    void answer(serving, options, request, reply);
  });
}

async function answer(
  serving: Serving,
  options: PollOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const scope = openRequestScope(serving, request, false);
  const refuse = (error: GatewayError) => {
    if (!reply.raw.destroyed) sendGraphQLError(request, reply, error);
  };
  let asked: PollRequest;
  let session: LiveSession;
  try {
    checkHeaders(serving.lifetime, request, true);
    asked = readPoll((request.body as string | undefined) ?? '', options);
    session = await serving.sessions.open(request.headers.authorization ?? asked.authorization);
  } catch (thrown) {
    const error = toGatewayError(thrown, scope.id);
    logRequest(serving.log, scope, refused(error, scope.id), error.status);
    refuse(error);
    return;
  }
  const { parameters, cursor, waitMs } = asked;
  const poll = new Poll(serving.liveConnections, reply, session, options);
  const started = await startOperation(serving, {
    transport: 'poll',
    scope,
    session,
    parameters,
    client: clientOf(request.headers['x-client-name'], request.headers['x-client-version']),
    after: cursor,
    forwarded: forwardedNow(request.headers, serving.forwardHeaders, () => session.authorization()),
    allowsMutations: false,
    refuseOthers: PollNeedsSubscription,
    sink: poll,
    reply,
  });
  if (started.kind === 'answered') {
    poll.leave();
    if (started.answer.kind === 'refused') refuse(started.answer.error);
    return;
  }
  const { subscription } = started;
  if (subscription.cursor() === undefined && !poll.isDone) {
    subscription.leave();
    poll.leave();
    refuse(PollNeedsCursor());
    return;
  }
  const body = await poll.collect(subscription, waitMs);
  if (body === undefined) return;
  if (serving.lifetime.isDraining) reply.header('connection', 'close');
  reply
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-request-id', request.id);
  sendBody(reply, body);
}

/** @throws GatewayError for what makes it no poll. */
function readPoll(text: string, { waitMs: longest }: PollOptions): PollRequest {
  const body = readObject(text);
  const parameters = checkParameters(body);
  const cursor = textOf(body, 'cursor');
  const authorization = textOf(body, 'authorization');
  const waitMs = body.waitMs ?? longest;
  if (typeof waitMs !== 'number' || !Number.isInteger(waitMs) || waitMs < 0 || waitMs > longest) {
    throw BadPoll('waitMs', `is no whole number of milliseconds from 0 to ${longest}`);
  }
  return { parameters, cursor, waitMs, authorization };
}

function textOf(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw BadPoll(name, `is ${describeJson(value)}: send text, or leave it out`);
  }
  return value;
}
