import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
} from 'graphql';

/** A subgraph that events are told of: its name and its schema. */
export interface GraphSource {
  readonly name: string;
  readonly typeDefs: DocumentNode;
}

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

/** The definitions and extensions of an object type in one schema. */
export function objectsOf({ typeDefs }: GraphSource, name: string): readonly ObjectNode[] {
  return typeDefs.definitions.filter(
    (node): node is ObjectNode => isObject(node) && node.name.value === name,
  );
}

export function fieldOf(source: GraphSource, type: string, field: string): FieldDefinitionNode | undefined {
  return objectsOf(source, type)
    .flatMap(({ fields }) => fields ?? [])
    .find(({ name }) => name.value === field);
}

export function enumOf({ typeDefs }: GraphSource, name: string): EnumTypeDefinitionNode | undefined {
  return typeDefs.definitions.find(
    (node): node is EnumTypeDefinitionNode =>
      node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === name,
  );
}

/** Whether some subgraph resolves entities of this type by their field `id`. */
export function isEntity(sources: readonly GraphSource[], type: string): boolean {
  return sources.some((source) =>
    objectsOf(source, type)
      .flatMap(({ directives }) => directives ?? [])
      .some((directive) => isResolvableById(directive)),
  );
}

function isResolvableById({ name, arguments: all }: ConstDirectiveNode): boolean {
  const given = (argument: string) => all?.find((one) => one.name.value === argument)?.value;
  const [fields, resolvable] = [given('fields'), given('resolvable')];
  const isKey = name.value === 'key' || name.value === 'federation__key';
  const isById = fields?.kind === Kind.STRING && fields.value.trim() === 'id';
  return isKey && isById && !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value);
}

/** Whether a path of fields leads from the queries through the subgraphs. */
export function hasPath(sources: readonly GraphSource[], path: readonly string[]): boolean {
  let type: string | undefined = 'Query';
  for (const field of path) {
    const holder: string | undefined = type;
    if (holder === undefined) return false;
    type = sources
      .flatMap((source) => fieldOf(source, holder, field) ?? [])
      .map((found) => namedType(found.type))[0];
  }
  return type !== undefined;
}

export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function isObject(node: DefinitionNode): node is ObjectNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
}
