import type { PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { type FragmentDefinitionNode, GraphQLError, Kind } from 'graphql';
import { compileFetch, type FetchSurroundings } from './fetch-node.ts';
import { compilePath } from './paths.ts';
import { planningNames } from './planning-names.ts';
import { findRootOwners } from './root-fields.ts';
import { type Run, type Step, settleTroubles, startRun } from './tree.ts';
import { createTypeIndex } from './type-index.ts';
import type { CompiledPlan, PlanInput } from './types.ts';
import { compileWriter } from './writer.ts';

/**
 * Compiles a query plan, once per operation, into functions that make the requests of its fetches, merge the
 * answers into one tree and write the response text.
 *
 * The plan has to be made by `createPlanner(…).plan` of the same document: both choose the same names for
 * planning. Throws a GraphQLError `DEFER_NOT_SUPPORTED`, `SUBSCRIPTION_NOT_SUPPORTED` or
 * `PLAN_DROPS_ROOT_FIELD` for a plan that must not be executed.
 */
export function compilePlan(input: PlanInput): CompiledPlan {
  const { queryPlan, document, operation, schema, supergraphSchema } = input;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const names = planningNames(document, supergraphSchema);
  const surroundings: FetchSurroundings = {
    types: createTypeIndex(supergraphSchema),
    copies: usesContext(queryPlan.node),
    clientVariable: names.clientVariable,
  };
  const rootOwners = findRootOwners(queryPlan.node, { operation, fragments, names });
  const subgraphs = new Set<string>();
  const step = queryPlan.node && compileNode(queryPlan.node, [], surroundings, subgraphs);
  const write = compileWriter({ schema, operation, fragments, names });

  return {
    rootOwners,
    subgraphs: [...subgraphs],
    async execute(context) {
      const run: Run = startRun(context);
      await step?.(run);
      settleTroubles(run);
      return write(run);
    },
  };
}

function compileNode(
  node: PlanNode | SubscriptionNode,
  path: readonly (string | number)[],
  surroundings: FetchSurroundings,
  subgraphs: Set<string>,
): Step {
  const compileAll = (nodes: readonly PlanNode[]): Step[] =>
    nodes.map((child) => compileNode(child, path, surroundings, subgraphs));
  switch (node.kind) {
    case 'Sequence':
      return inSequence(compileAll(node.nodes));
    case 'Parallel':
      return inParallel(compileAll(node.nodes));
    case 'Flatten':
      return compileNode(node.node, [...path, ...node.path], surroundings, subgraphs);
    case 'Fetch':
      subgraphs.add(node.serviceName);
      return compileFetch(node, compilePath(path), surroundings);
    case 'Condition': {
      const [met, unmet] = [node.ifClause, node.elseClause].map(
        (clause) => clause && compileNode(clause, path, surroundings, subgraphs),
      );
      const variable = surroundings.clientVariable(node.condition);
      return (run) => (run.context.variables[variable] === true ? met : unmet)?.(run);
    }
    case 'Defer':
      throw new GraphQLError('@defer is not supported. Ask for the deferred fields without it.', {
        extensions: { code: 'DEFER_NOT_SUPPORTED' },
      });
    case 'Subscription':
      throw new GraphQLError('A subscription is not executed as one request.', {
        extensions: { code: 'SUBSCRIPTION_NOT_SUPPORTED' },
      });
  }
}

function inSequence(steps: readonly Step[]): Step {
  return async (run) => {
    for (const step of steps) {
      const pending = step(run);
      if (pending) await pending;
    }
  };
}

function inParallel(steps: readonly Step[]): Step {
  return (run) => {
    const pending: Promise<void>[] = [];
    for (const step of steps) {
      const started = step(run);
      if (started) pending.push(started);
    }
    if (pending.length < 2) return pending[0];
    return Promise.all(pending).then(() => undefined);
  };
}

/** Context arguments can give one entity different values at different places of the response. */
function usesContext(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(usesContext);
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([key, value]) =>
    key === 'contextRewrites' ? Array.isArray(value) && value.length > 0 : usesContext(value),
  );
}
