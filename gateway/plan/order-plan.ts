import type { FetchNode, PlanNode } from '@apollo/query-planner';
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
  const cure: Cure = { prepared, whole: node, around: [] };
  const ordered = postpone({ kind: 'Sequence', nodes: [node] }, [], [], cure);
  const nodes = ordered.node ? [ordered.node] : [];
  // Fetches that wait for each other under conditions take what there is.
  const late = addReady(nodes, [], ordered.late).map((each) => ({
    ...each,
    needs: each.needs.map((need) => ({ ...need, count: 1 })),
  }));
  const [unmet] = addReady(nodes, [], late);
  if (unmet === undefined) return inSequence(nodes);
  const missing = unmet.needs.map(({ key }) => key).join(', ');
  throw new GraphQLError(
    `The operation cannot be planned: ${missing} would be needed at "${unmet.path.join('.')}" and is fetched nowhere.`,
    { extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' } },
  );
}

interface Cure {
  readonly prepared: PreparedSupergraph;
  /** The plan as the planner made it. */
  readonly whole: PlanNode;
  /** The conditions of the nodes around. */
  readonly around: Conditions;
}

type Conditions = readonly SelectionCondition[];

/** A key that a fetch waits for. */
interface Need {
  readonly key: string;
  /** The conditions under which a fetch of it counts; any where undefined. */
  readonly given: Conditions | undefined;
  /** How many fetches of it have to be made first. */
  readonly count: number;
}

/** A fetch that has to wait for others. */
interface Late {
  readonly node: PlanNode;
  readonly path: readonly (string | number)[];
  readonly needs: readonly Need[];
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
      let late: readonly Late[] = [];
      for (const child of node.nodes) {
        const part = postpone(child, path, [...before, ...nodes], cure);
        if (part.node) nodes.push(part.node);
        late = addReady(nodes, before, [...late, ...part.late]);
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
    const at = [...path, ...each.path];
    return { node, path: at, needs: needsOf(each.fetch, at, cure) };
  });
  if (kept === undefined || fetch.requires === undefined) return { node: kept, late };
  // What is fetched nowhere was left out on purpose: its field is skipped.
  const needs = needsOf(fetch, path, cure).filter((need) => isProvided([cure.whole], path, [need]));
  if (isProvided(before, path, needs)) return { node: kept, late };
  return { node: undefined, late: [...late, { node: kept, path, needs }] };
}

/**
 * What a fetch has to wait for. A key that the plan fetches for certain under the fetch's own conditions has
 * to come that way; for one that it fetches only under others, all fetches that may bring it have to be made.
 */
function needsOf(fetch: FetchNode, path: readonly (string | number)[], cure: Cure): Need[] {
  return [...sentKeys(fetch.requires ?? [])]
    .filter((key) => key !== '__typename')
    .map((key) => {
      const certain = { key, given: cure.around, count: 1 };
      if (isProvided([cure.whole], path, [certain])) return certain;
      const isOther = (other: FetchNode): boolean => other !== fetch;
      return {
        key,
        given: undefined,
        count: Math.max(1, providers([cure.whole], path, key, undefined, isOther)),
      };
    });
}

/** Adds the late fetches whose input is there, and then those that waited for them; gives back the rest. */
function addReady(nodes: PlanNode[], before: readonly PlanNode[], late: readonly Late[]): readonly Late[] {
  let waiting = late;
  for (let ready = late; ready.length > 0; ) {
    ready = waiting.filter((each) => isProvided([...before, ...nodes], each.path, each.needs));
    nodes.push(...ready.map((each) => each.node));
    waiting = waiting.filter((each) => !ready.includes(each));
  }
  return waiting;
}

/** Whether these nodes ask for all the keys at a path. */
function isProvided(
  nodes: readonly PlanNode[],
  path: readonly (string | number)[],
  needs: readonly Need[],
): boolean {
  return needs.every(({ key, given, count }) => providers(nodes, path, key, given) >= count);
}

/** How many fetches among these nodes ask for a key at a path. */
function providers(
  nodes: readonly PlanNode[],
  path: readonly (string | number)[],
  key: string,
  given: Conditions | undefined,
  counts: (fetch: FetchNode) => boolean = () => true,
): number {
  const target = fieldsOf(path);
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
function fieldsOf(path: readonly (string | number)[]): string[] {
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

function inSequence(nodes: readonly PlanNode[]): PlanNode | undefined {
  return nodes.length < 2 ? nodes[0] : { kind: 'Sequence', nodes: [...nodes] };
}
