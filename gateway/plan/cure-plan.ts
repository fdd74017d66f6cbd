import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type FieldNode,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { usesContext } from './context-inputs.ts';
import { orderPlan, orderSubscription } from './order-plan.ts';
import type { PreparedSupergraph } from './prepare-supergraph.ts';
import { fieldNames, keepEntityFields, requiredBy, sentKeys } from './required-inputs.ts';

/**
 * Makes a plan of the prepared supergraph one of the real subgraphs, in an order in which every fetch has its
 * input. Stand-ins are asked for as what they stand for, under their own name as an alias, and sent under the
 * field's name; a fetch that would need two different values of one field for the same object is split.
 *
 * Throws a GraphQLError `PLAN_MISSES_REQUIRED_FIELD` where a required field is fetched nowhere.
 */
export function curePlan(plan: QueryPlan, prepared: PreparedSupergraph): QueryPlan {
  const { node } = plan;
  if (node === undefined || (prepared.requirements.size === 0 && !usesContext(node))) return plan;
  const replace = (fetch: FetchNode): FetchNode[] => realFetches(fetch, prepared);
  if (node.kind === 'Subscription') {
    const { primary, rest } = orderSubscription(node, prepared);
    return {
      ...plan,
      node: { ...node, primary: realFetch(primary, prepared), rest: rest && mapFetches(rest, replace) },
    };
  }
  const ordered = orderPlan(node, prepared);
  return { ...plan, node: ordered && mapFetches(ordered, replace) };
}

/** The real fetches that a planned fetch stands for: one, or one for each set of values of its inputs. */
function realFetches(fetch: FetchNode, prepared: PreparedSupergraph): FetchNode[] {
  const sent = [...sentKeys(fetch.requires ?? [])].filter((key) => prepared.standIns.has(key));
  const fields = new Set(sent.map((key) => prepared.standIns.get(key)?.field));
  if (fields.size === sent.length) return [realFetch(fetch, prepared)];
  const inputsOf = (type: string, field: FieldNode): string =>
    [...fieldNames(requiredBy(fetch, type, field, prepared))].filter((key) => sent.includes(key)).join();
  const groups = new Set<string>();
  keepEntityFields(fetch, (type, field) => Boolean(groups.add(inputsOf(type, field))));
  return [...groups].flatMap((group) => {
    const part = keepEntityFields(fetch, (type, field) => inputsOf(type, field) === group);
    if (part === undefined) return [];
    const others = new Set(sent.filter((key) => !group.split(',').includes(key)));
    return [realFetch({ ...part, requires: withoutKeys(fetch.requires ?? [], others) }, prepared)];
  });
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

function inParallel(nodes: readonly PlanNode[]): PlanNode {
  return nodes.length === 1 ? nodes[0]! : { kind: 'Parallel', nodes: [...nodes] };
}
