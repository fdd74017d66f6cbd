import {
  type ConstDirectiveNode,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
} from 'graphql';

/** Questions about type names, answered from the supergraph's full schema. */
export interface TypeIndex {
  readonly isObjectType: (name: string) => boolean;
  /** Whether an object whose `__typename` is given meets a type condition; no condition is always met. */
  readonly satisfies: (typename: unknown, condition: string | undefined) => boolean;
  /**
   * The keys by which a subgraph can find an object of a type, or of an interface that the type implements:
   * the top-level fields of each.
   */
  readonly keysOf: (subgraph: string, typename: unknown) => readonly (readonly string[])[];
}

export function createTypeIndex(schema: GraphQLSchema): TypeIndex {
  const graphs = graphNames(schema);
  return {
    isObjectType: (name) => isObjectType(schema.getType(name)),
    satisfies(typename, condition) {
      if (condition === undefined || typename === condition) return true;
      if (typeof typename !== 'string') return false;
      const type = schema.getType(typename);
      const conditionType = schema.getType(condition);
      return (
        isAbstractType(conditionType) &&
        (isObjectType(type) || isInterfaceType(type)) &&
        schema.isSubType(conditionType, type)
      );
    },
    keysOf(subgraph, typename) {
      const type = typeof typename === 'string' ? schema.getType(typename) : undefined;
      if (!isObjectType(type) && !isInterfaceType(type)) return [];
      return [type, ...type.getInterfaces()].flatMap(({ astNode }) =>
        (astNode?.directives ?? []).flatMap((directive) => {
          const graph = directive.name.value === 'join__type' ? argumentOf(directive, 'graph') : undefined;
          const key = argumentOf(directive, 'key');
          if (graph === undefined || key === undefined || graphs.get(graph) !== subgraph) return [];
          return isUnresolvable(directive) ? [] : [topFields(key)];
        }),
      );
    },
  };
}

/** `join__Graph` value → subgraph name. */
function graphNames(schema: GraphQLSchema): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const graphs = schema.getType('join__Graph');
  for (const value of isEnumType(graphs) ? graphs.getValues() : []) {
    const directive = value.astNode?.directives?.find(({ name }) => name.value === 'join__graph');
    const name = directive && argumentOf(directive, 'name');
    if (name !== undefined) names.set(value.name, name);
  }
  return names;
}

function argumentOf(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}

function isUnresolvable(directive: ConstDirectiveNode): boolean {
  return (directive.arguments ?? []).some(
    ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
  );
}

function topFields(key: string): string[] {
  const [definition] = parse(`{${key}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return [];
  return definition.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.name.value] : [],
  );
}
