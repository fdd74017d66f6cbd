import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import { contextInputs, type TreeKey } from './context-inputs.ts';
import { type Conditions, fieldsOf, isProvided, type Need, providers } from './fetched-keys.ts';
import type { PreparedSupergraph } from './prepare-supergraph.ts';
import { sentKeys, takeEarlyFields } from './required-inputs.ts';

/**
 * Puts the fetches of a plan in an order in which each has its input. Where requirements build on each other,
 * the planner can lose it: a fetch is made before its input has come, or asks for a field together with
 * something else and without the field's input. The same befalls values from context that another fetch brings.
 * Such a fetch, or that part of it, moves to where it can be made.
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

/** The same for a subscription, whose primary fetch is made before all others and needs no input. */
export function orderSubscription(node: SubscriptionNode, prepared: PreparedSupergraph): SubscriptionNode {
  const whole = inSequence(node.rest ? [node.primary, node.rest] : [node.primary]);
  const [primary, ...rest] = stepsOf(whole && orderPlan(whole, prepared));
  if (primary?.kind !== 'Fetch') throw new Error('The primary fetch of a subscription has moved.');
  return { ...node, primary, rest: inSequence(rest) };
}

interface Cure {
  readonly prepared: PreparedSupergraph;
  /** The plan as the planner made it. */
  readonly whole: PlanNode;
  /** The conditions of the nodes around. */
  readonly around: Conditions;
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
  const { kept, early } = takeEarlyFields(fetch, cure.prepared, {
    around: cure.around,
    lateVariables: lateVariables(fetch, path, before, cure),
  });
  const late = early.map((each): Late => {
    const node: PlanNode =
      each.path.length === 0 ? each.fetch : { kind: 'Flatten', path: [...each.path], node: each.fetch };
    const at = [...path, ...each.path];
    const values = [...contextInputs(each.fetch, fieldsOf(at)).values()];
    const needs = values.flatMap((keys) => valueNeeds(keys, cure, each.fetch));
    return { node, path: at, needs: [...sentNeeds(each.fetch, at, cure), ...needs] };
  });
  if (kept === undefined || fetch.requires === undefined) return { node: kept, late };
  // What is fetched nowhere was left out on purpose: its field is skipped.
  const needs = sentNeeds(fetch, path, cure).filter((need) => isProvided([cure.whole], [need]));
  if (isProvided(before, needs)) return { node: kept, late };
  return { node: undefined, late: [...late, { node: kept, path, needs }] };
}

/**
 * The keys that a fetch has to wait for. One that the plan fetches for certain under the fetch's own conditions has
 * to come that way; for one that it fetches only under others, all fetches that may bring it have to be made.
 */
function sentNeeds(fetch: FetchNode, at: readonly (string | number)[], { whole, around }: Cure): Need[] {
  const path = fieldsOf(at);
  return [...sentKeys(fetch.requires ?? [])]
    .filter((key) => key !== '__typename')
    .map((key) => {
      const certain = { path, key, given: around, count: 1 };
      if (isProvided([whole], [certain])) return certain;
      const possible = { path, key, given: undefined };
      const others = providers([whole], possible, (other) => other !== fetch);
      return { ...possible, count: Math.max(1, others) };
    });
}

/** The variables of a fetch whose values from context have not come before it. */
function lateVariables(
  fetch: FetchNode,
  at: readonly (string | number)[],
  before: readonly PlanNode[],
  cure: Cure,
): ReadonlySet<string> {
  const inputs = [...contextInputs(fetch, fieldsOf(at))];
  const isLate = (keys: readonly TreeKey[]): boolean => !isProvided(before, valueNeeds(keys, cure, fetch));
  return new Set(inputs.filter(([, keys]) => isLate(keys)).map(([variable]) => variable));
}

/**
 * What has to be there for one value from context: the keys that other fetches bring, from all of these, since each
 * may know objects of one type only. Of the types that may set a context, some do not occur.
 */
function valueNeeds(keys: readonly TreeKey[], { whole }: Cure, fetch: FetchNode): Need[] {
  const needs = keys.map((key): Need => {
    const possible = { ...key, given: undefined };
    return { ...possible, count: providers([whole], possible, (other) => other !== fetch) };
  });
  const fetched = needs.filter(({ count }) => count > 0);
  return fetched.length > 0 ? fetched : needs.map((need) => ({ ...need, count: 1 }));
}

/** Adds the late fetches whose input is there, and then those that waited for them; gives back the rest. */
function addReady(nodes: PlanNode[], before: readonly PlanNode[], late: readonly Late[]): readonly Late[] {
  let waiting = late;
  for (let ready = late; ready.length > 0; ) {
    ready = waiting.filter((each) => isProvided([...before, ...nodes], each.needs));
    nodes.push(...ready.map((each) => each.node));
    waiting = waiting.filter((each) => !ready.includes(each));
  }
  return waiting;
}

/** The nodes that follow each other at the outermost. */
function stepsOf(node: PlanNode | undefined): readonly PlanNode[] {
  return node?.kind === 'Sequence' ? node.nodes.flatMap(stepsOf) : node ? [node] : [];
}

function inSequence(nodes: readonly PlanNode[]): PlanNode | undefined {
  return nodes.length < 2 ? nodes[0] : { kind: 'Sequence', nodes: [...nodes] };
}
