import {
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isScalarType,
  Kind,
  print,
  type SelectionNode,
  stripIgnoredCharacters,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';

const emptyText = { kind: Kind.STRING, value: '' } as const;
const emptyObject = { kind: Kind.OBJECT, fields: [] } as const;

/**
 * The text of one operation and its fragments as all who mean the same write it. No value of a client stands in it:
 *
 * - text, numbers, and all that is given for a scalar of the schema's own are empty values of the same kind; lists have
 *   each value once; objects keep the input fields that the schema has. True, false, null and enum values stay.
 * - aliases are numbered: they are chosen freely, and made of data by some.
 *
 * Fields, arguments, variables and fragments stand in one order. The text is as valid as the document.
 */
export function normalisedText(schema: GraphQLSchema, document: DocumentNode): string {
  const types = new TypeInfo(schema);
  const emptied = visit(document, visitWithTypeInfo(types, emptyValues(types)));
  return stripIgnoredCharacters(print(withNumberedAliases(visit(emptied, sorted))));
}

/* Lists are looked at on the way out, when their values are empty already. */
function emptyValues(types: TypeInfo): ASTVisitor {
  const isFree = () => isScalarType(getNamedType(types.getInputType()));
  return {
    IntValue: (node) => ({ ...node, value: '0' }),
    FloatValue: (node) => ({ ...node, value: '0' }),
    StringValue: () => emptyText,
    EnumValue: () => (isFree() ? emptyText : undefined),
    ListValue: {
      leave: (node) => ({ ...node, values: distinct(node.values) }),
    },
    ObjectValue: {
      enter: () => (isInputObjectType(getNamedType(types.getInputType())) ? undefined : emptyObject),
      leave: (node) => ({ ...node, fields: inOrder(node.fields) }),
    },
  };
}

function distinct(values: readonly ValueNode[]): readonly ValueNode[] {
  const byText = new Map(values.map((value): [string, ValueNode] => [print(value), value]));
  return [...byText.entries()].sort(byFirst).map(([, value]) => value);
}

const sorted: ASTVisitor = {
  Document: { leave: (node) => ({ ...node, definitions: inOrder(node.definitions) }) },
  OperationDefinition: {
    leave: (node) => ({
      ...node,
      variableDefinitions: inOrder(node.variableDefinitions),
      directives: inOrder(node.directives),
    }),
  },
  FragmentDefinition: { leave: (node) => ({ ...node, directives: inOrder(node.directives) }) },
  SelectionSet: { leave: (node) => ({ ...node, selections: inOrder(node.selections) }) },
  Field: {
    leave: (node) => ({
      ...node,
      arguments: inOrder(node.arguments),
      directives: inOrder(node.directives),
    }),
  },
  FragmentSpread: { leave: (node) => ({ ...node, directives: inOrder(node.directives) }) },
  InlineFragment: { leave: (node) => ({ ...node, directives: inOrder(node.directives) }) },
  Directive: { leave: (node) => ({ ...node, arguments: inOrder(node.arguments) }) },
};

/** By how they are written, whatever their aliases. */
function inOrder<Node extends ASTNode>(nodes: readonly Node[] = []): readonly Node[] {
  if (nodes.length < 2) return nodes;
  return nodes
    .map((node): [string, Node] => [print(withoutAlias(node)), node])
    .sort(byFirst)
    .map(([, node]) => node);
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withoutAlias(node: ASTNode | SelectionNode): ASTNode {
  return node.kind === Kind.FIELD ? { ...node, alias: undefined } : node;
}

/** One number for each alias of the document, so that what could be merged before can be merged as before. */
function withNumberedAliases(document: DocumentNode): DocumentNode {
  const names = new Map<string, string>();
  return visit(document, {
    Field: ({ alias, ...node }) => {
      if (alias === undefined) return undefined;
      const { value } = alias;
      const name = names.get(value) ?? `alias_${names.size + 1}`;
      names.set(value, name);
      return { ...node, alias: { kind: Kind.NAME, value: name } };
    },
  });
}
