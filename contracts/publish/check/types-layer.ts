import {
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { Change } from './change.ts';
import type { Affected, Finding } from './finding.ts';
import { affectedBy, type Use } from './operation-uses.ts';

/**
 * The static layer: the types of whatever the plans of known operations ask of the subgraph, as they are published,
 * against the new schema. It finds what an example cannot: a field that may be null from now on and happens not to be.
 * Whatever is gone is the schema layer's to say.
 */
export function typeFindings(change: Change): readonly Finding[] {
  const { before, after, uses } = change;
  if (before?.schema === undefined || after.schema === undefined) return [];
  const compare = comparisonOf(before.schema, after.schema, change);
  return merged([
    ...uses.coordinates('output').flatMap((coordinate) => compare.output(coordinate)),
    ...uses.coordinates('input').flatMap((coordinate) => compare.input(coordinate)),
  ]);
}

/** What is required now is found with those who leave it out, and with those who may send null for it. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const groups = Map.groupBy(findings, ({ code, coordinate }) => `${code} ${coordinate}`);
  return [...groups.values()].map((group) => {
    const breaks = group.flatMap((finding) => finding.breaks);
    const isFirst = (one: Affected, index: number) =>
      breaks.findIndex(({ client, operation }) => client === one.client && operation === one.operation) ===
      index;
    return { ...(group[0] as Finding), breaks: breaks.filter(isFirst) };
  });
}

function comparisonOf(was: GraphQLSchema, is: GraphQLSchema, change: Change) {
  const { uses, after } = change;
  const finding = (
    severity: 'error' | 'warning',
    code: string,
    coordinate: string,
    users: readonly Use[],
    message: string,
    remedy: string,
  ): Finding[] =>
    users.length === 0
      ? []
      : [
          {
            layer: 'types',
            severity,
            code,
            coordinate,
            at: after.places.nearest(coordinate),
            breaks: affectedBy(users),
            message,
            remedy,
          },
        ];

  function output(coordinate: string): Finding[] {
    const users = uses.of(coordinate, 'output');
    const [typename = '', name] = coordinate.split('.');
    if (name === undefined) return returnedType(typename, users);
    const [old, now] = [was, is].map((schema) => fieldOf(schema, typename, name));
    if (old === undefined || now === undefined) return [];
    const types = `was ${old.type} and is now ${now.type}`;
    const argumentFindings = now.args.flatMap((argument) => {
      const known = old.args.find(({ name: each }) => each === argument.name);
      if (!isRequiredArgument(argument) || (known && isRequiredArgument(known))) return [];
      const lacking = users.filter(({ given }) => !given.includes(argument.name));
      return requiredFinding('ARGUMENT_REQUIRED', `${coordinate}.${argument.name}`, lacking, known, argument);
    });
    return [
      ...outputFinding(outputChange(old.type, now.type, is), coordinate, users, types, String(old.type)),
      ...argumentFindings,
    ];
  }

  function requiredFinding(
    code: 'ARGUMENT_REQUIRED' | 'INPUT_FIELD_REQUIRED',
    coordinate: string,
    users: readonly Use[],
    old: { readonly type: GraphQLInputType } | undefined,
    now: { readonly name: string; readonly type: GraphQLInputType },
  ): Finding[] {
    const message =
      old === undefined
        ? `${coordinate} is new and required (${now.type}): nobody sends it yet.`
        : `${coordinate} was ${old.type} and is now ${now.type}: who leaves it out, or may send null, is refused.`;
    return finding(
      'error',
      code,
      coordinate,
      users,
      message,
      `Make ${now.name} optional, or give it a default.`,
    );
  }

  function outputFinding(
    kind: OutputChange,
    coordinate: string,
    users: readonly Use[],
    types: string,
    old: string,
  ): Finding[] {
    if (kind === 'safe') return [];
    if (isHidden(coordinate, change)) {
      return finding(
        'warning',
        'TYPE_CHANGED_BEHIND',
        coordinate,
        users,
        `${coordinate} ${types}. Clients see the type that they saw: another subgraph's is as weak.`,
        'Make sure that the subgraph still answers what keys and required fields need.',
      );
    }
    return kind === 'nullable'
      ? finding(
          'error',
          'FIELD_NULLABLE',
          coordinate,
          users,
          `${coordinate} ${types}: it may be null from now on, and these clients do not expect it, even if no value is null today.`,
          `Keep ${coordinate} as ${old}, or add a nullable field beside it and deprecate this one.`,
        )
      : finding(
          'error',
          'FIELD_TYPE_CHANGED',
          coordinate,
          users,
          `${coordinate} ${types}.`,
          `Keep ${coordinate} as ${old}, and add a field of the new type beside it under another name.`,
        );
  }

  /** Values and types that an answer may hold from now on, and that clients have no case for. */
  function returnedType(typename: string, users: readonly Use[]): Finding[] {
    const [old, now] = [was.getType(typename), is.getType(typename)];
    if (isEnumType(old) && isEnumType(now)) {
      const added = now.getValues().filter(({ name }) => old.getValue(name) === undefined);
      return added.flatMap(({ name }) =>
        finding(
          'warning',
          'ENUM_VALUE_ADDED',
          `${typename}.${name}`,
          users,
          `${typename}.${name} is new, and these clients may have no case for it. Whether it is returned only a running provider shows.`,
          'Check with --url before it is returned, and let these clients take unknown values.',
        ),
      );
    }
    if (isAbstractType(old) && isAbstractType(now)) {
      const known = new Set(was.getPossibleTypes(old).map(({ name }) => name));
      const added = is.getPossibleTypes(now).filter(({ name }) => !known.has(name));
      return added.flatMap(({ name }) =>
        finding(
          'warning',
          'POSSIBLE_TYPE_ADDED',
          typename,
          users,
          `${typename} may be ${name} from now on, for which these clients have no fragment.`,
          'Let these clients take objects of types that they do not know.',
        ),
      );
    }
    return [];
  }

  function input(coordinate: string): Finding[] {
    const users = uses.of(coordinate, 'input');
    const [typename = '', name, argument] = coordinate.split('.');
    if (name === undefined) return sentType(typename, users);
    const [old, now] =
      argument === undefined
        ? [was, is].map((schema) => inputFieldOf(schema, typename, name))
        : [was, is].map((schema) =>
            fieldOf(schema, typename, name)?.args.find((each) => each.name === argument),
          );
    if (old === undefined || now === undefined) return [];
    const types = `was ${old.type} and is now ${now.type}`;
    const kind = inputChange(old.type, now.type);
    if (kind === 'safe') return [];
    if (kind === 'type') {
      return finding(
        'error',
        argument === undefined ? 'INPUT_FIELD_TYPE_CHANGED' : 'ARGUMENT_TYPE_CHANGED',
        coordinate,
        users,
        `${coordinate} ${types}: what these clients send is refused.`,
        `Keep ${coordinate} as ${old.type}, and add another of the new type beside it.`,
      );
    }
    // A default stands in for what is left out; what is always sent is never null.
    const failing = now.defaultValue === undefined ? users.filter(({ given }) => given.length === 0) : [];
    const code = argument === undefined ? 'INPUT_FIELD_REQUIRED' : 'ARGUMENT_REQUIRED';
    return requiredFinding(code, coordinate, failing, old, now);
  }

  function sentType(typename: string, users: readonly Use[]): Finding[] {
    const [old, now] = [was.getType(typename), is.getType(typename)];
    if (!isInputObjectType(old) || !isInputObjectType(now)) return [];
    return Object.values(now.getFields()).flatMap((field) => {
      const known = old.getFields()[field.name];
      if (!isRequiredInputField(field) || (known && isRequiredInputField(known))) return [];
      const lacking = users.filter(({ given }) => !given.includes(field.name));
      return requiredFinding('INPUT_FIELD_REQUIRED', `${typename}.${field.name}`, lacking, known, field);
    });
  }

  return { output, input };
}

function fieldOf(schema: GraphQLSchema, typename: string, name: string) {
  const type = schema.getType(typename);
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function inputFieldOf(schema: GraphQLSchema, typename: string, name: string) {
  const type = schema.getType(typename);
  return isInputObjectType(type) ? type.getFields()[name] : undefined;
}

/** Whether clients see the same type of a field before and after: composition takes the weakest of all subgraphs. */
function isHidden(coordinate: string, { groundBefore, groundAfter }: Change): boolean {
  const [typename = '', name = ''] = coordinate.split('.');
  const [old, now] = [groundBefore, groundAfter].map(
    (ground) => ground && fieldOf(ground.planner.schema, typename, name)?.type,
  );
  return old !== undefined && String(old) === String(now);
}

type OutputChange = 'safe' | 'nullable' | 'type';

/** What a change of a field's type is to whoever reads it. */
function outputChange(was: GraphQLOutputType, is: GraphQLOutputType, schema: GraphQLSchema): OutputChange {
  if (isNonNullType(is)) return outputChange(isNonNullType(was) ? was.ofType : was, is.ofType, schema);
  if (isNonNullType(was)) return outputChange(was.ofType, is, schema) === 'type' ? 'type' : 'nullable';
  if (isListType(was) && isListType(is)) return outputChange(was.ofType, is.ofType, schema);
  if (isListType(was) || isListType(is)) return 'type';
  if (was.name === is.name) return 'safe';
  const abstract = schema.getType(was.name);
  const isNarrower = isAbstractType(abstract) && isObjectType(is) && schema.isSubType(abstract, is);
  return isNarrower ? 'safe' : 'type';
}

/** What a change of an input's type is to whoever sends it. */
function inputChange(was: GraphQLInputType, is: GraphQLInputType): 'safe' | 'required' | 'type' {
  if (isNonNullType(was)) return inputChange(was.ofType, isNonNullType(is) ? is.ofType : is);
  if (isNonNullType(is)) return inputChange(was, is.ofType) === 'type' ? 'type' : 'required';
  if (isListType(was) && isListType(is)) return inputChange(was.ofType, is.ofType);
  if (isListType(was) || isListType(is)) return 'type';
  return was.name === is.name ? 'safe' : 'type';
}
