import {
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  valueFromASTUntyped,
} from 'graphql';
import { linkedDirective } from '#gateway/supergraph/linked-directive.ts';
import type { Need, Needs } from './need.ts';

/** That an argument, an input field or an enum value has its subgraph read protected fields. */
export interface Read {
  /** `Query.contactByEmail(email:)`, `AccountFilter.revenueMin` or `AccountOrderField.REVENUE`. */
  readonly coordinate: string;
  /** Those of the fields that need something. */
  readonly fields: readonly string[];
  /** Of all of them. */
  readonly need: Need;
}

/** The protected fields that inputs read, by the coordinate of the argument, input field or enum value. */
export type InputReads = ReadonlyMap<string, Read>;

/** The specification of `@reads`; `subgraphs/README.md` shows how a subgraph links it. */
export const readsSpecification = 'https://tributary.example/specs/reads/v0.1';
const linkedSpecification = /^https:\/\/tributary\.example\/specs\/reads\/v0\.\d/;

interface Definition {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

/**
 * Reads `@reads` of a supergraph. Filters and orders that read a protected field would answer questions about it
 * without ever showing it; the directives of federation cannot stand on them.
 * @throws Error where a field is named that the supergraph does not have.
 */
export function readInputReads(
  supergraph: GraphQLSchema,
  fieldNeeds: ReadonlyMap<string, Need>,
  needs: Needs,
): InputReads {
  const directive = linkedDirective(supergraph, linkedSpecification, 'reads');
  const reads = new Map<string, Read>();
  if (directive === undefined) return reads;

  const add = (coordinate: string, { astNode }: Definition): void => {
    const named = (astNode?.directives ?? [])
      .filter(({ name }) => name.value === directive.name)
      .flatMap((node) => fieldsOf(node, coordinate, supergraph));
    const fields = named.filter((field) => fieldNeeds.has(field));
    const need = needs(fields.flatMap((field) => fieldNeeds.get(field)?.requirements ?? []));
    if (need !== undefined) reads.set(coordinate, { coordinate, fields, need });
  };
  for (const type of Object.values(supergraph.getTypeMap())) {
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        for (const argument of field.args) add(`${type.name}.${field.name}(${argument.name}:)`, argument);
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) add(`${type.name}.${field.name}`, field);
    } else if (isEnumType(type)) {
      for (const value of type.getValues()) add(`${type.name}.${value.name}`, value);
    }
  }
  return reads;
}

function fieldsOf(node: ConstDirectiveNode, coordinate: string, supergraph: GraphQLSchema): string[] {
  const given = node.arguments?.find(({ name }) => name.value === 'fields')?.value;
  const fields: unknown = given && valueFromASTUntyped(given);
  return (Array.isArray(fields) ? fields : [fields]).map((field: unknown) => {
    const [type = '', name = '', ...rest] = String(field).split('.');
    const holder = supergraph.getType(type);
    const isKnown = (isObjectType(holder) || isInterfaceType(holder)) && name in holder.getFields();
    if (!isKnown || rest.length > 0) {
      throw new Error(
        `@reads on ${coordinate} names "${field}", which is no field of the supergraph: name fields as "Type.field".`,
      );
    }
    return String(field);
  });
}

/** The arguments of one field, as reads see them. */
export interface FieldArguments {
  /** The field's coordinates: its own and, for a field of an interface, those of its object types. */
  readonly coordinates: readonly string[];
  readonly args: readonly GraphQLArgument[];
}

/** Every read that some values of a field's arguments could come to. */
export function possibleReads(reads: InputReads, { coordinates, args }: FieldArguments): readonly Read[] {
  const found = new Set<Read>();
  const seen = new Set<string>();
  const take = (coordinate: string): void => {
    const read = reads.get(coordinate);
    if (read !== undefined) found.add(read);
  };
  const search = (type: GraphQLInputType): void => {
    const named = getNamedType(type);
    if (seen.has(named.name)) return;
    seen.add(named.name);
    if (isEnumType(named)) {
      for (const { name } of named.getValues()) take(`${named.name}.${name}`);
    } else if (isInputObjectType(named)) {
      for (const field of Object.values(named.getFields())) {
        take(`${named.name}.${field.name}`);
        search(field.type);
      }
    }
  };
  for (const argument of args) {
    for (const coordinate of coordinates) take(`${coordinate}(${argument.name}:)`);
    search(argument.type);
  }
  return [...found];
}

/**
 * The reads that coerced values of a field's arguments come to. Whatever is given counts, null too, since a filter
 * for null is a filter, and so does what a default gives.
 */
export function readsOf(
  reads: InputReads,
  { coordinates, args }: FieldArguments,
  values: Readonly<Record<string, unknown>>,
): ReadonlySet<Read> {
  const found = new Set<Read>();
  const take = (coordinate: string): void => {
    const read = reads.get(coordinate);
    if (read !== undefined) found.add(read);
  };
  const search = (type: GraphQLInputType, value: unknown): void => {
    if (value === null || value === undefined) return;
    if (isNonNullType(type)) {
      search(type.ofType, value);
    } else if (isListType(type)) {
      for (const item of Array.isArray(value) ? value : [value]) search(type.ofType, item);
    } else if (isEnumType(type)) {
      take(`${type.name}.${value}`);
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        const inner = (value as Readonly<Record<string, unknown>>)[field.name];
        if (inner === undefined) continue;
        take(`${type.name}.${field.name}`);
        search(field.type, inner);
      }
    }
  };
  for (const argument of args) {
    if (!Object.hasOwn(values, argument.name)) continue;
    for (const coordinate of coordinates) take(`${coordinate}(${argument.name}:)`);
    search(argument.type, values[argument.name]);
  }
  return found;
}
