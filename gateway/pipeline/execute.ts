import { fetchSubgraph } from '#gateway/fetching/fetch.ts';
import type { CompiledPlan, ExecutionResult } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { PipelineRequest } from './types.ts';

/** Stage 5: runs the plan, giving it the way to the subgraphs. */
export function execute(
  generation: Generation,
  plan: CompiledPlan,
  variables: Readonly<Record<string, unknown>>,
  request: PipelineRequest,
): Promise<ExecutionResult> {
  const { scope, timeoutMsOf } = request;
  return plan.execute({
    variables,
    signal: scope.abort.signal,
    fetch: (fetched) => {
      const target = generation.targets.get(fetched.subgraph);
      if (target === undefined) {
        throw new Error(`The plan asks subgraph "${fetched.subgraph}", which the supergraph does not have.`);
      }
      const timeoutMs = timeoutMsOf?.(fetched.subgraph) ?? target.limits.timeoutMs;
      return fetchSubgraph(target, fetched, scope, timeoutMs);
    },
  });
}
