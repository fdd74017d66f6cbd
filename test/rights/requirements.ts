import { type ConstDirectiveNode, type DocumentNode, Kind, parse, print, visit } from 'graphql';
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
    @link(url: "https://tributary.dev/specs/reads/v0.1", import: ["@reads"])
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

/**
 * Random requirements for a supergraph: about one field in `rarity` has some, types less often. The supergraph comes
 * back with them, as a composition that leaves interfaces alone would have written it.
 */
export function withRequirements(
  sdl: string,
  seed: number,
  rarity: number,
): { readonly document: DocumentNode; readonly requirements: Requirements } {
  const plain = parse(sdl, { noLocation: true });
  const rules = new Map<string, readonly Rule[]>();
  const reads = new Map<string, readonly string[]>();
  const fields: string[] = [];
  visit(plain, {
    ObjectTypeDefinition: ({ name, fields: own = [] }) =>
      void fields.push(...own.map((field) => `${name.value}.${field.name.value}`)),
  });
  const ruled = (coordinate: string, one: number): readonly ConstDirectiveNode[] => {
    const drawn = hash(`${seed} ${coordinate}`);
    if (drawn % one !== 0) return [];
    const chosen = choices[hash(`${seed} ${coordinate}!`) % choices.length] ?? [];
    rules.set(coordinate, chosen);
    return chosen.map(directiveOf);
  };
  const reading = (coordinate: string): readonly ConstDirectiveNode[] => {
    const drawn = hash(`${seed} reads ${coordinate}`);
    if (drawn % (rarity + 1) !== 0) return [];
    const named = [0, 1].map((n) => fields[hash(`${seed} ${coordinate} ${n}`) % fields.length] as string);
    reads.set(coordinate, named);
    return named.map((field) => directive('reads', `fields: [${JSON.stringify(field)}]`));
  };
  const typed = <T extends { readonly name: { readonly value: string } }>(node: T): T => {
    if (isOfFederation(node.name.value)) return node;
    const { directives = [] } = node as { directives?: readonly ConstDirectiveNode[] };
    return { ...node, directives: [...directives, ...ruled(node.name.value, rarity * 4)] };
  };
  let holder = '';
  let field = '';
  const hold = ({ name }: { readonly name: { readonly value: string } }): undefined => {
    holder = name.value;
  };
  const directed = visit(plain, {
    ObjectTypeDefinition: { enter: hold, leave: typed },
    InterfaceTypeDefinition: { enter: hold, leave: typed },
    InputObjectTypeDefinition: { enter: hold },
    ScalarTypeDefinition: { leave: typed },
    EnumTypeDefinition: { enter: hold, leave: typed },
    EnumValueDefinition: (node) =>
      isOfFederation(holder)
        ? undefined
        : { ...node, directives: [...(node.directives ?? []), ...reading(`${holder}.${node.name.value}`)] },
    FieldDefinition: {
      enter({ name }) {
        field = name.value;
      },
      leave: (node) => ({
        ...node,
        directives: [...(node.directives ?? []), ...ruled(`${holder}.${node.name.value}`, rarity)],
      }),
    },
    InputValueDefinition: (node, _key, _parent, _path, ancestors) => {
      const around = ancestors.findLast((each) => 'kind' in each);
      const kind = around && 'kind' in around ? around.kind : undefined;
      if (kind === Kind.DIRECTIVE_DEFINITION || isOfFederation(holder)) return undefined;
      const coordinate =
        kind === Kind.FIELD_DEFINITION
          ? `${holder}.${field}(${node.name.value}:)`
          : `${holder}.${node.name.value}`;
      return { ...node, directives: [...(node.directives ?? []), ...reading(coordinate)] };
    },
  });
  const document = parse(`${print(directed)}\n${header}`, { noLocation: true });
  return { document, requirements: { rules, reads } };
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
