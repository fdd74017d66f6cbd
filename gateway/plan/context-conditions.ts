import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { selectionConditions } from './conditions.ts';
import { wrapped } from './entity-fetch.ts';

/**
 * The document without the `@skip` and `@include` around fields with context arguments: they move to what else they
 * are around. Only the root fields of mutations keep theirs. The planner would put the fetch of such a field's value
 * under its conditions, and with it whatever is fetched after that. The response is written after the client's own
 * document: such a field that it skips is fetched and not shown.
 */
export function withoutContextConditions(
  document: DocumentNode,
  supergraphSchema: GraphQLSchema,
): DocumentNode {
  const names = contextualFields(supergraphSchema);
  if (names.size === 0) return document;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const contains = (selection: SelectionNode): boolean => {
    if (selection.kind === Kind.FIELD && names.has(selection.name.value)) return true;
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    return inner?.selectionSet?.selections.some(contains) ?? false;
  };
  /** `moved` are the conditions around that were taken off, each with one selection's directives. */
  const strip = (
    selectionSet: SelectionSetNode,
    keeps: boolean,
    moved: readonly (readonly DirectiveNode[])[],
  ): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection): readonly SelectionNode[] => {
      // A named fragment under conditions has been written out.
      if (selection.kind === Kind.FRAGMENT_SPREAD || !contains(selection)) return wrapped([selection], moved);
      const directives = selection.directives ?? [];
      const taken = keeps ? [] : directives.filter((each) => selectionConditions([each]).length > 0);
      const bare = { ...selection, directives: directives.filter((each) => !taken.includes(each)) };
      if (selection.selectionSet === undefined) return [bare];
      const keepsBelow = keeps && selection.kind === Kind.INLINE_FRAGMENT;
      return [{ ...bare, selectionSet: strip(selection.selectionSet, keepsBelow, [...moved, taken]) }];
    }),
  });
  const mutationType = supergraphSchema.getMutationType()?.name;
  return {
    ...document,
    definitions: document.definitions.map((definition) => {
      if (definition.kind === Kind.OPERATION_DEFINITION) {
        const keeps = definition.operation === OperationTypeNode.MUTATION;
        return { ...definition, selectionSet: strip(definition.selectionSet, keeps, []) };
      }
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) return definition;
      const keeps = definition.typeCondition.name.value === mutationType;
      return { ...definition, selectionSet: strip(definition.selectionSet, keeps, []) };
    }),
  };
}

/** The names of the fields that take an argument from context in some subgraph, whatever their types. */
function contextualFields(supergraphSchema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>();
  for (const type of Object.values(supergraphSchema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const { name, astNode } of Object.values(type.getFields())) {
      const isContextual = astNode?.directives?.some(
        (directive) =>
          directive.name.value === 'join__field' &&
          directive.arguments?.some((argument) => argument.name.value === 'contextArguments'),
      );
      if (isContextual) names.add(name);
    }
  }
  return names;
}
