import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { hash } from '../oracle/hash.ts';

/** One directive of the supergraph, as plain data. */
export type Rule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes' | 'policies'; readonly anyOf: readonly (readonly string[])[] };

/** What a random supergraph requires, by coordinate, and what its inputs read. */
export interface Requirements {
  /** `Type` or `Type.field`. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  /** `Type.field(argument:)`, `Input.field` or `Enum.VALUE` → fields. */
  readonly reads: ReadonlyMap<string, readonly string[]>;
}

const header = `
  extend schema
    @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY, import: [{ name: "@authenticated", as: "@auth" }])
    @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
    @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
    @link(url: "https://tributary.example/specs/reads/v0.1", import: ["@reads"])
  directive @auth on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @reads(fields: [String!]!) repeatable on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
  scalar requiresScopes__Scope
  scalar policy__Policy
`;
const isOfFederation = (name: string) => /^(join|link|requiresScopes|policy)__/.test(name);

const choices: readonly (readonly Rule[])[] = [
  [{ kind: 'authenticated' }],
  [{ kind: 'scopes', anyOf: [['s0']] }],
  [{ kind: 'scopes', anyOf: [['s1']] }],
  [{ kind: 'scopes', anyOf: [['s0', 's1'], ['s2']] }],
  [{ kind: 'policies', anyOf: [['p0']] }],
  [{ kind: 'policies', anyOf: [['p0', 'p1'], ['p2']] }],
  [{ kind: 'authenticated' }, { kind: 'scopes', anyOf: [['s2'], ['s1']] }],
  [
    { kind: 'scopes', anyOf: [['s0']] },
    { kind: 'policies', anyOf: [['p1']] },
  ],
];

/** Random requirements for a supergraph: about one field in `rarity` has some, a type less often. */
export function drawRequirements(sdl: string, seed: number, rarity: number): Requirements {
  const { ruled, reading, fields } = coordinatesOf(plain(sdl));
  const isDrawn = (coordinate: string): boolean =>
    hash(`${seed} ${coordinate}`) % (coordinate.includes('.') ? rarity : rarity * 4) === 0;
  const rules = ruled
    .filter(isDrawn)
    .map((coordinate): [string, readonly Rule[]] => [
      coordinate,
      choices[hash(`${seed} ${coordinate}!`) % choices.length] ?? [],
    ]);
  const reads = reading
    .filter((coordinate) => hash(`${seed} reads ${coordinate}`) % (rarity + 1) === 0)
    .map((coordinate): [string, readonly string[]] => [
      coordinate,
      [0, 1].map((n) => fields[hash(`${seed} ${coordinate} ${n}`) % fields.length] ?? ''),
    ]);
  return { rules: new Map(rules), reads: new Map(reads) };
}

/** The supergraph with requirements, as a composition that leaves interfaces alone would have written it. */
export function withRequirements(sdl: string, { rules, reads }: Requirements): DocumentNode {
  const directed = mapCoordinates(plain(sdl), (coordinate) => [
    ...(rules.get(coordinate) ?? []).map(directiveOf),
    ...(reads.get(coordinate) ?? []).map((field) => directive('reads', `fields: [${JSON.stringify(field)}]`)),
  ]);
  return parse(`${print(directed)}\n${header}`, { noLocation: true });
}

/** A supergraph without what it requires by itself. */
function plain(sdl: string): DocumentNode {
  const isOfRights = (name: string): boolean =>
    /^(auth|authenticated|requiresScopes|policy|reads)(__|$)/.test(name);
  const isOfLink = (directive: ConstDirectiveNode): boolean =>
    directive.name.value === 'link' &&
    /\/(authenticated|requiresScopes|policy|reads)\/v/.test(print(directive));
  return visit(parse(sdl, { noLocation: true }), {
    DirectiveDefinition: ({ name }) => (isOfRights(name.value) ? null : undefined),
    ScalarTypeDefinition: ({ name }) => (isOfRights(name.value) ? null : undefined),
    Directive: (node) =>
      isOfRights(node.name.value) || isOfLink(node as ConstDirectiveNode) ? null : undefined,
  });
}

/** Everything in a supergraph that may require something, and every input that may read something. */
function coordinatesOf(document: DocumentNode) {
  const ruled: string[] = [];
  const reading: string[] = [];
  const fields: string[] = [];
  mapCoordinates(document, (coordinate, kind) => {
    if (kind === 'input') reading.push(coordinate);
    else ruled.push(coordinate);
    if (kind === 'objectField') fields.push(coordinate);
    return [];
  });
  return { ruled, reading, fields };
}

type CoordinateKind = 'type' | 'objectField' | 'interfaceField' | 'input';

/** Adds directives to what has a coordinate, but for what belongs to federation itself. */
function mapCoordinates(
  document: DocumentNode,
  directivesOf: (coordinate: string, kind: CoordinateKind) => readonly ConstDirectiveNode[],
): DocumentNode {
  const withMore = <Node extends { readonly directives?: readonly ConstDirectiveNode[] | undefined }>(
    node: Node,
    coordinate: string,
    kind: CoordinateKind,
  ): Node => ({ ...node, directives: [...(node.directives ?? []), ...directivesOf(coordinate, kind)] });
  const definitions = document.definitions.map((definition): DefinitionNode => {
    if (!('name' in definition) || !definition.name || isOfFederation(definition.name.value))
      return definition;
    const name = definition.name.value;
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const kind = definition.kind === Kind.OBJECT_TYPE_DEFINITION ? 'objectField' : 'interfaceField';
        const fields = definition.fields?.map((field) => {
          const coordinate = `${name}.${field.name.value}`;
          const args = field.arguments?.map((argument) =>
            withMore(argument, `${coordinate}(${argument.name.value}:)`, 'input'),
          );
          return withMore({ ...field, arguments: args }, coordinate, kind);
        });
        return withMore({ ...definition, fields }, name, 'type');
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const fields = definition.fields?.map((field) =>
          withMore(field, `${name}.${field.name.value}`, 'input'),
        );
        return { ...definition, fields };
      }
      case Kind.ENUM_TYPE_DEFINITION: {
        const values = definition.values?.map((value) =>
          withMore(value, `${name}.${value.name.value}`, 'input'),
        );
        return withMore({ ...definition, values }, name, 'type');
      }
      case Kind.SCALAR_TYPE_DEFINITION:
        return withMore(definition, name, 'type');
      default:
        return definition;
    }
  });
  return { ...document, definitions };
}

function directiveOf(rule: Rule): ConstDirectiveNode {
  if (rule.kind === 'authenticated') return directive('auth', '');
  return rule.kind === 'scopes'
    ? directive('requiresScopes', `scopes: ${JSON.stringify(rule.anyOf)}`)
    : directive('policy', `policies: ${JSON.stringify(rule.anyOf)}`);
}

function directive(name: string, args: string): ConstDirectiveNode {
  const [scalar] = parse(`scalar S @${name}${args === '' ? '' : `(${args})`}`, {
    noLocation: true,
  }).definitions;
  if (scalar?.kind !== Kind.SCALAR_TYPE_DEFINITION || !scalar.directives?.[0]) throw new Error(name);
  return scalar.directives[0];
}
