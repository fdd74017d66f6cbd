import { parse } from 'graphql';
import { pino } from 'pino';
import type { EventDefinition } from '#events/define-event.ts';
import { registry } from '#events/registry.ts';
import type { Planner } from '#gateway/plan/planner.ts';
import type { SubgraphRequest } from '#gateway/plan/types.ts';
import { createEventGraph } from '#gateway/subscriptions/event-graph.ts';
import type { EventGraph } from '#gateway/subscriptions/types.ts';
import { ConfigError } from './supergraph-config.ts';

/** An event, and the graph that makes an answer of it. */
export interface LiveEvent {
  readonly graph: EventGraph;
  readonly event: EventDefinition;
}

/** A graph of events has no server. */
const eventsUrl = 'tributary:events';
const timeoutMs = 10_000;

/** The graphs of events of a supergraph, by the names of their subgraphs. */
export function eventGraphs({ subgraphs, supergraphSchema }: Planner): ReadonlyMap<string, EventGraph> {
  const log = pino({ level: 'silent' });
  const own = subgraphs.filter(({ url }) => url === eventsUrl).map(({ name }) => name);
  return new Map(
    own.map((subgraph) => [subgraph, createEventGraph(supergraphSchema, { subgraph, timeoutMs, log })]),
  );
}

/** Every event that answers the primary request of a subscription. */
export function eventsOf(
  graphs: ReadonlyMap<string, EventGraph>,
  { subgraph, operation }: SubgraphRequest,
  file: string,
): readonly LiveEvent[] {
  const graph = graphs.get(subgraph);
  if (!graph) throw new ConfigError(`${file}: its events come from ${subgraph}, which no event answers.`);
  const [definition] = parse(operation.text).definitions;
  const [asked] = definition?.kind === 'OperationDefinition' ? definition.selectionSet.selections : [];
  const types = asked?.kind === 'Field' ? (graph.fields.get(asked.name.value)?.types ?? []) : [];
  return types.flatMap((type) => {
    const event = registry.get(type);
    return event ? [{ graph, event }] : [];
  });
}
