import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';

/** One fetch of a plan, and where its answer goes in the client's response: response names, without list steps. */
export interface PlannedFetch {
  readonly node: FetchNode;
  readonly path: readonly string[];
}

/** Every fetch of a plan, in its order; of a condition both ways, of a subscription what begins it and the rest. */
export function plannedFetches({ node }: QueryPlan): readonly PlannedFetch[] {
  if (node === undefined) return [];
  if (node.kind !== 'Subscription') return fetchesUnder(node, []);
  return [{ node: node.primary, path: [] }, ...(node.rest === undefined ? [] : fetchesUnder(node.rest, []))];
}

function fetchesUnder(node: PlanNode | undefined, path: readonly string[]): readonly PlannedFetch[] {
  switch (node?.kind) {
    case 'Fetch':
      return [{ node, path }];
    case 'Flatten':
      return fetchesUnder(node.node, [...path, ...node.path.flatMap(responseNames)]);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((child) => fetchesUnder(child, path));
    case 'Condition':
      return [...fetchesUnder(node.ifClause, path), ...fetchesUnder(node.elseClause, path)];
    default:
      return [];
  }
}

/** A step of a path may be `@` for a list, and may carry type conditions, as in `nodes|[Account]`. */
function responseNames(step: string | number): readonly string[] {
  const name = String(step).replace(/\|\[.*$/, '');
  return name === '@' || name === '' ? [] : [name];
}
