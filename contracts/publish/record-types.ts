import {
  type ArgumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  Kind,
  print,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type GraphqlRequest, type RequestDocument, readRequest } from './fetch-document.ts';

/** The types behind a recorded request as they were then: what an example of an answer cannot show. */
export interface RecordedTypes {
  /** Fields that are read: `Account.name` → `String!`. */
  readonly reads: Readonly<Record<string, string>>;
  /** What is given, and as which type: `Query.account(id:)` → `ID!`, `CreateLeadInput.source` → `String`. */
  readonly gives: Readonly<Record<string, string>>;
  /** Input types that are given, whole or in part. */
  readonly inputs: readonly string[];
  /** The values of each enum, and the object types of each abstract type, that may be answered. */
  readonly mayReturn: Readonly<Record<string, readonly string[]>>;
  /** Object types that a fragment on an abstract type reads: `Medium` → `Book`. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Enum values that are given: `LeadStatus.WORKING`. */
  readonly sends: readonly string[];
  /** Entities that are asked by a representation, and the fields of it: `Account` → `id`. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

interface Found {
  readonly reads: Map<string, string>;
  readonly gives: Map<string, string>;
  readonly inputs: Set<string>;
  readonly mayReturn: Map<string, readonly string[]>;
  readonly members: Map<string, Set<string>>;
  readonly sends: Set<string>;
  readonly keys: Map<string, readonly string[]>;
}

/** Takes down the types that a request relies on. Fields of the federation itself are left out. */
export function recordTypes(schema: GraphQLSchema, request: GraphqlRequest): RecordedTypes {
  const document = readRequest(schema, request);
  const found: Found = {
    reads: new Map(),
    gives: new Map(),
    inputs: new Set(),
    mayReturn: new Map(),
    members: new Map(),
    sends: new Set(),
    keys: new Map(),
  };
  const info = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(info, {
    Field: (node) => {
      const parent = info.getParentType();
      const field = info.getFieldDef();
      if (!parent || !field || node.name.value.startsWith('__')) return;
      if (node.name.value === '_entities') {
        for (const argument of node.arguments ?? []) findKeys(document, argument, found);
        return;
      }
      found.reads.set(`${parent.name}.${field.name}`, String(field.type));
      const named = getNamedType(field.type);
      if (isEnumType(named))
        found.mayReturn.set(
          named.name,
          named.getValues().map(({ name }) => name),
        );
      if (isAbstractType(named)) {
        found.mayReturn.set(
          named.name,
          schema.getPossibleTypes(named).map(({ name }) => name),
        );
      }
    },
    InlineFragment: () => findMember(info, found),
    FragmentSpread: (node) => {
      const on = document.fragments.get(node.name.value)?.typeCondition.name.value;
      const parent = info.getParentType();
      if (on && isAbstractType(parent)) addTo(found.members, parent.name, on);
    },
    Argument: (node) => {
      const parent = info.getParentType();
      const argument = info.getArgument();
      const field = info.getFieldDef();
      if (!parent || !argument || !field || field.name === '_entities') return false;
      giveAt(document, `${parent.name}.${field.name}(${argument.name}:)`, argument.type, node, found);
      return false;
    },
  });
  visit(document.operation, visitor);
  for (const fragment of document.fragments.values()) visit(fragment, visitor);
  return {
    reads: sorted(found.reads),
    gives: sorted(found.gives),
    inputs: [...found.inputs].sort(),
    mayReturn: sorted(found.mayReturn),
    members: sorted(new Map([...found.members].map(([name, on]) => [name, [...on].sort()]))),
    sends: [...found.sends].sort(),
    keys: sorted(found.keys),
  };
}

/** On entering a fragment the parent is still the type around it. */
function findMember(info: TypeInfo, found: Found): void {
  const [around, on] = [info.getParentType(), getNamedType(info.getType())];
  if (on && isAbstractType(around) && around.name !== '_Entity' && around !== on) {
    addTo(found.members, around.name, on.name);
  }
}

/** A representation has the fields of a key, and those that `@requires` names. */
function findKeys(document: RequestDocument, { value }: ArgumentNode, found: Found): void {
  const given = value.kind === Kind.VARIABLE ? document.variables[value.name.value] : undefined;
  if (!Array.isArray(given)) return;
  for (const { __typename, ...fields } of given) found.keys.set(__typename, fieldPaths(fields));
}

/** `id`, and `address.city` for what is nested. */
function fieldPaths(fields: Readonly<Record<string, unknown>>, within = ''): readonly string[] {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? fieldPaths(value as Readonly<Record<string, unknown>>, `${within}${name}.`)
        : [`${within}${name}`],
    )
    .sort();
}

/** What a variable gives has the variable's declared type, a literal the type of its place. */
function giveAt(
  document: RequestDocument,
  place: string,
  type: GraphQLInputType,
  { value }: Pick<ArgumentNode, 'value'>,
  found: Found,
): void {
  const declared =
    value.kind === Kind.VARIABLE
      ? document.operation.variableDefinitions?.find(
          ({ variable }) => variable.name.value === value.name.value,
        )
      : undefined;
  found.gives.set(place, declared ? print(declared.type) : String(type));
  const given =
    value.kind === Kind.VARIABLE
      ? document.variables[value.name.value]
      : valueFromASTUntyped(value, document.variables);
  giveValue(type, given, found);
}

function giveValue(type: GraphQLInputType, given: unknown, found: Found): void {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    for (const one of Array.isArray(given) ? given : [given]) giveValue(nullable.ofType, one, found);
  } else {
    giveOne(nullable, given, found);
  }
}

function giveOne(type: GraphQLInputType, given: unknown, found: Found): void {
  if (isEnumType(type) && typeof given === 'string') found.sends.add(`${type.name}.${given}`);
  if (!isInputObjectType(type)) return;
  found.inputs.add(type.name);
  if (typeof given !== 'object' || given === null) return;
  const fields = type.getFields();
  for (const [name, value] of Object.entries(given)) {
    const field = fields[name];
    if (!field) continue;
    found.gives.set(`${type.name}.${name}`, String(field.type));
    giveValue(field.type, value, found);
  }
}

function addTo(sets: Map<string, Set<string>>, name: string, one: string): void {
  const set = sets.get(name) ?? new Set();
  sets.set(name, set.add(one));
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...map].sort(([one], [other]) => (one < other ? -1 : 1)));
}
