import type { FetchNode, PlanNode } from '@apollo/query-planner';
import type { SelectionCondition } from './conditions.ts';
import type { TreeKey } from './context-inputs.ts';
import { type FetchShape, fetchShape } from './errors.ts';
import { shapeAfterRewrites } from './rewrites.ts';

export type Conditions = readonly SelectionCondition[];

/** A key of the tree that may be fetched under some conditions; any where undefined. */
export interface PossibleKey extends TreeKey {
  readonly given: Conditions | undefined;
}

/** A key that a fetch waits for, and how many fetches of it have to be made first. */
export interface Need extends PossibleKey {
  readonly count: number;
}

/** Whether these nodes ask for all the keys. */
export function isProvided(nodes: readonly PlanNode[], needs: readonly Need[]): boolean {
  return needs.every((need) => providers(nodes, need) >= need.count);
}

/** How many fetches among these nodes ask for a key. */
export function providers(
  nodes: readonly PlanNode[],
  { path: target, key, given }: PossibleKey,
  counts: (fetch: FetchNode) => boolean = () => true,
): number {
  const count = (node: PlanNode | undefined, at: readonly string[]): number => {
    switch (node?.kind) {
      case 'Fetch': {
        if (!counts(node) || at.some((element, index) => element !== target[index])) return 0;
        let shape: FetchShape | undefined = fetchedShape(node, given);
        for (const step of target.slice(at.length)) shape = shape?.get(step);
        return shape?.has(key) ? 1 : 0;
      }
      case 'Flatten':
        return count(node.node, [...at, ...fieldsOf(node.path)]);
      case 'Condition':
        return (
          (isGiven(node.condition, true, given) ? count(node.ifClause, at) : 0) +
          (isGiven(node.condition, false, given) ? count(node.elseClause, at) : 0)
        );
      case 'Sequence':
      case 'Parallel':
        return node.nodes.reduce((sum, child) => sum + count(child, at), 0);
      default:
        return 0;
    }
  };
  return nodes.reduce((sum, node) => sum + count(node, []), 0);
}

/** The field keys of a path, without its lists and type conditions. */
export function fieldsOf(path: readonly (string | number)[]): string[] {
  return path
    .map((element) => String(element).replace(/\|\[.*$/s, ''))
    .filter((key) => key !== '@' && key !== '');
}

function isGiven(name: string, wanted: boolean, given: Conditions | undefined): boolean {
  return (
    given === undefined ||
    given.some((each) => each.kind === 'variable' && each.name === name && each.wanted === wanted)
  );
}

/** What a fetch certainly asks for, under their names in the tree. */
function fetchedShape(fetch: FetchNode, given: Conditions | undefined): FetchShape {
  const shape = fetchShape(fetch.operation, fetch.requires !== undefined, (condition) =>
    condition.kind === 'constant' ? condition.holds : isGiven(condition.name, condition.wanted, given),
  );
  return shapeAfterRewrites(shape, fetch.outputRewrites ?? []);
}
