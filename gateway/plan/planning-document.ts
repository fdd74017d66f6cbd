import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isPossible, type SelectionCondition, selectionConditions } from './conditions.ts';
import { withoutContextConditions } from './context-conditions.ts';
import { responseName } from './errors.ts';
import { type PlanningNames, planningNames } from './planning-names.ts';
import { withoutRepeatedMutations } from './repeated-mutations.ts';

/**
 * The document that is planned for a client's document: it asks for the same, in a form that the planner gets
 * right.
 *
 * - Names are those of `planningNames`.
 * - A leaf field that is asked for under several aliases stands under one of them only: the planner would compare
 *   the ways to each.
 * - What `@skip` and `@include` exclude whatever the variables is left out: the planner would fetch for it.
 * - A root field of a mutation stands once under any variables: the planner would have it executed twice.
 * - What contains fields with context arguments has no `@skip` and `@include` (see `withoutContextConditions`).
 * - An object whose fields all may be skipped is asked for its type name: the planner would not ask for the
 *   object, though whether it is null shows.
 * - Where some subgraph has an interface as one object type, a fragment on another abstract type stands once for
 *   each object type: the planner knows no way from such an object to a union or another interface.
 */
export function planningDocument(
  document: DocumentNode,
  schema: GraphQLSchema,
  supergraphSchema: GraphQLSchema,
): DocumentNode {
  const names = planningNames(document, supergraphSchema);
  const once: DocumentNode = visit(document, {
    Field(field) {
      const planned = names.plannedAs(field);
      return planned === field ? undefined : { ...field, alias: planned.alias };
    },
  });
  const given = fragmentsOf(once);
  const chosen: DocumentNode = {
    ...once,
    definitions: once.definitions.map((definition) =>
      'selectionSet' in definition
        ? { ...definition, selectionSet: withoutExcluded(definition.selectionSet, given, []) }
        : definition,
    ),
  };
  const chosenFragments = fragmentsOf(chosen);
  const single: DocumentNode = {
    ...chosen,
    definitions: chosen.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? withoutRepeatedMutations(definition, chosenFragments)
        : definition,
    ),
  };
  const typed = hasInterfaceObjects(supergraphSchema) ? withObjectTypes(single, schema) : single;
  const unconditional = withoutContextConditions(typed, supergraphSchema);
  const fragments = fragmentsOf(unconditional);
  const kept = visit(unconditional, {
    SelectionSet: (selectionSet, _key, parent) => {
      const isOfField = parent !== undefined && 'kind' in parent && parent.kind === Kind.FIELD;
      const needed = isOfField ? mayBeEmpty(selectionSet, fragments) : selectionSet.selections.length === 0;
      return needed ? withKeeper(selectionSet, names) : undefined;
    },
  });
  return withNames(kept, names);
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/**
 * Leaves out what no variables include; `outer` are the conditions around. A named fragment under conditions is
 * written out, since other places of it may include what this one does not.
 */
function withoutExcluded(
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  outer: readonly SelectionCondition[],
): SelectionSetNode {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    const conditions = [...outer, ...selectionConditions(selection.directives)];
    if (!isPossible(conditions)) return [];
    const directives = selection.directives?.filter((directive) => !isConstant(directive));
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value);
      if (fragment === undefined || conditions.length === 0) return [{ ...selection, directives }];
      const inner = withoutExcluded(fragment.selectionSet, fragments, conditions);
      return [inlineFragment(fragment.typeCondition.name.value, inner.selections, directives)];
    }
    if (selection.selectionSet === undefined) return [{ ...selection, directives }];
    const inner = withoutExcluded(selection.selectionSet, fragments, conditions);
    return [{ ...selection, directives, selectionSet: inner }];
  });
  return { ...selectionSet, selections };
}

function isConstant(directive: DirectiveNode): boolean {
  return selectionConditions([directive]).some((condition) => condition.kind === 'constant');
}

/** Whether some variables would leave nothing of a selection set, whatever the object's type. */
function mayBeEmpty(
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  return selectionSet.selections.every((selection) => {
    if (selectionConditions(selection.directives).length > 0) return true;
    if (selection.kind === Kind.FIELD) return false;
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    return inner === undefined || mayBeEmpty(inner.selectionSet, fragments);
  });
}

function withKeeper(selectionSet: SelectionSetNode, names: PlanningNames): SelectionSetNode {
  // Under an alias: the planner hangs a plain `__typename` on a neighbour, which may be skipped.
  const keeper: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: names.keeper },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  return { ...selectionSet, selections: [...selectionSet.selections, keeper] };
}

function withNames(document: DocumentNode, names: PlanningNames): DocumentNode {
  return visit(document, {
    Field(field) {
      const key = field.alias?.value === names.keeper ? names.keeper : names.treeKey(field);
      if (key === responseName(field)) return undefined;
      return { ...field, alias: { kind: Kind.NAME, value: key } as const };
    },
    Variable(variable) {
      const name = names.planVariable(variable.name.value);
      return name === variable.name.value
        ? undefined
        : { ...variable, name: { ...variable.name, value: name } };
    },
  });
}

function withObjectTypes(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const fragments = fragmentsOf(document);
  const isOf = (type: string, condition: string | undefined): boolean => {
    if (condition === undefined || condition === type) return true;
    const [objectType, conditionType] = [schema.getType(type), schema.getType(condition)];
    return (
      isAbstractType(conditionType) && isObjectType(objectType) && schema.isSubType(conditionType, objectType)
    );
  };
  /** The selections as they are on an object of one type: without type conditions. */
  const onObject = (selections: readonly SelectionNode[], type: string): SelectionNode[] =>
    selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return [selection];
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined || !isOf(type, fragment.typeCondition?.name.value)) return [];
      const inner = onObject(fragment.selectionSet.selections, type);
      return inner.length === 0 ? [] : [inlineFragment(undefined, inner, selection.directives)];
    });
  const onAbstract = (selection: SelectionNode, parent: GraphQLAbstractType): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return [selection];
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value);
    if (fragment === undefined || condition === undefined || condition === parent) return [selection];
    const possible = schema.getPossibleTypes(parent);
    if (isObjectType(condition)) return possible.includes(condition) ? [selection] : [];
    if (!isAbstractType(condition)) return [selection];
    if (isInterfaceType(parent) && schema.isSubType(condition, parent)) {
      return [inlineFragment(undefined, fragment.selectionSet.selections, selection.directives)];
    }
    return possible
      .filter((type) => schema.isSubType(condition, type))
      .flatMap((type) => {
        const inner = onObject([selection], type.name);
        return inner.length === 0 ? [] : [inlineFragment(type.name, inner)];
      });
  };
  const typeInfo = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(typeInfo, {
      SelectionSet: (selectionSet) => {
        const parent = typeInfo.getParentType();
        if (isObjectType(parent)) {
          return { ...selectionSet, selections: onObject(selectionSet.selections, parent.name) };
        }
        if (isAbstractType(parent)) {
          const selections = selectionSet.selections.flatMap((each) => onAbstract(each, parent));
          return { ...selectionSet, selections };
        }
        return undefined;
      },
    }),
  );
}

function inlineFragment(
  type: string | undefined,
  selections: readonly SelectionNode[],
  directives?: readonly DirectiveNode[],
): InlineFragmentNode {
  const typeCondition =
    type === undefined
      ? undefined
      : ({ kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } } as const);
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition,
    directives,
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

/** Whether some subgraph has an interface as one object type (`@interfaceObject`). */
function hasInterfaceObjects(schema: GraphQLSchema): boolean {
  return Object.values(schema.getTypeMap()).some((type) =>
    type.astNode?.directives?.some(
      (directive) =>
        directive.name.value === 'join__type' &&
        directive.arguments?.some(
          ({ name, value }) =>
            name.value === 'isInterfaceObject' && value.kind === Kind.BOOLEAN && value.value,
        ),
    ),
  );
}
