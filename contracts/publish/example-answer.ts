import { MatchersV3 } from '@pact-foundation/pact';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';

const { eachLike, integer, number, boolean, regex, string } = MatchersV3;

/** Field values that an example shows, by type and field: above all the keys that provider states know. */
export type Examples = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

interface Representation {
  readonly __typename: string;
}

/** Text forms of the scalars that are more than text, each with an example that has the form. */
const textScalars: Record<string, { readonly pattern: string; readonly example: string }> = {
  DateTime: {
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
    example: '2026-03-01T09:30:00.000Z',
  },
  Date: { pattern: '^\\d{4}-\\d{2}-\\d{2}$', example: '2026-03-01' },
  Decimal: { pattern: '^-?\\d+(\\.\\d+)?$', example: '1234.50' },
};

/**
 * The answer that a subgraph of this schema gives to a fetch, every value as a matcher by its type: text as
 * text, Int as integer, Float as number, enums and times as regular expressions, lists as at least one like
 * the example, `_entities` by position. `reify` of it is a plain answer.
 * @param absent fields, such as `Lead.owner`, that are null
 */
export function exampleAnswer(
  schema: GraphQLSchema,
  request: GraphqlRequest,
  examples: Examples,
  absent: readonly string[] = [],
): ExampleAnswer {
  const document = parse(request.query);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('A fetch without an operation has no answer.');
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no ${operation.operation} type.`);
  const scope: Scope = {
    schema,
    examples,
    absent,
    fragments: fragmentsOf(document),
    request,
    shown: new Set(),
  };
  const body = { data: objectExample(scope, root.name, operation.selectionSet) };
  return { body, entities: [...scope.shown].sort() };
}

export interface ExampleAnswer {
  readonly body: { readonly data: unknown };
  /** The types with known examples that the answer shows: they must exist at the provider. */
  readonly entities: readonly string[];
}

interface Scope {
  readonly schema: GraphQLSchema;
  readonly examples: Examples;
  readonly absent: readonly string[];
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly request: GraphqlRequest;
  readonly shown: Set<string>;
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((definition): [string, FragmentDefinitionNode][] =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
}

function objectExample(
  scope: Scope,
  typename: string,
  selections: SelectionSetNode,
): Record<string, unknown> {
  const type = scope.schema.getType(typename);
  if (!isObjectType(type)) throw new Error(`No example can be made of ${typename}: it is no object type.`);
  if (scope.examples[typename]) scope.shown.add(typename);
  const fields = type.getFields();
  const example: Record<string, unknown> = {};
  for (const selection of selections.selections) {
    if (selection.kind !== Kind.FIELD) {
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition?.name.value ?? typename;
      if (fragment && condition === typename)
        Object.assign(example, objectExample(scope, typename, fragment.selectionSet));
      continue;
    }
    const name = selection.name.value;
    const key = selection.alias?.value ?? name;
    if (name === '__typename') {
      example[key] = typename;
    } else if (name === '_entities') {
      example[key] = representationsOf(scope, selection).map((representation) =>
        objectExample(scope, representation.__typename, selection.selectionSet ?? emptySelection),
      );
    } else {
      const field = fields[name];
      if (!field) throw new Error(`${typename} has no field ${name}.`);
      const coordinate = `${typename}.${name}`;
      if (scope.absent.includes(coordinate)) example[key] = null;
      else example[key] = valueExample(scope, coordinate, field.type, selection.selectionSet);
    }
  }
  return example;
}

/** A joined request has several fields `_entities`, each with a variable of its own. */
function representationsOf(
  { request }: Scope,
  { arguments: given = [] }: FieldNode,
): readonly Representation[] {
  const value = given.find(({ name }) => name.value === 'representations')?.value;
  const representations = value?.kind === Kind.VARIABLE ? request.variables?.[value.name.value] : undefined;
  if (!Array.isArray(representations)) throw new Error('A field _entities has no list of representations.');
  return representations;
}

const emptySelection: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

function valueExample(
  scope: Scope,
  coordinate: string,
  type: GraphQLOutputType,
  selections: SelectionSetNode | undefined,
): unknown {
  if (isNonNullType(type)) return valueExample(scope, coordinate, type.ofType, selections);
  if (isListType(type)) return eachLike(valueExample(scope, coordinate, type.ofType, selections), 1);
  const named = getNamedType(type);
  if (selections) return objectExample(scope, named.name, selections);
  if (isEnumType(named)) {
    const names = named.getValues().map((value) => value.name);
    return regex(`^(${names.join('|')})$`, knownExample(scope, coordinate) ?? names[0] ?? '');
  }
  if (!isScalarType(named)) throw new Error(`${coordinate} needs a selection.`);
  switch (named.name) {
    case 'Int':
      return integer(1);
    case 'Float':
      // Pact's decimal matcher refuses whole numbers, which JSON writes without a fraction.
      return number(0.5);
    case 'Boolean':
      return boolean(true);
    default: {
      const form = textScalars[named.name];
      const example = knownExample(scope, coordinate);
      return form ? regex(form.pattern, example ?? form.example) : string(example ?? coordinate);
    }
  }
}

function knownExample(scope: Scope, coordinate: string): string | undefined {
  const [typename = '', field = ''] = coordinate.split('.');
  return scope.examples[typename]?.[field];
}
