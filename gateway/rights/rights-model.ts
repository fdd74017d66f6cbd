import {
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { linkedDirective } from '#gateway/supergraph/linked-directive.ts';
import type { Access } from './access.ts';
import { createNeeds, type Need, type Requirement } from './need.ts';
import { type InputReads, readInputReads } from './reads.ts';

/** What a supergraph requires of viewers, read once. */
export interface RightsModel {
  readonly access: Access;
  /** By `Type.field`; a field that needs nothing is not in it. */
  readonly fields: ReadonlyMap<string, Need>;
  /** Object types that need something themselves, by name. */
  readonly types: ReadonlyMap<string, Need>;
  readonly reads: InputReads;
}

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

interface Definition {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
  readonly extensionASTNodes?: readonly { readonly directives?: readonly ConstDirectiveNode[] | undefined }[];
}

const specification = (name: string) => new RegExp(`^https://specs\\.apollo\\.dev/${name}/v\\d`);

/**
 * Reads `@authenticated`, `@requiresScopes`, `@policy` and `@reads` of a supergraph, under the names that they have
 * in it. Undefined where nothing requires anything.
 *
 * A field needs what stands on itself, on its type and on the type that it returns. A field of an interface needs
 * what it needs as a field of each object type as well: it is one fetch for all of them, and composition copies the
 * requirements of the object types to the interface in the same way. A field that a subgraph has on an interface as one
 * object type (`@interfaceObject`) needs that on each object type too, since it is fetched without regard to the type.
 * @throws Error where `@reads` names a field that the supergraph does not have.
 */
export function createRightsModel(supergraph: GraphQLSchema, access: Access): RightsModel | undefined {
  const requirementsOn = requirementReader(supergraph);
  const needs = createNeeds();

  const onField = (type: FieldsType, field: GraphQLField<unknown, unknown>): readonly Requirement[] => [
    ...requirementsOn(type),
    ...requirementsOn(field),
    ...requirementsOn(getNamedType(field.type)),
  ];
  const onInterfaceField = (type: GraphQLInterfaceType, field: GraphQLField<unknown, unknown>) => [
    ...onField(type, field),
    ...supergraph.getPossibleTypes(type).flatMap((each) => {
      const implementing = each.getFields()[field.name];
      return implementing === undefined ? requirementsOn(each) : onField(each, implementing);
    }),
  ];
  const onObjectField = (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>) => [
    ...onField(type, field),
    ...(isOfInterfaceObject(field)
      ? type.getInterfaces().flatMap((each) => {
          const declared = each.getFields()[field.name];
          return declared === undefined ? [] : onInterfaceField(each, declared);
        })
      : []),
  ];

  const fields = new Map<string, Need>();
  const types = new Map<string, Need>();
  for (const type of Object.values(supergraph.getTypeMap())) {
    if (isObjectType(type)) {
      const need = needs(requirementsOn(type));
      if (need !== undefined) types.set(type.name, need);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const need = needs(isObjectType(type) ? onObjectField(type, field) : onInterfaceField(type, field));
        if (need !== undefined) fields.set(`${type.name}.${field.name}`, need);
      }
    }
  }
  const reads = readInputReads(supergraph, fields, needs);
  return fields.size === 0 ? undefined : { access, fields, types, reads };
}

/** What the directives on one definition require. */
function requirementReader(supergraph: GraphQLSchema) {
  const authenticated = linkedDirective(supergraph, specification('authenticated'), 'authenticated');
  const requiresScopes = linkedDirective(supergraph, specification('requiresScopes'), 'requiresScopes');
  const policy = linkedDirective(supergraph, specification('policy'), 'policy');
  return (definition: Definition | GraphQLNamedType | undefined): readonly Requirement[] => {
    const nodes = [definition?.astNode, ...((definition as Definition | undefined)?.extensionASTNodes ?? [])];
    return nodes.flatMap((node): Requirement[] => {
      if (!node?.directives?.length) return [];
      const scopes = requiresScopes && getDirectiveValues(requiresScopes, node);
      const policies = policy && getDirectiveValues(policy, node);
      return [
        ...(authenticated && getDirectiveValues(authenticated, node)
          ? [{ kind: 'authenticated' } as const]
          : []),
        ...(scopes ? [{ kind: 'scopes', anyOf: scopes.scopes as string[][] } as const] : []),
        ...(policies ? [{ kind: 'policies', anyOf: policies.policies as string[][] } as const] : []),
      ];
    });
  };
}

/**
 * Whether a subgraph gives an object's field through its interface: composition marks it with a `@join__field` without
 * a graph, and what the subgraph requires stands on the interface's field.
 */
function isOfInterfaceObject({ astNode }: GraphQLField<unknown, unknown>): boolean {
  return (astNode?.directives ?? []).some(
    ({ name, arguments: given }) => name.value === 'join__field' && !given?.length,
  );
}

/** Every scope and policy that the supergraph names. */
export function namesIn(model: RightsModel): {
  readonly scopes: Set<string>;
  readonly policies: Set<string>;
} {
  const named = { scopes: new Set<string>(), policies: new Set<string>() };
  for (const { requirements } of model.fields.values()) {
    for (const requirement of requirements) {
      if (requirement.kind === 'authenticated') continue;
      for (const name of requirement.anyOf.flat()) named[requirement.kind].add(name);
    }
  }
  return named;
}
