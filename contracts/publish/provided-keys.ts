import {
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';

/** The keys by which a subgraph resolves an entity, each as the paths of its fields: `id`, `address.city`. */
export function providedKeys(schema: GraphQLSchema, typename: string): readonly (readonly string[])[] {
  const type = schema.getType(typename);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const directives = [type.astNode, ...type.extensionASTNodes].flatMap((node) => node?.directives ?? []);
  return directives
    .filter(({ name }) => name.value === 'key' || name.value === 'federation__key')
    .flatMap(({ arguments: given = [] }) => {
      const argumentOf = (name: string) => given.find((argument) => argument.name.value === name)?.value;
      const [fields, resolvable] = [argumentOf('fields'), argumentOf('resolvable')];
      const isResolvable = !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value);
      return fields?.kind === Kind.STRING && isResolvable ? [fieldSetPaths(fields.value)] : [];
    });
}

function fieldSetPaths(fieldSet: string): readonly string[] {
  const [definition] = parse(`{ ${fieldSet} }`).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? paths(definition.selectionSet, '') : [];
}

function paths({ selections }: SelectionSetNode, within: string): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const path = `${within}${selection.name.value}`;
    return selection.selectionSet ? paths(selection.selectionSet, `${path}.`) : [path];
  });
}
