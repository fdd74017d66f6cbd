import { randomUUID } from 'node:crypto';
import { askFor } from '#gateway/fetching/asked-for.ts';
import { fetchSubgraph } from '#gateway/fetching/fetch.ts';
import { closeScope, endScope, openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import { newTrace } from '#gateway/fetching/trace.ts';
import type { TokenViewer } from '#gateway/identity/internal-token.ts';
import { toGatewayError } from '#gateway/pipeline/errors.ts';
import { errorBody } from '#gateway/pipeline/respond.ts';
import { viewerKey, visibilityKey } from '#gateway/pipeline/visibility.ts';
import type { CompiledPlan, ExecutionContext, SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';
import { lease, release } from '#gateway/supergraph/generation.ts';
import type { Hub } from './hub.ts';
import type { Planned } from './planned.ts';
import type { LiveMessage } from './types.ts';

/** What is executed for one message. */
export interface Execution {
  readonly planned: Pick<Planned, 'asked' | 'generation' | 'permit' | 'variables' | 'viewer'>;
  readonly plan: CompiledPlan;
  /** On whose behalf subgraphs are asked: what all have who get the message. */
  readonly behalf: TokenViewer;
  /** The answer to the request for the subscription's field. */
  readonly primary: (request: SubgraphRequest) => SubgraphAnswer;
  readonly cursor: string | undefined;
  readonly beforeWrite?: ExecutionContext['beforeWrite'];
  /** Where executions under way can be found, to end them. */
  readonly underWay: Set<RequestScope>;
}

/** Executes a plan for one message. Never rejects: whatever goes wrong inside is an error in the message. */
export async function executeMessage(hub: Hub, execution: Execution): Promise<LiveMessage> {
  const { planned, plan, behalf, cursor, underWay } = execution;
  const { generation } = planned;
  const scope = openScope({
    id: randomUUID(),
    trace: newTrace(false),
    deadlineMs: hub.options.executionMs,
    recordsFetches: false,
    forwarded: planned.asked.forwarded,
  });
  askFor(scope, behalf, hub.signViewer);
  underWay.add(scope);
  lease(generation);
  hub.counts.executions += 1;
  try {
    const { body } = await plan.execute({
      variables: planned.variables,
      signal: scope.abort.signal,
      beforeWrite: execution.beforeWrite,
      fetch: (request) =>
        request.kind === 'subscription'
          ? Promise.resolve(execution.primary(request))
          : fetchRest(planned, scope, request),
    });
    return { text: withCursor(body.toString(), cursor), cursor };
  } catch (thrown) {
    hub.log.error({ err: thrown, requestId: scope.id }, 'a message of a subscription could not be made');
    return { text: errorText(toGatewayError(thrown, scope.id), cursor), cursor };
  } finally {
    release(generation);
    underWay.delete(scope);
    closeScope(scope);
  }
}

/** Ends executions that nobody waits for any more. */
export function endExecutions(underWay: ReadonlySet<RequestScope>): void {
  for (const scope of underWay) endScope(scope, 'client-gone');
}

function fetchRest(
  { generation, permit, viewer }: Execution['planned'],
  scope: RequestScope,
  request: SubgraphRequest,
): Promise<SubgraphAnswer> {
  const target = generation.targets.get(request.subgraph);
  if (target === undefined) {
    throw new Error(`The plan asks subgraph "${request.subgraph}", which the supergraph does not have.`);
  }
  const byRights = [visibilityKey(viewer, permit.outcome), ...scope.forwarded].join('\n');
  const sharingKey = target.limits.sharing?.byViewer ? `${viewerKey(viewer)}\n${byRights}` : byRights;
  return fetchSubgraph(target, request, scope, target.limits.timeoutMs, sharingKey);
}

/** The result with its cursor: `extensions` stand last. */
function withCursor(body: string, cursor: string | undefined): string {
  return cursor === undefined
    ? body
    : `${body.slice(0, -1)},"extensions":{"cursor":${JSON.stringify(cursor)}}}`;
}

function errorText(error: Parameters<typeof errorBody>[0], cursor: string | undefined): string {
  return withCursor(`${errorBody(error).slice(0, -1)},"data":null}`, cursor);
}

const gapMessages = {
  gap: {
    code: 'EVENTS_MISSED',
    message:
      'Events before this place are no longer kept, and some may have been for you: read what you show anew. What comes from now on is whole.',
  },
  unsure: {
    code: 'EVENTS_MAY_BE_MISSED',
    message:
      'An event came of which it could not be found out whether it is for you: read what you show anew. What comes from now on is whole.',
  },
  missed: {
    code: 'EVENTS_MAY_BE_MISSED',
    message:
      'The way to the subgraph that tells this was interrupted, and something may have happened meanwhile: read what you show anew.',
  },
} as const;

/** The message of a gap: the client goes on behind it. */
export function gapMessage(kind: keyof typeof gapMessages, cursor?: string): LiveMessage {
  const { code, message } = gapMessages[kind];
  const errors = [{ message, extensions: { code, cursor } }];
  return { text: withCursor(JSON.stringify({ errors, data: null }), cursor), cursor };
}
