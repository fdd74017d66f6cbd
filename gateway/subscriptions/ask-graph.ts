import { randomUUID } from 'node:crypto';
import { closeScope, endScope, openScope } from '#gateway/fetching/request-scope.ts';
import { newTrace } from '#gateway/fetching/trace.ts';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { readOperation } from '#gateway/pipeline/operation.ts';
import { errorsOf } from '#gateway/pipeline/respond.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { AskGraph } from './lookups.ts';

/**
 * Asks the gateway's own graph on behalf of the gateway itself: a machine of the tenant that has exactly the scopes
 * that the question needs. Whoever composed the supergraph wrote the question; no client can.
 */
export function openAskGraph(
  generation: () => Generation,
  signViewer: SignViewer | undefined,
  deadlineMs: number,
): AskGraph {
  return async (document, id, tenant, signal) => {
    const viewer = machineFor(generation(), document, tenant);
    const scope = openScope({
      id: randomUUID(),
      trace: newTrace(false),
      deadlineMs,
      recordsFetches: false,
    });
    const end = () => endScope(scope, 'deadline');
    signal.addEventListener('abort', end);
    try {
      const answer = await runPipeline(
        { generation, authenticate: () => viewer, signViewer, bus: undefined },
        {
          scope,
          authorization: undefined,
          parameters: { query: document, operationName: undefined, variables: { id } },
          allowsMutations: false,
          isOwnDocument: true,
        },
      );
      const [error] = errorsOf(answer);
      if (error !== undefined || answer.kind === 'refused') {
        throw new Error(`The graph did not answer: ${error?.message}`);
      }
      return JSON.parse(answer.result.body.toString()).data;
    } finally {
      signal.removeEventListener('abort', end);
      closeScope(scope);
    }
  };
}

function machineFor(generation: Generation, document: string, tenant: string): Viewer {
  const { rights } = readOperation(generation, { query: document, operationName: undefined }, 'queries');
  const requirements = rights?.needs.flatMap((need) => need.requirements) ?? [];
  const scopes = requirements.flatMap((each) => (each.kind === 'scopes' ? each.anyOf.flat() : []));
  return { kind: 'machine', id: 'gateway:events', roles: ['admin'], scopes: [...new Set(scopes)], tenant };
}
