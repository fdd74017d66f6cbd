import type { Bus } from '#events/bus/port.ts';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { EventsNotServed } from '#gateway/pipeline/event-errors.ts';
import type { SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';
import type { EventGraph } from './types.ts';

/**
 * Answers a fetch of the graph of events: what a subgraph does elsewhere, on the bus of this gateway. Never rejects.
 * @param timeoutMs another deadline than that of the graph
 */
export async function askEvents(
  graph: EventGraph,
  request: SubgraphRequest,
  { bus, tenant }: { readonly bus: Bus | undefined; readonly tenant: string },
  scope: RequestScope,
  timeoutMs: number | undefined,
): Promise<SubgraphAnswer> {
  const startedAt = performance.now();
  const { signal: whole } = scope.abort;
  const signal = timeoutMs === undefined ? whole : AbortSignal.any([whole, AbortSignal.timeout(timeoutMs)]);
  scope.fetches += 1;
  const answer = bus === undefined ? notServed() : await graph.answerQuery(request, { bus, tenant, signal });
  scope.records?.push({
    subgraph: graph.subgraph,
    outcome: outcomeOf(answer),
    latencyMs: performance.now() - startedAt,
    observedAt: undefined,
  });
  return answer;
}

function notServed(): SubgraphAnswer {
  return { kind: 'answer', data: null, errors: EventsNotServed().errors };
}

function outcomeOf(answer: SubgraphAnswer) {
  if (answer.kind === 'answer') return answer.errors.length === 0 ? 'OK' : 'ERROR';
  return answer.code === 'SUBGRAPH_TIMEOUT' ? 'TIMEOUT' : 'UNAVAILABLE';
}
