import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { WriteState } from './write-state.ts';

/**
 * Compiles a root `__schema` or `__type` field: graphql-js executes it on the API schema. Without variables
 * the answer is made once.
 */
export function compileIntrospection(
  fields: readonly FieldNode[],
  key: string,
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): (state: WriteState) => string {
  const { variables, spread } = namesIn(fields, fragments);
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...operation,
        directives: [],
        variableDefinitions: operation.variableDefinitions?.filter((definition) =>
          variables.has(definition.variable.name.value),
        ),
        selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
      },
      ...[...fragments.values()].filter((fragment) => spread.has(fragment.name.value)),
    ],
  };
  let constant: string | undefined;
  return (state) => {
    if (constant !== undefined) return constant;
    const { data, errors = [] } = executeSync({ schema, document, variableValues: state.variables });
    for (const { message, path } of errors) {
      state.errors.push({ message, path, extensions: { code: 'INTROSPECTION_FAILED' } });
    }
    const text = JSON.stringify(data?.[key] ?? null);
    if (variables.size === 0 && errors.length === 0) constant = text;
    return text;
  };
}

function namesIn(
  fields: readonly FieldNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): { variables: Set<string>; spread: Set<string> } {
  const variables = new Set<string>();
  const spread = new Set<string>();
  const search = (node: FieldNode | FragmentDefinitionNode): void => {
    visit(node, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || spread.has(name.value)) return;
        spread.add(name.value);
        search(fragment);
      },
    });
  };
  for (const field of fields) search(field);
  return { variables, spread };
}
