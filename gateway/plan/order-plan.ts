import type { FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import type { SelectionCondition } from './conditions.ts';
import { type FetchShape, fetchShape } from './errors.ts';
import type { PreparedSupergraph } from './prepare-supergraph.ts';
import { sentKeys, takeEarlyFields } from './required-inputs.ts';
import { shapeAfterRewrites } from './rewrites.ts';

/**
 * Puts the fetches of a plan in an order in which each has its input. Where requirements build on each other,
 * the planner can lose it: a fetch is made before its input has come, or asks for a field together with
 * something else and without the field's input. Such a fetch, or that part of it, moves to where it can be made.
 *
 * Throws a GraphQLError `PLAN_MISSES_REQUIRED_FIELD` where a required field is fetched nowhere.
 */
export function orderPlan(node: PlanNode, prepared: PreparedSupergraph): PlanNode | undefined {
  const { node: ordered, late } = postpone({ kind: 'Sequence', nodes: [node] }, [], [], {
    prepared,
    whole: node,
    around: [],
  });
  const [unmet] = late;
  if (unmet === undefined) return ordered;
  throw new GraphQLError(
    `The operation cannot be planned: ${unmet.needs.join(', ')} would be needed at "${unmet.path.join('.')}" and is fetched nowhere.`,
    { extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' } },
  );
}

interface Cure {
  readonly prepared: PreparedSupergraph;
  /** The plan as the planner made it. */
  readonly whole: PlanNode;
  /** The conditions of the nodes around. */
  readonly around: readonly SelectionCondition[];
}

/** A fetch that has to wait for others. */
interface Late {
  readonly node: PlanNode;
  readonly path: readonly (string | number)[];
  /** The keys at that path that it waits for. */
  readonly needs: readonly string[];
}

interface Postponed {
  readonly node: PlanNode | undefined;
  readonly late: readonly Late[];
}

/** Takes out of a node what comes before its input; `before` is what has been executed by then. */
function postpone(
  node: PlanNode,
  path: readonly (string | number)[],
  before: readonly PlanNode[],
  cure: Cure,
): Postponed {
  switch (node.kind) {
    case 'Fetch':
      return postponeInFetch(node, path, before, cure);
    case 'Flatten': {
      const inner = postpone(node.node, [...path, ...node.path], before, cure);
      return {
        node: inner.node && { ...node, node: inner.node },
        late: inner.late.map((each) => ({ ...each, node: { ...node, node: each.node } })),
      };
    }
    case 'Parallel': {
      const parts = node.nodes.map((child) => postpone(child, path, before, cure));
      const nodes = parts.flatMap((part) => part.node ?? []);
      const late = parts.flatMap((part) => part.late);
      return { node: nodes.length > 0 ? { ...node, nodes } : undefined, late };
    }
    case 'Sequence': {
      const nodes: PlanNode[] = [];
      let late: Late[] = [];
      for (const child of node.nodes) {
        const part = postpone(child, path, [...before, ...nodes], cure);
        if (part.node) nodes.push(part.node);
        late.push(...part.late);
        // One that was late can be what another waits for.
        for (let ready = late; ready.length > 0; ) {
          ready = late.filter((each) => isProvided([...before, ...nodes], each.path, each.needs));
          nodes.push(...ready.map((each) => each.node));
          late = late.filter((each) => !ready.includes(each));
        }
      }
      return { node: inSequence(nodes), late };
    }
    case 'Condition': {
      const when = (wanted: boolean): Cure => ({
        ...cure,
        around: [...cure.around, { kind: 'variable', name: node.condition, wanted }],
      });
      const met = node.ifClause && postpone(node.ifClause, path, before, when(true));
      const unmet = node.elseClause && postpone(node.elseClause, path, before, when(false));
      const wrap = (clause: 'ifClause' | 'elseClause', late: readonly Late[] = []): Late[] =>
        late.map((each) => ({
          ...each,
          node: { kind: 'Condition', condition: node.condition, [clause]: each.node },
        }));
      return {
        node: { ...node, ifClause: met?.node, elseClause: unmet?.node },
        late: [...wrap('ifClause', met?.late), ...wrap('elseClause', unmet?.late)],
      };
    }
    default:
      return { node, late: [] };
  }
}

function postponeInFetch(
  fetch: FetchNode,
  path: readonly (string | number)[],
  before: readonly PlanNode[],
  cure: Cure,
): Postponed {
  const { kept, early } = takeEarlyFields(fetch, cure.prepared, cure.around);
  const late = early.map((each): Late => {
    const node: PlanNode =
      each.path.length === 0 ? each.fetch : { kind: 'Flatten', path: [...each.path], node: each.fetch };
    return { node, path: [...path, ...each.path], needs: neededKeys(each.fetch.requires) };
  });
  if (kept === undefined || fetch.requires === undefined) return { node: kept, late };
  // What is fetched nowhere was left out on purpose: its field is skipped.
  const needs = neededKeys(fetch.requires).filter((key) => isProvided([cure.whole], path, [key]));
  if (isProvided(before, path, needs)) return { node: kept, late };
  return { node: undefined, late: [...late, { node: kept, path, needs }] };
}

function neededKeys(requires: readonly QueryPlanSelectionNode[]): string[] {
  return [...sentKeys(requires)].filter((key) => key !== '__typename');
}

/** Whether these nodes ask for all the keys at a path. */
function isProvided(
  nodes: readonly PlanNode[],
  path: readonly (string | number)[],
  needs: readonly string[],
): boolean {
  const target = fieldsOf(path);
  const provided = new Set<string>();
  const search = (node: PlanNode, at: readonly string[]): void => {
    switch (node.kind) {
      case 'Fetch': {
        if (at.some((element, index) => element !== target[index])) return;
        let shape: FetchShape | undefined = shapeOf(node);
        for (const key of target.slice(at.length)) shape = shape?.get(key);
        for (const key of shape?.keys() ?? []) provided.add(key);
        return;
      }
      case 'Flatten':
        search(node.node, [...at, ...fieldsOf(node.path)]);
        return;
      case 'Condition':
        if (node.ifClause) search(node.ifClause, at);
        if (node.elseClause) search(node.elseClause, at);
        return;
      case 'Sequence':
      case 'Parallel':
        for (const child of node.nodes) search(child, at);
        return;
      default:
        return;
    }
  };
  for (const node of nodes) search(node, []);
  return needs.every((key) => provided.has(key));
}

/** The field keys of a path, without its lists and type conditions. */
function fieldsOf(path: readonly (string | number)[]): string[] {
  return path
    .map((element) => String(element).replace(/\|\[.*$/s, ''))
    .filter((key) => key !== '@' && key !== '');
}

const shapes = new WeakMap<FetchNode, FetchShape>();

function shapeOf(fetch: FetchNode): FetchShape {
  let shape = shapes.get(fetch);
  if (shape === undefined) {
    shape = shapeAfterRewrites(
      fetchShape(fetch.operation, fetch.requires !== undefined),
      fetch.outputRewrites ?? [],
    );
    shapes.set(fetch, shape);
  }
  return shape;
}

function inSequence(nodes: readonly PlanNode[]): PlanNode | undefined {
  return nodes.length < 2 ? nodes[0] : { kind: 'Sequence', nodes: [...nodes] };
}
