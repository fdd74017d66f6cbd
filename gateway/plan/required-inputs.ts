import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type DirectiveNode,
  type FieldNode,
  GraphQLError,
  Kind,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { isPossible, type SelectionCondition, selectionConditions } from './conditions.ts';
import { type EntityFetch, entityFetch, withUsedVariables, wrapped } from './entity-fetch.ts';
import { responseName } from './errors.ts';
import { type PreparedSupergraph, subgraphKey } from './prepare-supergraph.ts';

/** Fields of one fetch that are asked for without what they require, at one place and on one type. */
export interface EarlyFields {
  /** From the fetch's own path on, with `@` for lists. */
  readonly path: readonly string[];
  /** An entity fetch for them, with all that they require as its input. */
  readonly fetch: EntityFetch;
}

/** What a field of a fetch's subgraph requires of others; `undefined` where it requires nothing. */
export function requiredBy(
  fetch: FetchNode,
  type: string,
  field: FieldNode,
  prepared: PreparedSupergraph,
): SelectionSetNode | undefined {
  return prepared.requirements.get(`${subgraphKey(fetch.serviceName, type)}.${field.name.value}`);
}

/** The top-level fields of a plan's selections, whatever their type conditions. */
export function sentKeys(selections: readonly QueryPlanSelectionNode[]): Set<string> {
  return new Set(selections.flatMap(innerFields).map(({ name }) => name));
}

/** The top-level fields of a selection set, whatever their type conditions. */
export function fieldNames(selectionSet: SelectionSetNode | undefined): Set<string> {
  return new Set(
    (selectionSet?.selections ?? []).flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection.name.value];
      return selection.kind === Kind.INLINE_FRAGMENT ? [...fieldNames(selection.selectionSet)] : [];
    }),
  );
}

/** What is known of a fetch at its place in the plan. */
export interface Circumstances {
  /** The conditions under which it is made. */
  readonly around: readonly SelectionCondition[];
  /** Its variables whose values from context may not be there. */
  readonly lateVariables: ReadonlySet<string>;
}

/**
 * Takes out of a fetch the fields whose input it does not have. Of what they require that is, in an entity fetch,
 * what is not sent along; deeper down, what is not asked for beside the field. Fields with different late
 * variables are taken apart, so that none lacks another's. `kept` is `undefined` where nothing is left.
 */
export function takeEarlyFields(
  fetch: FetchNode,
  prepared: PreparedSupergraph,
  { around, lateVariables }: Circumstances,
): { readonly kept: FetchNode | undefined; readonly early: readonly EarlyFields[] } {
  const early: EarlyFields[] = [];
  const sent = fetch.requires && sentKeys(fetch.requires);

  /** `wrappers` are the directives of the fragments around since the last field, `outer` all conditions around. */
  const prune = (
    selectionSet: SelectionSetNode,
    type: string,
    available: ReadonlySet<string>,
    path: readonly string[] | undefined,
    wrappers: readonly (readonly DirectiveNode[])[],
    outer: readonly SelectionCondition[],
  ): SelectionSetNode => {
    const taken = new Map<string, Taken>();
    const kept = selectionSet.selections.flatMap((selection): SelectionNode[] => {
      const conditions = [...outer, ...selectionConditions(selection.directives)];
      // What no variables include needs no input.
      if (selection.kind === Kind.FRAGMENT_SPREAD || !isPossible(conditions)) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type;
        const around = [...wrappers, selection.directives ?? []];
        const inner = prune(selection.selectionSet, condition, available, path, around, conditions);
        return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
      }
      const needs = requiredBy(fetch, type, selection, prepared);
      const late = variablesOf(selection).filter((name) => lateVariables.has(name));
      if (late.length > 0 || [...fieldNames(needs)].some((name) => !available.has(name))) {
        const group = late.join();
        const { fields, required } = taken.get(group) ?? { fields: [], required: [] };
        taken.set(group, {
          fields: [...fields, selection],
          required: needs ? [...required, needs] : required,
        });
        return [];
      }
      const field = prepared.fieldType(type, selection.name.value);
      if (selection.selectionSet === undefined || field === undefined) return [selection];
      const below = [...(path ?? []), responseName(selection), ...Array<string>(field.lists).fill('@')];
      const siblings = fieldNames(selection.selectionSet);
      const inner = prune(selection.selectionSet, field.type, siblings, below, [], conditions);
      return [{ ...selection, selectionSet: inner }];
    });
    if (taken.size === 0) return { ...selectionSet, selections: kept };
    // At the top of an entity fetch the way in is known already; elsewhere a key has to be asked for.
    const isTop = path === undefined;
    const key = isTop ? undefined : prepared.keys.get(subgraphKey(fetch.serviceName, type));
    if (!isTop && key === undefined) {
      throw noWayBack(
        fetch,
        type,
        [...taken.values()].flatMap(({ fields }) => fields),
      );
    }
    for (const { fields, required } of taken.values()) {
      const input: QueryPlanSelectionNode[] = [
        { kind: 'Field', name: '__typename' },
        ...(key ? planSelections(key) : (fetch.requires ?? []).flatMap(innerFields)),
        ...required.flatMap(planSelections),
      ];
      early.push({
        path: path ?? [],
        fetch: entityFetch(fetch, path ?? [], type, wrapped(fields, wrappers), input),
      });
    }
    return { ...selectionSet, selections: [...kept, ...(key ? [TYPENAME, ...key.selections] : [])] };
  };

  const kept = mapEntryPoint(fetch, (selectionSet, type) =>
    prune(selectionSet, type, sent ?? fieldNames(selectionSet), sent ? undefined : [], [], around),
  );
  return early.length === 0 ? { kept: fetch, early } : { kept, early };
}

/** Fields of one selection set that are made one fetch, and what they require. */
interface Taken {
  readonly fields: readonly FieldNode[];
  readonly required: readonly SelectionSetNode[];
}

/** The variables in a field's arguments. */
function variablesOf(field: FieldNode): string[] {
  const names: string[] = [];
  for (const argument of field.arguments ?? [])
    visit(argument, { Variable: ({ name }) => void names.push(name.value) });
  return names;
}

/** The entity fetch with only those fields that are kept; `undefined` where none is left. */
export function keepEntityFields(
  fetch: FetchNode,
  keeps: (type: string, field: FieldNode) => boolean,
): FetchNode | undefined {
  const prune = (selectionSet: SelectionSetNode, type: string): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return keeps(type, selection) ? [selection] : [];
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      const inner = prune(selection.selectionSet, selection.typeCondition?.name.value ?? type);
      return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
    }),
  });
  return mapEntryPoint(fetch, prune);
}

/** What root types are called in a supergraph, whatever the subgraph calls them. */
const ROOT_TYPES = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** Rewrites what a fetch selects of its entities, or of its root type; `undefined` where no field is left. */
function mapEntryPoint(
  fetch: FetchNode,
  rewrite: (selectionSet: SelectionSetNode, type: string) => SelectionSetNode,
): FetchNode | undefined {
  const document = parse(fetch.operation, { noLocation: true });
  const isEntities = fetch.requires !== undefined;
  const rootType = ROOT_TYPES[fetch.operationKind];
  let isEmpty = false;
  const rewritten = visit(document, {
    OperationDefinition(operation) {
      const top = operation.selectionSet.selections[0];
      if (isEntities && top?.kind === Kind.FIELD && top.selectionSet) {
        const inner = rewrite(top.selectionSet, '_Entity');
        isEmpty = [...fieldNames(inner)].every((name) => name === '__typename');
        const selections = [{ ...top, selectionSet: inner }];
        return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
      }
      const selectionSet = rewrite(operation.selectionSet, rootType);
      isEmpty = selectionSet.selections.length === 0;
      return { ...operation, selectionSet };
    },
  });
  return isEmpty ? undefined : withUsedVariables({ ...fetch, operation: print(rewritten) });
}

function innerFields(node: QueryPlanSelectionNode): Extract<QueryPlanSelectionNode, { kind: 'Field' }>[] {
  return node.kind === 'InlineFragment' ? node.selections.flatMap(innerFields) : [node];
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

function noWayBack(fetch: FetchNode, type: string, fields: readonly FieldNode[]): GraphQLError {
  const names = fields.map(({ name }) => `${type}.${name.value}`).join(', ');
  return new GraphQLError(
    `The operation cannot be planned: ${names} of subgraph "${fetch.serviceName}" would be asked without what it requires.`,
    { extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' } },
  );
}
