import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What the gateway sends to a subgraph, or a client to the gateway, as far as its answer follows from it. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A request read for a schema. */
export interface RequestDocument {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** Reads a request of one operation. Throws an Error where it has none. */
export function readRequest(
  schema: GraphQLSchema,
  { query, variables = {} }: GraphqlRequest,
): RequestDocument {
  const { definitions } = parse(query);
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('A request without an operation has no answer.');
  const fragments = new Map(
    definitions.flatMap((definition): [string, FragmentDefinitionNode][] =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  return { schema, variables, operation, fragments };
}

/** A field of an answer: its key, and every place that asks for it. */
export interface AskedField {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  /** What is asked below it, by all of the places. */
  readonly selections: readonly SelectionNode[];
}

/**
 * The fields that an object of this type shows: those of fragments that hold for the type, without those that a
 * condition leaves out, each key once.
 */
export function fieldsOf(
  document: RequestDocument,
  typename: string,
  selections: readonly SelectionNode[],
): readonly AskedField[] {
  const byKey = new Map<string, [FieldNode, ...FieldNode[]]>();
  collect(document, typename, selections, byKey);
  return [...byKey].map(([key, nodes]) => ({
    key,
    name: nodes[0].name.value,
    nodes,
    selections: nodes.flatMap((node) => node.selectionSet?.selections ?? []),
  }));
}

function collect(
  document: RequestDocument,
  typename: string,
  selections: readonly SelectionNode[],
  byKey: Map<string, [FieldNode, ...FieldNode[]]>,
): void {
  for (const selection of selections) {
    if (!isIncluded(document, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const known = byKey.get(key);
      if (known) known.push(selection);
      else byKey.set(key, [selection]);
      continue;
    }
    const fragment = fragmentOf(document, selection);
    if (fragment && holdsFor(document.schema, fragment.condition, typename)) {
      collect(document, typename, fragment.selectionSet.selections, byKey);
    }
  }
}

/** What a spread spreads, and for which type; undefined for an unknown name. */
export function fragmentOf(
  { fragments }: RequestDocument,
  selection: Exclude<SelectionNode, FieldNode>,
): { readonly condition: string | undefined; readonly selectionSet: SelectionSetNode } | undefined {
  const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
  return fragment && { condition: fragment.typeCondition?.name.value, selectionSet: fragment.selectionSet };
}

function isIncluded({ variables }: RequestDocument, node: SelectionNode): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
  );
}

function holdsFor(schema: GraphQLSchema, condition: string | undefined, typename: string): boolean {
  if (condition === undefined || condition === typename) return true;
  const [outer, inner] = [schema.getType(condition), schema.getType(typename)];
  return isAbstractType(outer) && schema.getPossibleTypes(outer).some((type) => type === inner);
}
