import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  Kind,
  parseType,
  type TypeNode,
} from 'graphql';
import { providedKeys } from './provided-keys.ts';
import type { RecordedTypes } from './record-types.ts';

/** How a provider's schema is no longer what a recorded request relies on. Stable: findings are made of them. */
export type TypeChangeReason =
  | 'FIELD_REMOVED'
  | 'TYPE_CHANGED'
  /** What was never null may be from now on. */
  | 'NULLABLE'
  | 'ARGUMENT_REMOVED'
  | 'ARGUMENT_TYPE_CHANGED'
  | 'REQUIRED_ARGUMENT_ADDED'
  | 'INPUT_REMOVED'
  | 'INPUT_TYPE_CHANGED'
  | 'REQUIRED_INPUT_ADDED'
  /** An enum value or an object type may come back that was unknown. */
  | 'POSSIBLE_VALUE_ADDED'
  /** An enum value that is sent, or an object type that a fragment reads, is gone. */
  | 'VALUE_REMOVED'
  /** No resolvable key is among the fields by which the entity is asked. */
  | 'KEY_REMOVED';

/** One difference. */
export interface TypeChange {
  /** Such as `Account.name`, `Query.account(id:)`, `CreateLeadInput.source`, `LeadStatus.WORKING`, `Account`. */
  readonly coordinate: string;
  /** As it was recorded; undefined for what is new. */
  readonly was: string | undefined;
  /** As the schema has it; undefined for what is gone. */
  readonly is: string | undefined;
  readonly reason: TypeChangeReason;
}

/**
 * Compares what was recorded beside an interaction with a provider's schema: whatever is listed would break who sends
 * the request, though an example may still be answered. A possible value that is added breaks only who does not know
 * it, which is for the caller to weigh.
 *
 * @param schema of a subgraph, made by `buildSubgraphSchema`; or of a gateway, whose entities have no keys
 */
export function checkRecordedTypes(recorded: RecordedTypes, schema: GraphQLSchema): readonly TypeChange[] {
  return [
    ...readChanges(recorded, schema),
    ...givenChanges(recorded, schema),
    ...requiredInputs(recorded, schema),
    ...valueChanges(recorded, schema),
    ...keyChanges(recorded, schema),
  ];
}

function readChanges({ reads }: RecordedTypes, schema: GraphQLSchema): TypeChange[] {
  return Object.entries(reads).flatMap(([coordinate, was]): TypeChange[] => {
    const field = fieldAt(schema, coordinate);
    if (!field) return [{ coordinate, was, is: undefined, reason: 'FIELD_REMOVED' }];
    const is = String(field.type);
    const reason = readReason(schema, parseType(was), parseType(is));
    return reason ? [{ coordinate, was, is, reason }] : [];
  });
}

/** What may be read in place of what was: the same or a narrower type. */
function readReason(schema: GraphQLSchema, was: TypeNode, is: TypeNode): TypeChangeReason | undefined {
  if (is.kind === Kind.NON_NULL_TYPE) {
    return readReason(schema, was.kind === Kind.NON_NULL_TYPE ? was.type : was, is.type);
  }
  if (was.kind === Kind.NON_NULL_TYPE) return readReason(schema, was.type, is) ?? 'NULLABLE';
  if (was.kind === Kind.LIST_TYPE || is.kind === Kind.LIST_TYPE) {
    const areLists = was.kind === Kind.LIST_TYPE && is.kind === Kind.LIST_TYPE;
    return areLists ? readReason(schema, was.type, is.type) : 'TYPE_CHANGED';
  }
  if (was.name.value === is.name.value) return undefined;
  const [wide, narrow] = [schema.getType(was.name.value), schema.getType(is.name.value)];
  const isNarrower =
    isAbstractType(wide) &&
    (isObjectType(narrow) || isInterfaceType(narrow)) &&
    schema.isSubType(wide, narrow);
  return isNarrower ? undefined : 'TYPE_CHANGED';
}

function givenChanges({ gives }: RecordedTypes, schema: GraphQLSchema): TypeChange[] {
  return Object.entries(gives).flatMap(([coordinate, was]): TypeChange[] => {
    const isArgument = coordinate.endsWith(':)');
    const place = isArgument ? argumentAt(schema, coordinate) : inputFieldAt(schema, coordinate);
    if (!place) {
      return [{ coordinate, was, is: undefined, reason: isArgument ? 'ARGUMENT_REMOVED' : 'INPUT_REMOVED' }];
    }
    const is = String(place.type);
    if (takes(parseType(is), parseType(was), place.defaultValue !== undefined)) return [];
    return [{ coordinate, was, is, reason: isArgument ? 'ARGUMENT_TYPE_CHANGED' : 'INPUT_TYPE_CHANGED' }];
  });
}

/** Whether a place of this type takes what is given as that type; a default takes the place of what is left out. */
function takes(place: TypeNode, given: TypeNode, hasDefault: boolean): boolean {
  if (place.kind === Kind.NON_NULL_TYPE) {
    if (given.kind === Kind.NON_NULL_TYPE) return takes(place.type, given.type, false);
    return hasDefault && takes(place.type, given, false);
  }
  if (given.kind === Kind.NON_NULL_TYPE) return takes(place, given.type, false);
  if (place.kind === Kind.LIST_TYPE || given.kind === Kind.LIST_TYPE) {
    return (
      place.kind === Kind.LIST_TYPE && given.kind === Kind.LIST_TYPE && takes(place.type, given.type, false)
    );
  }
  return place.name.value === given.name.value;
}

/** What a request that was recorded does not give, and would have to. */
function requiredInputs({ reads, gives, inputs }: RecordedTypes, schema: GraphQLSchema): TypeChange[] {
  const ofFields = Object.keys(reads).flatMap((field) =>
    (fieldAt(schema, field)?.args ?? [])
      .filter((argument) => isRequiredArgument(argument))
      .map((argument): Missing => [`${field}(${argument.name}:)`, argument, 'REQUIRED_ARGUMENT_ADDED']),
  );
  const ofInputs = inputs.flatMap((name) => {
    const type = schema.getType(name);
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    return fields
      .filter((field) => isRequiredInputField(field))
      .map((field): Missing => [`${name}.${field.name}`, field, 'REQUIRED_INPUT_ADDED']);
  });
  return [...ofFields, ...ofInputs]
    .filter(([coordinate]) => gives[coordinate] === undefined)
    .map(([coordinate, { type }, reason]) => ({ coordinate, was: undefined, is: String(type), reason }));
}

type Missing = readonly [string, GraphQLArgument | GraphQLInputField, TypeChangeReason];

function valueChanges({ mayReturn, members, sends }: RecordedTypes, schema: GraphQLSchema): TypeChange[] {
  const added = Object.entries(mayReturn).flatMap(([name, known]) =>
    (possibleValues(schema, name) ?? [])
      .filter((value) => !known.includes(value))
      .map((value): TypeChange => {
        return { coordinate: `${name}.${value}`, was: undefined, is: value, reason: 'POSSIBLE_VALUE_ADDED' };
      }),
  );
  const needed = [
    ...sends,
    ...Object.entries(members).flatMap(([name, types]) => types.map((type) => `${name}.${type}`)),
  ];
  const removed = needed.flatMap((coordinate): TypeChange[] => {
    const [name = '', value = ''] = coordinate.split('.');
    if (possibleValues(schema, name)?.includes(value) || implementsInterface(schema, name, value)) return [];
    return [{ coordinate, was: value, is: undefined, reason: 'VALUE_REMOVED' }];
  });
  return [...added, ...removed];
}

function possibleValues(schema: GraphQLSchema, name: string): readonly string[] | undefined {
  const type = schema.getType(name);
  if (isEnumType(type)) return type.getValues().map((value) => value.name);
  return isAbstractType(type) ? schema.getPossibleTypes(type).map((member) => member.name) : undefined;
}

/** A fragment may be on an interface that others of the abstract type implement. */
function implementsInterface(schema: GraphQLSchema, name: string, on: string): boolean {
  const [around, type] = [schema.getType(name), schema.getType(on)];
  if (!isAbstractType(around) || !isAbstractType(type)) return false;
  const members = schema.getPossibleTypes(type);
  return schema.getPossibleTypes(around).some((member) => members.includes(member));
}

function keyChanges({ keys }: RecordedTypes, schema: GraphQLSchema): TypeChange[] {
  return Object.entries(keys).flatMap(([coordinate, given]): TypeChange[] => {
    const provided = providedKeys(schema, coordinate);
    if (provided.some((key) => key.every((field) => given.includes(field)))) return [];
    const is = provided.map((key) => key.join(' ')).join(' or ');
    return [{ coordinate, was: given.join(' '), is: is || undefined, reason: 'KEY_REMOVED' }];
  });
}

function fieldAt(schema: GraphQLSchema, coordinate: string) {
  const [typename = '', name = ''] = coordinate.split('.');
  const type = schema.getType(typename);
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function argumentAt(schema: GraphQLSchema, coordinate: string): GraphQLArgument | undefined {
  const [field = '', argument = ''] = coordinate.slice(0, -2).split('(');
  return fieldAt(schema, field)?.args.find(({ name }) => name === argument);
}

function inputFieldAt(schema: GraphQLSchema, coordinate: string): GraphQLInputField | undefined {
  const [typename = '', name = ''] = coordinate.split('.');
  const type = schema.getType(typename);
  return isInputObjectType(type) ? type.getFields()[name] : undefined;
}
