import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * An error for each place where the field of a subscription stands under `@skip` or `@include`: it would be open
 * whether there is anything to open. The specification forbids it, and graphql-js' own rule for the one root field
 * throws where such a condition is a variable.
 */
export function conditionalSubscriptionFields(document: DocumentNode): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const visited = new Set<FragmentDefinitionNode>();
  const search = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      const conditions = selection.directives?.filter(isCondition) ?? [];
      if (conditions.length > 0) errors.push(conditionalField(selection, conditions));
      if (selection.kind === Kind.INLINE_FRAGMENT) search(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD) continue;
      const fragment = fragments.get(selection.name.value);
      if (fragment === undefined || visited.has(fragment)) continue;
      visited.add(fragment);
      search(fragment.selectionSet);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation === OperationTypeNode.SUBSCRIPTION) search(definition.selectionSet);
  }
  return errors;
}

type Directives = NonNullable<SelectionNode['directives']>;

function isCondition({ name }: Directives[number]): boolean {
  return name.value === 'skip' || name.value === 'include';
}

function conditionalField(selection: SelectionNode, nodes: Directives): GraphQLError {
  const what = selection.kind === Kind.INLINE_FRAGMENT ? 'A fragment' : `"${selection.name.value}"`;
  const message = `${what} at the root of a subscription must not have @skip or @include: send a subscription of its own for each case.`;
  return new GraphQLError(message, { nodes });
}
