import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { type FetchShape, fetchShape } from './errors.ts';
import { type PreparedSupergraph, requirementKey } from './prepare-supergraph.ts';
import { shapeAfterRewrites } from './rewrites.ts';

/**
 * Makes a plan of the prepared supergraph one of the real subgraphs:
 *
 * - Where requirements build on each other, the planner can lose their order: a fetch is made before its input
 *   has come, or asks for a field together with a key and without the field's input. Such a fetch, or that part
 *   of it, is moved to where its input is there.
 * - A fetch that would need two different values of one required field for the same object is split in two.
 * - Stand-ins are asked for as what they stand for, under their own name as an alias, and sent under the
 *   field's name.
 *
 * Throws a GraphQLError `PLAN_MISSES_REQUIRED_FIELD` where a required field is fetched nowhere.
 */
export function curePlan(plan: QueryPlan, prepared: PreparedSupergraph): QueryPlan {
  const { node } = plan;
  if (node === undefined || node.kind === 'Subscription' || prepared.requirements.size === 0) return plan;
  const { node: ordered, late } = postpone({ kind: 'Sequence', nodes: [node] }, [], [], {
    prepared,
    whole: node,
  });
  const [unmet] = late;
  if (unmet) {
    throw new GraphQLError(
      `The operation cannot be planned: ${unmet.needs.join(', ')} would be needed at "${unmet.path.join('.')}" and is fetched nowhere.`,
      { extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' } },
    );
  }
  return { ...plan, node: ordered && mapFetches(ordered, (fetch) => realFetches(fetch, prepared)) };
}

interface Cure {
  readonly prepared: PreparedSupergraph;
  /** The plan as the planner made it. */
  readonly whole: PlanNode;
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
      const met = node.ifClause && postpone(node.ifClause, path, before, cure);
      const unmet = node.elseClause && postpone(node.elseClause, path, before, cure);
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
  if (fetch.requires === undefined) return { node: fetch, late: [] };
  const sent = sentKeys(fetch.requires);
  const lacks = (type: string, field: FieldNode): boolean =>
    [...keysOf(requiredBy(fetch, type, field, cure.prepared))].some((key) => !sent.has(key));
  const lacking: { type: string; selectionSet: SelectionSetNode }[] = [];
  keepEntityFields(fetch, (type, field) => {
    const required = lacks(type, field) ? requiredBy(fetch, type, field, cure.prepared) : undefined;
    if (required) lacking.push({ type, selectionSet: required });
    return true;
  });
  const late: Late[] = [];
  let kept: FetchNode | undefined = fetch;
  if (lacking.length > 0) {
    kept = keepEntityFields(fetch, (type, field) => !lacks(type, field));
    const moved = keepEntityFields(fetch, lacks);
    const own = fetch.requires.flatMap(innerSelections);
    const requires = lacking.map(
      ({ type, selectionSet }): QueryPlanSelectionNode => ({
        kind: 'InlineFragment',
        typeCondition: type,
        selections: [...own, ...planSelections(selectionSet)],
      }),
    );
    if (moved) late.push({ node: { ...moved, requires }, path, needs: neededKeys(requires) });
  }
  // What is fetched nowhere was left out on purpose: its field is skipped.
  const needs = neededKeys(fetch.requires).filter((key) => isProvided([cure.whole], path, [key]));
  if (kept && !isProvided(before, path, needs)) {
    late.push({ node: kept, path, needs });
    kept = undefined;
  }
  return { node: kept, late };
}

function neededKeys(requires: readonly QueryPlanSelectionNode[]): string[] {
  return [...sentKeys(requires)].filter((key) => key !== '__typename');
}

function innerSelections(node: QueryPlanSelectionNode): QueryPlanSelectionNode[] {
  return node.kind === 'InlineFragment' ? node.selections.flatMap(innerSelections) : [node];
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

/** The real fetches that a planned fetch stands for: one, or one for each of several values of one input. */
function realFetches(fetch: FetchNode, prepared: PreparedSupergraph): FetchNode[] {
  const variants = inputVariants(fetch, prepared);
  if (variants.length < 2) return [realFetch(fetch, prepared)];
  return variants.flatMap((variant, index) => {
    const others = new Set(variants.flatMap((other) => (other === variant ? [] : [...other])));
    const isHere = (type: string, field: FieldNode): boolean => {
      const required = [...keysOf(requiredBy(fetch, type, field, prepared))];
      return (
        required.some((key) => variant.has(key)) || (index === 0 && !required.some((key) => others.has(key)))
      );
    };
    const part = keepEntityFields(fetch, isHere);
    if (part === undefined) return [];
    return [realFetch({ ...part, requires: withoutKeys(fetch.requires ?? [], others) }, prepared)];
  });
}

/**
 * Sets of stand-ins that can be sent together: the n-th stand-in of every field. More than one where a
 * fetch's input has several stand-ins of one field.
 */
function inputVariants(fetch: FetchNode, prepared: PreparedSupergraph): Set<string>[] {
  const counts = new Map<string, number>();
  const variants: Set<string>[] = [];
  for (const key of sentKeys(fetch.requires ?? [])) {
    const standIn = prepared.standIns.get(key);
    if (standIn === undefined) continue;
    const index = counts.get(standIn.field) ?? 0;
    counts.set(standIn.field, index + 1);
    variants[index] = (variants[index] ?? new Set()).add(key);
  }
  return variants;
}

function realFetch(fetch: FetchNode, prepared: PreparedSupergraph): FetchNode {
  const requires = fetch.requires && realInputs(fetch.requires, prepared);
  if (!fetch.operation.includes('__required')) return { ...fetch, requires };
  const document = visit(parse(fetch.operation, { noLocation: true }), {
    Field(field) {
      const standIn = prepared.standIns.get(field.name.value);
      if (standIn === undefined) return undefined;
      const asked = parse(`{${standIn.field}${standIn.argumentsText}}`, { noLocation: true }).definitions[0];
      const [real] = (asked as OperationDefinitionNode).selectionSet.selections as FieldNode[];
      return { ...field, alias: field.alias ?? field.name, name: real!.name, arguments: real!.arguments };
    },
  });
  return { ...fetch, requires, operation: stripIgnoredCharacters(print(document)) };
}

/** An input is read from the tree under the stand-in's name and sent under the field's. */
function realInputs(
  selections: readonly QueryPlanSelectionNode[],
  prepared: PreparedSupergraph,
): QueryPlanSelectionNode[] {
  return selections.map((selection) => {
    if (selection.kind === 'InlineFragment') {
      return { ...selection, selections: realInputs(selection.selections, prepared) };
    }
    const nested = selection.selections && realInputs(selection.selections, prepared);
    const standIn = prepared.standIns.get(selection.name);
    return standIn === undefined
      ? { ...selection, selections: nested }
      : { ...selection, alias: selection.name, name: standIn.field, selections: nested };
  });
}

function withoutKeys(
  selections: readonly QueryPlanSelectionNode[],
  keys: ReadonlySet<string>,
): QueryPlanSelectionNode[] {
  return selections.flatMap((selection): QueryPlanSelectionNode[] => {
    if (selection.kind === 'Field') return keys.has(selection.name) ? [] : [selection];
    return [{ ...selection, selections: withoutKeys(selection.selections, keys) }];
  });
}

function requiredBy(
  fetch: FetchNode,
  type: string,
  field: FieldNode,
  prepared: PreparedSupergraph,
): SelectionSetNode | undefined {
  return prepared.requirements.get(requirementKey(fetch.serviceName, type, field.name.value))?.selectionSet;
}

/** The fetch with only those fields of its entities that are kept; `undefined` where none is left. */
function keepEntityFields(
  fetch: FetchNode,
  keeps: (type: string, field: FieldNode) => boolean,
): FetchNode | undefined {
  const document = parse(fetch.operation, { noLocation: true });
  let left = 0;
  const prune = (selectionSet: SelectionSetNode, type: string): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) {
        if (!keeps(type, selection)) return [];
        if (selection.name.value !== '__typename') left++;
        return [selection];
      }
      if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
      const inner = prune(selection.selectionSet, selection.typeCondition?.name.value ?? type);
      return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
    }),
  });
  const pruned = visit(document, {
    Field(field) {
      if (field.name.value !== '_entities' || field.selectionSet === undefined) return undefined;
      return { ...field, selectionSet: prune(field.selectionSet, '_Entity') };
    },
  });
  if (left === 0) return undefined;
  const used = new Set<string>();
  for (const definition of pruned.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    visit({ ...definition, variableDefinitions: [] }, { Variable: ({ name }) => void used.add(name.value) });
  }
  const operation = visit(pruned, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
  });
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(operation)),
    variableUsages: fetch.variableUsages?.filter((name) => used.has(name)),
  };
}

function sentKeys(selections: readonly QueryPlanSelectionNode[]): Set<string> {
  return new Set(
    selections.flatMap((selection) =>
      selection.kind === 'Field' ? [selection.name] : [...sentKeys(selection.selections)],
    ),
  );
}

function keysOf(selectionSet: SelectionSetNode | undefined): Set<string> {
  return new Set(
    (selectionSet?.selections ?? []).flatMap((selection) =>
      selection.kind === Kind.FIELD
        ? [selection.name.value]
        : selection.kind === Kind.INLINE_FRAGMENT
          ? [...keysOf(selection.selectionSet)]
          : [],
    ),
  );
}

function planSelections(selectionSet: SelectionSetNode): QueryPlanSelectionNode[] {
  return selectionSet.selections.flatMap((selection): QueryPlanSelectionNode[] => {
    if (selection.kind === Kind.FIELD) {
      const selections = selection.selectionSet && planSelections(selection.selectionSet);
      return [{ kind: 'Field', name: selection.name.value, selections }];
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const selections = planSelections(selection.selectionSet);
    return [{ kind: 'InlineFragment', typeCondition: selection.typeCondition?.name.value, selections }];
  });
}

function mapFetches(node: PlanNode, replace: (fetch: FetchNode) => FetchNode[]): PlanNode {
  switch (node.kind) {
    case 'Fetch':
      return inParallel(replace(node));
    case 'Flatten':
      return { ...node, node: mapFetches(node.node, replace) };
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((child) => mapFetches(child, replace)) };
    case 'Condition':
      return {
        ...node,
        ifClause: node.ifClause && mapFetches(node.ifClause, replace),
        elseClause: node.elseClause && mapFetches(node.elseClause, replace),
      };
    default:
      return node;
  }
}

function inSequence(nodes: readonly PlanNode[]): PlanNode | undefined {
  return nodes.length < 2 ? nodes[0] : { kind: 'Sequence', nodes: [...nodes] };
}

function inParallel(nodes: readonly PlanNode[]): PlanNode {
  return nodes.length === 1 ? nodes[0]! : { kind: 'Parallel', nodes: [...nodes] };
}
