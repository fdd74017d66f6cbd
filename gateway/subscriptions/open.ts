import { getArgumentValues } from 'graphql';
import { closeScope, openScope } from '#gateway/fetching/request-scope.ts';
import { newTrace } from '#gateway/fetching/trace.ts';
import {
  checkCost,
  coerceVariables,
  type PreparedOperation,
  readOperation,
} from '#gateway/pipeline/operation.ts';
import { SubscriptionNotServed } from '#gateway/pipeline/operation-errors.ts';
import { findDocument, keepDocument } from '#gateway/pipeline/persisted.ts';
import { planOperation, waitWithin } from '#gateway/pipeline/plan.ts';
import { InitialNeedsEntity } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { viewerKey, visibilityKey } from '#gateway/pipeline/visibility.ts';
import { deniedRoot } from '#gateway/rights/denied-root.ts';
import { permitFor } from '#gateway/rights/permit.ts';
import { type Generation, lease, release } from '#gateway/supergraph/generation.ts';
import type { LookupFilter } from './lookups.ts';
import type { Asked, EventsSource, Planned } from './planned.ts';
import { afterArgument, initialArgument, rootOf } from './root-field.ts';
import type { EventField, EventFilter, EventGraph, SubscriptionRequest } from './types.ts';
import { connectionKey } from './upstreams.ts';

/**
 * The first stages of a subscription that a client sends: count → document.
 * @throws GatewayError as these stages do.
 */
export async function readAsked(
  generation: Generation,
  viewer: Viewer,
  {
    parameters,
    countViewer,
    forwarded,
    isOwnDocument = false,
  }: Omit<SubscriptionRequest, 'session' | 'sink'>,
): Promise<Asked> {
  const counting = countViewer?.(viewer);
  if (counting) await counting;
  const query = findDocument(generation.persisted, { parameters, isOwnDocument });
  const { operationName, variables } = parameters;
  readOperation(generation, { query, operationName }, 'subscriptions');
  keepDocument(generation.persisted, parameters);
  return { query, operationName, variables, isOwnDocument, forwarded: forwarded?.() ?? [] };
}

/**
 * The other stages, which every generation takes again for the subscriptions that run: document → operation →
 * variables → cost → rights → plan → source. The document is looked for again since a list may no longer have it.
 * @param deadlineMs for the plan
 * @throws GatewayError as the stages do, or `INITIAL_NEEDS_ENTITY`.
 */
export async function planSubscription(
  generation: Generation,
  viewer: Viewer,
  asked: Asked,
  deadlineMs: number,
): Promise<Planned> {
  lease(generation);
  const scope = openScope({ id: '', trace: newTrace(false), deadlineMs, recordsFetches: false });
  try {
    const parameters = { query: asked.query, queryHash: undefined };
    const query = findDocument(generation.persisted, { parameters, isOwnDocument: asked.isOwnDocument });
    const { operationName } = asked;
    const operation = readOperation(generation, { query, operationName }, 'subscriptions');
    const variables = coerceVariables(generation.rules, operation, asked.variables);
    checkCost(generation.rules, operation, variables);
    const permit = permitFor(operation, viewer, variables);
    const denied = deniedRoot(operation, permit);
    if (denied !== undefined) throw denied;
    const planning = planOperation(generation, operation, permit.variant);
    const plan = planning instanceof Promise ? await waitWithin(scope, planning) : planning;
    const primary = plan.primary?.(variables);
    if (primary === undefined) throw SubscriptionNotServed();
    const source = sourceOf(generation, operation, variables, { viewer, asked, subgraph: primary.subgraph });
    const visibility = [
      visibilityOf(generation, viewer, permit.outcome, plan.subgraphs),
      ...asked.forwarded,
    ].join('\n');
    const key =
      source.kind === 'events'
        ? keyOf(operation, variables, rootOf(operation).beginning, visibility)
        : keyOf(operation, variables, [], `${source.sharedBy}\n${visibility}`);
    return { asked, generation, operation, variables, permit, plan, primary, key, viewer, source };
  } finally {
    closeScope(scope);
    release(generation);
  }
}

/** Where what happens comes from. */
function sourceOf(
  { events, targets, rules }: Generation,
  operation: PreparedOperation,
  variables: Variables,
  { viewer, asked, subgraph }: { readonly viewer: Viewer; readonly asked: Asked; readonly subgraph: string },
): Planned['source'] {
  const { field: node } = rootOf(operation);
  const graph = events.get(subgraph);
  const field = graph?.fields.get(node.name.value);
  if (graph !== undefined && field !== undefined) {
    const definition = rules.schema.getSubscriptionType()!.getFields()[field.name]!;
    return eventsSource(graph, field, getArgumentValues(definition, node, variables));
  }
  const target = targets.get(subgraph);
  if (target === undefined) throw SubscriptionNotServed();
  return { kind: 'subgraph', target, sharedBy: connectionKey(target, viewer, asked.forwarded) };
}

function eventsSource(graph: EventGraph, field: EventField, args: Arguments): EventsSource {
  const given = field.filters.filter(
    ({ argument }) => args[argument] !== undefined && args[argument] !== null,
  );
  return {
    kind: 'events',
    graph,
    wish: {
      types: field.types,
      conditions: given.map(({ argument, attributes }) => ({ attributes, value: String(args[argument]) })),
    },
    lookups: given.filter(hasLookup),
    after: typeof args[afterArgument] === 'string' ? args[afterArgument] : undefined,
    initial: initialSource(field, args),
  };
}

function hasLookup(filter: EventFilter): filter is LookupFilter {
  return filter.lookup !== undefined;
}

/** A client that goes on knows the entity: `after` is stronger than `initial`. */
function initialSource({ name, initial }: EventField, args: Arguments): EventsSource['initial'] {
  if (initial === undefined || args[initialArgument] !== true) return undefined;
  const entityId = args[initial.argument];
  if (typeof entityId !== 'string') throw InitialNeedsEntity(name, initial.argument);
  return { entityId, entity: initial.entity, version: initial.version };
}

type Variables = Readonly<Record<string, unknown>>;
type Arguments = Readonly<Record<string, unknown>>;

/** What must be equal of two viewers for messages to be the same: more, where a subgraph looks at the viewer itself. */
function visibilityOf(
  { targets }: Generation,
  viewer: Viewer,
  outcome: string,
  subgraphs: readonly string[],
): string {
  const byRights = visibilityKey(viewer, outcome);
  const isShared = subgraphs.every((subgraph) => {
    const target = targets.get(subgraph);
    return target === undefined || target.limits.sharing?.byViewer === false;
  });
  return isShared ? byRights : `${viewerKey(viewer)}\n${byRights}`;
}

/** @param beginning where a variable says nothing but where to begin, all are of one group wherever they begin */
function keyOf(
  operation: PreparedOperation,
  variables: Variables,
  beginning: readonly string[],
  visibility: string,
): string {
  const rest = { ...variables };
  for (const name of beginning) delete rest[name];
  return `${visibility}\n${JSON.stringify(rest)}\n${operation.planKey}`;
}
