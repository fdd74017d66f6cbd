import { MatchersV3 } from '@pact-foundation/pact';
import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  type SelectionNode,
} from 'graphql';
import {
  type AskedField,
  fieldsOf,
  type GraphqlRequest,
  type RequestDocument,
  readRequest,
} from './fetch-document.ts';
import type { OperationExample } from './operation-examples.ts';
import { type TextForm, textForms } from './text-forms.ts';

const { arrayContaining, boolean, eachLike, equal, integer, number, regex, string } = MatchersV3;

/** What of an example decides how an answer looks. */
export type Shown = Pick<OperationExample, 'entities' | 'absent' | 'empty' | 'variants'>;

/**
 * The answer that a provider of this schema gives to a request, every value as a matcher by its type: text as text,
 * Int as integer, Float as number, enums and times as regular expressions, lists as at least one like the example,
 * lists of abstract types as at least one of every object type, `_entities` by position. What is absent is exactly
 * null, what is empty exactly an empty list. `plainAnswer` of it is
 * without matchers.
 */
export function exampleAnswer(schema: GraphQLSchema, request: GraphqlRequest, shown: Shown): ExampleAnswer {
  const document = readRequest(schema, request);
  const { operation } = document;
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no ${operation.operation} type.`);
  const scope: Scope = { document, ...shown, seen: new Set(), used: new Set() };
  const body = { data: objectExample(scope, root.name, operation.selectionSet.selections) };
  return { body, entities: [...scope.seen].sort(), missing: [...scope.used].sort() };
}

/** The plain value of an answer in matchers: Pact's own `reify` leaves the variants of a list as they are. */
export function plainAnswer(matcher: unknown): unknown {
  if (Array.isArray(matcher)) return matcher.map(plainAnswer);
  if (typeof matcher !== 'object' || matcher === null) return matcher;
  if ('pact:matcher:type' in matcher) {
    return plainAnswer('variants' in matcher ? matcher.variants : (matcher as { value?: unknown }).value);
  }
  return Object.fromEntries(Object.entries(matcher).map(([key, value]) => [key, plainAnswer(value)]));
}

export interface ExampleAnswer {
  readonly body: { readonly data: Readonly<Record<string, unknown>> };
  /** The types with known examples that the answer shows: they must exist at the provider. */
  readonly entities: readonly string[];
  /** The absent and empty fields that the answer shows. */
  readonly missing: readonly string[];
}

interface Scope extends Shown {
  readonly document: RequestDocument;
  readonly seen: Set<string>;
  readonly used: Set<string>;
}

function objectExample(
  scope: Scope,
  typename: string,
  selections: readonly SelectionNode[],
): Record<string, unknown> {
  const type = scope.document.schema.getType(typename);
  if (!isObjectType(type)) throw new Error(`No example can be made of ${typename}: it is no object type.`);
  if (scope.entities[typename]) scope.seen.add(typename);
  const fields = type.getFields();
  return Object.fromEntries(
    fieldsOf(scope.document, typename, selections).map((asked) => {
      // A matcher of its own: the one of a list around it would take any text for a type's name.
      if (asked.name === '__typename') return [asked.key, equal(typename)];
      if (asked.name === '_entities') return [asked.key, entitiesExample(scope, asked)];
      const field = fields[asked.name];
      if (!field) throw new Error(`${typename} has no field ${asked.name}.`);
      return [asked.key, fieldExample(scope, `${typename}.${asked.name}`, field.type, asked)];
    }),
  );
}

function fieldExample(scope: Scope, coordinate: string, type: GraphQLOutputType, asked: AskedField): unknown {
  const isAbsent = scope.absent.includes(coordinate);
  const isEmpty = scope.empty.includes(coordinate);
  if (!isAbsent && !isEmpty) return valueExample(scope, coordinate, type, asked.selections);
  scope.used.add(coordinate);
  if (isAbsent && isNonNullType(type))
    throw new Error(`${coordinate} cannot be null: it is of type ${type}.`);
  if (isEmpty && !isListType(getNullableType(type)))
    throw new Error(`${coordinate} is no list, but ${type}.`);
  return isAbsent ? null : equal([]);
}

function valueExample(
  scope: Scope,
  coordinate: string,
  type: GraphQLOutputType,
  selections: readonly SelectionNode[],
): unknown {
  if (isNonNullType(type)) return valueExample(scope, coordinate, type.ofType, selections);
  const named = getNamedType(type);
  if (isListType(type)) {
    if (isAbstractType(named) && !isListType(type.ofType)) {
      const types = scope.document.schema.getPossibleTypes(named);
      return arrayContaining(...types.map(({ name }) => objectExample(scope, name, selections)));
    }
    return eachLike(valueExample(scope, coordinate, type.ofType, selections), 1);
  }
  if (isAbstractType(named)) {
    const [first] = scope.document.schema.getPossibleTypes(named);
    const variant = scope.variants[coordinate] ?? first?.name ?? named.name;
    return objectExample(scope, variant, selections);
  }
  if (isObjectType(named)) return objectExample(scope, named.name, selections);
  const known = knownExample(scope, coordinate);
  if (isEnumType(named)) {
    const names = named.getValues().map((value) => value.name);
    return regex(`^(${names.join('|')})$`, known ?? names[0] ?? '');
  }
  if (!isScalarType(named)) throw new Error(`${coordinate} is of type ${named}, which is not answered.`);
  return scalarExample(named.name, known, coordinate);
}

function scalarExample(scalar: string, known: string | undefined, coordinate: string): unknown {
  switch (scalar) {
    case 'Int':
      return integer(1);
    case 'Float':
      // Pact's decimal matcher refuses whole numbers, which JSON writes without a fraction.
      return number(0.5);
    case 'Boolean':
      return boolean(true);
    default: {
      const form = (textForms as Readonly<Record<string, TextForm | undefined>>)[scalar];
      return form ? regex(form.pattern, known ?? form.example) : string(known ?? coordinate);
    }
  }
}

interface Representation {
  readonly __typename: string;
}

/** `_entities` by position: a joined request has several such fields, each with a variable of its own. */
function entitiesExample(scope: Scope, { nodes, selections }: AskedField): unknown {
  const value = nodes[0].arguments?.find(({ name }) => name.value === 'representations')?.value;
  const given = value?.kind === Kind.VARIABLE ? scope.document.variables[value.name.value] : undefined;
  if (!Array.isArray(given)) throw new Error('A field _entities has no list of representations.');
  return (given as readonly Representation[]).map(({ __typename }) => {
    const coordinate = `_Entity.${__typename}`;
    if (!scope.absent.includes(coordinate)) return objectExample(scope, __typename, selections);
    scope.used.add(coordinate);
    return null;
  });
}

function knownExample(scope: Scope, coordinate: string): string | undefined {
  const [typename = '', field = ''] = coordinate.split('.');
  return scope.entities[typename]?.[field];
}
