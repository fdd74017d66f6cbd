import type { Bus } from '#events/bus/port.ts';
import { fetchSubgraph } from '#gateway/fetching/fetch.ts';
import type { CompiledPlan, ExecutionResult } from '#gateway/plan/types.ts';
import type { Permit } from '#gateway/rights/permit.ts';
import { askEvents } from '#gateway/subscriptions/ask-events.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { PreparedOperation } from './operation.ts';
import type { PipelineRequest, Viewer } from './types.ts';
import { viewerKey, visibilityKey } from './visibility.ts';

interface Execution {
  readonly viewer: Viewer;
  readonly operation: PreparedOperation;
  readonly permit: Permit;
  readonly plan: CompiledPlan;
}

/** Stage 8: runs the plan, giving it the way to the subgraphs, and to the events on the bus where there is one. */
export function execute(
  generation: Generation,
  { viewer, operation, permit, plan }: Execution,
  variables: Readonly<Record<string, unknown>>,
  request: PipelineRequest,
  bus: Bus | undefined,
): Promise<ExecutionResult> {
  const { scope, timeoutMsOf } = request;
  /* What a mutation reads afterwards must not depend on anybody else's fetch, not even for its failure. */
  const isShared = operation.node.operation !== 'mutation';
  const byRights = [visibilityKey(viewer, permit.outcome), ...scope.forwarded].join('\n');
  return plan.execute({
    variables,
    signal: scope.abort.signal,
    fetch: (fetched) => {
      const events = generation.events.get(fetched.subgraph);
      if (events !== undefined) {
        /* What another viewer sees of the bus may be another tenant's: nothing of it is shared. */
        const source = { bus, tenant: viewer.tenant };
        return askEvents(events, fetched, source, scope, timeoutMsOf?.(fetched.subgraph));
      }
      const target = generation.targets.get(fetched.subgraph);
      if (target === undefined) {
        throw new Error(`The plan asks subgraph "${fetched.subgraph}", which the supergraph does not have.`);
      }
      const timeoutMs = timeoutMsOf?.(fetched.subgraph) ?? target.limits.timeoutMs;
      const sharingKey = target.limits.sharing?.byViewer ? `${viewerKey(viewer)}\n${byRights}` : byRights;
      return fetchSubgraph(target, fetched, scope, timeoutMs, isShared ? sharingKey : undefined);
    },
  });
}
