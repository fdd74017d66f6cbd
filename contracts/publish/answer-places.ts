import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isObjectType,
  type SelectionNode,
} from 'graphql';
import {
  type AskedField,
  fieldsOf,
  type GraphqlRequest,
  type RequestDocument,
  readRequest,
} from './fetch-document.ts';

/** A value of an answer, and the field of the schema that it stands at. */
export interface AnswerPlace {
  /** As Pact writes it: `$.data.account.owner`, `$.data._entities[0].name`. */
  readonly path: string;
  /** Such as `Account.owner`. */
  readonly coordinate: string;
  readonly type: GraphQLOutputType;
  readonly value: unknown;
}

/**
 * Every place of an answer that has a field of the schema. Where the answer lacks what was asked the place has the
 * value undefined.
 */
export function* answerPlaces(
  schema: GraphQLSchema,
  request: GraphqlRequest,
  data: unknown,
): Generator<AnswerPlace> {
  const document = readRequest(schema, request);
  const root = schema.getRootType(document.operation.operation);
  if (!root) return;
  yield* within(document, root.name, document.operation.selectionSet.selections, data, '$.data');
}

/** Values of enums that answers hold: `LeadStatus` → `NEW`. */
export function enumValues(
  places: Iterable<AnswerPlace>,
): readonly { enum: string; value: string; place: AnswerPlace }[] {
  return [...places].flatMap((place) => {
    const named = getNamedType(place.type);
    if (!isEnumType(named)) return [];
    return [place.value]
      .flat(10)
      .flatMap((value) => (typeof value === 'string' ? [{ enum: named.name, value, place }] : []));
  });
}

function* within(
  document: RequestDocument,
  typename: string,
  selections: readonly SelectionNode[],
  value: unknown,
  path: string,
): Generator<AnswerPlace> {
  const type = document.schema.getType(typename);
  if (!isObjectType(type) || typeof value !== 'object' || value === null) return;
  for (const asked of fieldsOf(document, typename, selections)) {
    const field = type.getFields()[asked.name];
    if (!field) continue;
    const here = (value as Readonly<Record<string, unknown>>)[asked.key];
    const place = `${path}.${asked.key}`;
    if (asked.name !== '_entities') {
      yield { path: place, coordinate: `${typename}.${asked.name}`, type: field.type, value: here };
    }
    yield* below(document, asked, field.type, here, place);
  }
}

function* below(
  document: RequestDocument,
  asked: AskedField,
  type: GraphQLOutputType,
  value: unknown,
  path: string,
): Generator<AnswerPlace> {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* below(document, asked, type, one, `${path}[${index}]`);
    return;
  }
  const named = getNamedType(type);
  if (!isCompositeType(named) || typeof value !== 'object' || value === null) return;
  const typename = isAbstractType(named) ? typenameOf(document, asked, value) : named.name;
  if (typename !== undefined) yield* within(document, typename, asked.selections, value, path);
}

/** An abstract object says its type; one of `_entities` is told by its key where only one type is asked for. */
function typenameOf(document: RequestDocument, asked: AskedField, value: object): string | undefined {
  const said = Object.entries(value).find(
    ([key, text]) => typeof text === 'string' && (key === '__typename' || isTypename(asked, key)),
  )?.[1];
  if (said !== undefined) return said;
  const conditions = asked.selections.flatMap((selection) =>
    'typeCondition' in selection && selection.typeCondition ? [selection.typeCondition.name.value] : [],
  );
  const [first] = conditions;
  return conditions.every((name) => name === first) && document.schema.getType(first ?? '')
    ? first
    : undefined;
}

function isTypename({ selections }: AskedField, key: string): boolean {
  return selections.some(
    (selection) =>
      'alias' in selection && selection.alias?.value === key && selection.name.value === '__typename',
  );
}
