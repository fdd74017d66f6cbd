import type { PlanNode, SubscriptionNode } from '@apollo/query-planner';
import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { isPossible, type SelectionCondition, selectionConditions } from './conditions.ts';
import { fetchShape, responseName } from './errors.ts';
import type { PlanningNames } from './planning-names.ts';
import { pathAfterRewrites } from './rewrites.ts';

interface RootFieldSource {
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly names: PlanningNames;
}

/**
 * Finds which subgraph answers each root field, by response name. Throws a GraphQLError
 * `PLAN_DROPS_ROOT_FIELD` where the operation asks for a root field that no fetch of the plan asks for: it
 * would be answered as null without an error.
 */
export function findRootOwners(
  node: PlanNode | SubscriptionNode | undefined,
  source: RootFieldSource,
): ReadonlyMap<string, string> {
  const askedBy = new Map<string, string>();
  if (node) collectRootKeys(node, askedBy);
  const owners = new Map<string, string>();
  for (const [name, key] of requestedRootFields(source)) {
    const owner = askedBy.get(key);
    if (owner === undefined) {
      throw new GraphQLError(
        `No subgraph would be asked for the root field "${name}". Ask for it in an operation of its own.`,
        { extensions: { code: 'PLAN_DROPS_ROOT_FIELD', field: name } },
      );
    }
    owners.set(name, owner);
  }
  return owners;
}

function collectRootKeys(node: PlanNode | SubscriptionNode, askedBy: Map<string, string>): void {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      for (const child of node.nodes) collectRootKeys(child, askedBy);
      return;
    case 'Condition':
      if (node.ifClause) collectRootKeys(node.ifClause, askedBy);
      if (node.elseClause) collectRootKeys(node.elseClause, askedBy);
      return;
    case 'Subscription':
      collectRootKeys(node.primary, askedBy);
      return;
    case 'Fetch':
      if (node.requires) return;
      for (const key of fetchShape(node.operation, false).keys()) {
        const [name] = pathAfterRewrites(node.outputRewrites ?? [], [key]);
        if (!askedBy.has(String(name))) askedBy.set(String(name), node.serviceName);
      }
      return;
    default:
      return;
  }
}

/** Response name → tree key of every root field that some variables would include; introspection is left out. */
function requestedRootFields({ operation, fragments, names }: RootFieldSource): Map<string, string> {
  const found = new Map<string, string>();
  const search = (
    selectionSet: SelectionSetNode,
    outer: readonly SelectionCondition[],
    seen: ReadonlySet<string>,
  ): void => {
    for (const selection of selectionSet.selections) {
      const conditions = [...outer, ...selectionConditions(selection.directives)];
      if (!isPossible(conditions)) continue;
      if (selection.kind === Kind.FIELD) {
        if (!selection.name.value.startsWith('__'))
          found.set(responseName(selection), names.treeKey(selection));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        search(selection.selectionSet, conditions, seen);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (fragment && !seen.has(name)) search(fragment.selectionSet, conditions, new Set([...seen, name]));
      }
    }
  };
  search(operation.selectionSet, [], new Set());
  return found;
}
