import { fetchSubgraph } from '#gateway/fetching/fetch.ts';
import type { CompiledPlan, ExecutionResult } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { PreparedOperation } from './operation.ts';
import type { PipelineRequest, Viewer } from './types.ts';
import { visibilityKey } from './visibility.ts';

/** Stage 7: runs the plan, giving it the way to the subgraphs. */
export function execute(
  generation: Generation,
  { viewer, operation, plan }: { viewer: Viewer; operation: PreparedOperation; plan: CompiledPlan },
  variables: Readonly<Record<string, unknown>>,
  request: PipelineRequest,
): Promise<ExecutionResult> {
  const { scope, timeoutMsOf } = request;
  /* What a mutation reads afterwards must not depend on anybody else's fetch, not even for its failure. */
  const sharingKey =
    operation.node.operation === 'mutation'
      ? undefined
      : [visibilityKey(viewer), ...scope.forwarded].join('\n');
  return plan.execute({
    variables,
    signal: scope.abort.signal,
    fetch: (fetched) => {
      const target = generation.targets.get(fetched.subgraph);
      if (target === undefined) {
        throw new Error(`The plan asks subgraph "${fetched.subgraph}", which the supergraph does not have.`);
      }
      const timeoutMs = timeoutMsOf?.(fetched.subgraph) ?? target.limits.timeoutMs;
      return fetchSubgraph(target, fetched, scope, timeoutMs, sharingKey);
    },
  });
}
