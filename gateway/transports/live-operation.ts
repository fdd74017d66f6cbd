import type { FastifyReply } from 'fastify';
import type { Forwarded } from '#gateway/fetching/forwarded-headers.ts';
import { closeScope, endScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import { Draining } from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { chooseOperation } from '#gateway/pipeline/operation.ts';
import { findDocument } from '#gateway/pipeline/persisted.ts';
import { refused } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters, PipelineAnswer } from '#gateway/pipeline/types.ts';
import type { ResponseError } from '#gateway/plan/types.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import type { Ending, Sink, Subscription } from '#gateway/subscriptions/types.ts';
import type { ClientIdentity } from '#gateway/usage/client.ts';
import type { Serving } from './lifetime.ts';
import type { LiveTransport } from './live-connections.ts';
import { logRequest } from './request-log.ts';

/** An operation that came over a connection which can bring many results. */
export interface LiveOperation {
  readonly transport: LiveTransport;
  /** Of this operation alone; closed when its first answer is there. */
  readonly scope: RequestScope;
  readonly session: LiveSession;
  readonly parameters: GraphQLParameters;
  /** The program that asks. */
  readonly client: ClientIdentity;
  readonly after?: string | undefined;
  /** As long as a subscription lasts. */
  readonly forwarded: Forwarded | undefined;
  /** What a query or a mutation may not be, where the transport has its reasons. */
  readonly refuseOthers?: () => GatewayError;
  readonly allowsMutations: boolean;
  readonly sink: Sink;
  /** Where the numbers of the viewer's rate are told. */
  readonly reply?: FastifyReply | undefined;
}

/** What became of it. */
export type Started =
  | { readonly kind: 'subscribed'; readonly subscription: Subscription }
  | { readonly kind: 'answered'; readonly answer: PipelineAnswer };

/**
 * Subscribes, or answers a query or a mutation through the same pipeline as over HTTP, and writes its line to the log.
 * Never rejects: a refusal is an answer.
 */
export async function startOperation(serving: Serving, operation: LiveOperation): Promise<Started> {
  const { lifetime, log } = serving;
  const { scope, session } = operation;
  lifetime.inFlight += 1;
  let started: Started;
  try {
    started = await start(serving, operation);
  } catch (thrown) {
    started = { kind: 'answered', answer: refused(thrown, scope.id, session.viewer()) };
  } finally {
    lifetime.inFlight -= 1;
    if (lifetime.inFlight === 0) lifetime.onIdle?.();
  }
  closeScope(scope);
  if (started.kind === 'answered') {
    const { answer } = started;
    logRequest(log, scope, answer, answer.kind === 'executed' ? 200 : answer.error.status);
  }
  return started;
}

async function start(serving: Serving, operation: LiveOperation): Promise<Started> {
  const { scope, session, parameters, client, allowsMutations, reply } = operation;
  if (serving.lifetime.isDraining) throw Draining();
  const viewer = session.viewer();
  /* Counted before the document is looked at, as the pipeline does, and not a second time by it. */
  await serving.countViewer(viewer, reply);
  const generation = serving.generation();
  const query = findDocument(generation.persisted, { parameters });
  const chosen = chooseOperation(generation, { query, operationName: parameters.operationName });
  if (chosen.node.operation !== 'subscription') {
    if (operation.refuseOthers !== undefined) throw operation.refuseOthers();
    const authorization = session.authorization();
    const answer = await runPipeline(serving, {
      scope,
      authorization,
      parameters,
      client,
      allowsMutations,
    });
    return { kind: 'answered', answer };
  }
  /* The pipeline looks at the token itself. */
  checkBelieved(session);
  const { after, forwarded, sink } = operation;
  const subscription = await serving.live.subscribe({
    id: scope.id,
    session,
    parameters,
    after,
    forwarded,
    sink,
  });
  try {
    /* Nobody was told where it was lost while the subscription was opened. */
    checkBelieved(session);
  } catch (lost) {
    subscription.leave();
    throw lost;
  }
  const { tenant, id } = viewer;
  serving.recordUsage?.(generation.rules.schema, chosen, { tenant, client, hasErrors: false });
  const ms = Math.round(performance.now() - scope.startedAt);
  const line = {
    requestId: scope.id,
    tenant,
    viewer: id,
    operation: chosen.name,
    transport: operation.transport,
    ms,
  };
  serving.log.info(line, 'subscribed');
  return { kind: 'subscribed', subscription };
}

function checkBelieved(session: LiveSession): void {
  const lost = session.lost();
  if (lost !== undefined) throw lost;
}

/** Whoever asked is gone: nothing more is done for it. */
export function abandon(scope: RequestScope, subscription: Subscription | undefined): void {
  endScope(scope, 'client-gone');
  subscription?.leave();
}

/** The errors that tell a client how its subscription ended, with the cursor to go on from. */
export function endingErrors(ending: Extract<Ending, { kind: 'error' }>): readonly ResponseError[] {
  return errorsWithCursor(ending.error, ending.cursor);
}

export function errorsWithCursor(
  { errors }: GatewayError,
  cursor: string | undefined,
): readonly ResponseError[] {
  if (cursor === undefined) return errors;
  return errors.map((error) => ({ ...error, extensions: { ...error.extensions, cursor } }));
}
