import { type PlanNode, prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { createPlanner } from './planner.ts';

function planOf(subgraphs: Readonly<Record<string, string>>, text: string): QueryPlan {
  return createPlanner(compose({ subgraphs })).plan(parse(text));
}

/** The fetches of a plan in its order, as `subgraph: operation`. */
function fetchesOf({ node }: QueryPlan): string[] {
  const fetches: string[] = [];
  const visit = (at: PlanNode): void => {
    if (at.kind === 'Fetch') fetches.push(`${at.serviceName}: ${at.operation}`);
    else if (at.kind === 'Flatten') visit(at.node);
    else if (at.kind === 'Sequence' || at.kind === 'Parallel') at.nodes.forEach(visit);
    else if (at.kind === 'Condition')
      [at.ifClause, at.elseClause].forEach((clause) => void (clause && visit(clause)));
  };
  if (node && node.kind !== 'Subscription') visit(node);
  return fetches;
}

const entities = (selection: string) =>
  `query($representations:[_Any!]!){_entities(representations:$representations){${selection}}}`;

describe('a supergraph', () => {
  it('is given as API schema and as full schema', () => {
    const planner = createPlanner(
      compose({ subgraphs: { one: 'type Query { a: Int hidden: Int @inaccessible }' } }),
    );
    expect(Object.keys(planner.schema.getQueryType()?.getFields() ?? {})).toEqual(['a']);
    expect(Object.keys(planner.supergraphSchema.getQueryType()?.getFields() ?? {})).toEqual(['a', 'hidden']);
    expect(planner.subgraphs).toEqual([{ name: 'one', url: 'http://one.invalid' }]);
  });

  it('is refused where it is none, or needs what is not supported', () => {
    expect(() => createPlanner('type Query { a: Int }')).toThrow(/core schema/);
    const sdl = compose({ subgraphs: { one: 'type Query { a: Int }' } });
    const policy = '@link(url: "https://specs.apollo.dev/policy/v0.9", for: SECURITY)';
    expect(() => createPlanner(sdl.replace('schema\n', `schema\n  ${policy}\n`))).toThrow(/policy/);
  });
});

describe('an operation that cannot be planned', () => {
  it('is refused with a code', () => {
    const planner = createPlanner(compose({ subgraphs: { one: 'type Query { a: Int }' } }));
    for (const text of ['mutation { a }', '{ b }']) {
      expect(() => planner.plan(parse(text))).toThrow(
        expect.objectContaining({ extensions: expect.objectContaining({ code: expect.any(String) }) }),
      );
    }
  });

  it('for its many paths is refused before it costs more', () => {
    const type = 'type Node @key(fields: "id") { id: ID! next: Node @shareable value: Int @shareable }';
    const root = 'type Query { node: Node @shareable }';
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const subgraphs = Object.fromEntries(names.map((name) => [name, `${root} ${type}`]));
    const planner = createPlanner(compose({ subgraphs }), { pathsLimit: 3 });
    expect(() => planner.plan(parse('{ node { next { next { next { value } } } } }'))).toThrow(
      expect.objectContaining({ extensions: { code: 'QUERY_PLAN_TOO_COMPLEX' } }),
    );
  });
});

describe('defects of the planner do not show', () => {
  it('a key that cannot be resolved is no way into a subgraph', () => {
    const subgraphs = {
      a: 'type Query { x: T } type T @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! weight: Int }',
      b: `type Query { t: T } type T @key(fields: "id", resolvable: false) @key(fields: "sku") {
        id: ID! sku: ID! weight: Int @external freight: Int @requires(fields: "weight") }`,
    };
    const plan = prettyFormatQueryPlan(planOf(subgraphs, '{ t { freight } }'));
    expect(plan.slice(plan.lastIndexOf('Fetch(service: "b")'))).toMatch(/__typename\s+weight\s+sku\s/);
  });

  const priced = {
    a: 'type Query { t: T } type T @key(fields: "id") { id: ID! price(in: String = "USD"): Int }',
    b: `type T @key(fields: "id") { id: ID! price(in: String = "USD"): Int @external
      duty: Int @requires(fields: "price(in: \\"EUR\\")") tax: Int @requires(fields: "price(in: \\"CHF\\")") plain: Int @requires(fields: "price") }`,
  };

  it('required fields with arguments keep out of the way of the client’s', () => {
    const [root, duty] = fetchesOf(planOf(priced, '{ t { price(in: "GBP") duty } }'));
    expect(root).toBe('a: {t{__typename id price(in:"GBP")price__required0:price(in:"EUR")}}');
    expect(duty).toBe(`b: ${entities('...on T{duty}')}`);
  });

  it('required fields with different arguments are sent one by one', () => {
    const plan = planOf(priced, '{ t { duty tax plain id } }');
    const fetches = fetchesOf(plan);
    expect(fetches[0]).toMatch(
      /price\(in:"EUR"\).*price\(in:"CHF"\).*price__required2:price}|price__required/,
    );
    expect(fetches.slice(1).sort()).toEqual(
      ['duty', 'plain', 'tax'].map((field) => `b: ${entities(`...on T{${field}}`)}`),
    );
  });

  it('a requirement of a requirement is fetched first', () => {
    const subgraphs = {
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! base: Int }',
      b: 'type T @key(fields: "id") @key(fields: "code") { id: ID! code: ID! base: Int @external step: Int @requires(fields: "base") }',
      c: 'type T @key(fields: "code") { code: ID! step: Int @external leap: Int @requires(fields: "step") }',
    };
    const fetches = fetchesOf(planOf(subgraphs, '{ t { leap } }'));
    const at = (part: string) => fetches.findIndex((fetch) => fetch.includes(part));
    expect(at('base')).toBeLessThan(at('step'));
    expect(at('step')).toBeLessThan(at('leap'));
    expect(at('base')).toBeGreaterThanOrEqual(0);
  });

  const shelf = {
    a: `type Query { all: [Media] } interface Titled { title: String }
      interface Media implements Titled @key(fields: "id") { id: ID! title: String }
      type Book implements Media & Titled @key(fields: "id") { id: ID! title: String pages: Int }
      type Song implements Media & Titled @key(fields: "id") { id: ID! title: String } union Work = Book`,
    b: 'type Query { top: Media } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
  };

  it.each([
    '... on Work { __typename }',
    '... on Titled { title }',
    '... on Titled { ... on Work { ... on Book { pages } } }',
  ])('a fragment on an interface object can be planned: %s', (fragment) => {
    const fetches = fetchesOf(planOf(shelf, `{ top { ${fragment} } }`));
    expect(fetches.map((fetch) => fetch.slice(0, 1))).toEqual(['b', 'a']);
  });

  it('an object whose fields may all be skipped is asked for', () => {
    const subgraphs = {
      a: 'type Query { t: T } type T { id: ID }',
      b: 'type Query { u: U } type U { id: ID }',
    };
    const plan = planOf(
      subgraphs,
      'query ($x: Boolean!) { t { id @skip(if: $x) } u { ... @skip(if: $x) { id } } }',
    );
    expect(JSON.stringify(plan)).not.toContain('"Condition"');
    expect(fetchesOf(plan)).toHaveLength(2);
  });

  it('what the conditions of a fragment’s place exclude is not planned there', () => {
    const subgraphs = { a: 'type Query { t: T } type T { id: ID base: Int }' };
    const text = `query ($x: Boolean!) { t { ...F ...F @include(if: $x) } }
      fragment F on T { id base @skip(if: $x) }`;
    const [root] = fetchesOf(planOf(subgraphs, text));
    expect(root?.match(/base/g)).toHaveLength(1);
    expect(root).toContain('base@skip(if:$x)');
  });

  it('a mutation that is asked for twice, once under a condition, is made once', () => {
    const subgraphs = {
      a: 'type Query { x: Int } type Mutation { rename: T touch: Int } type T { id: ID name: String }',
      b: 'type Query { y: Int } type Mutation { note: Int }',
    };
    const fields = 'rename { id } note touch ... @skip(if: $x) { rename { name } note }';
    const before = 'mutation ($x: Boolean!)';
    const plain = fetchesOf(planOf(subgraphs, `${before} { ${fields} }`));
    expect(plain.map((fetch) => fetch[0])).toEqual(['a', 'b', 'a']);
    const turned = '... @skip(if: $x) { note } touch note';
    const plan = planOf(subgraphs, `${before} { ${turned} }`);
    const conditions = JSON.stringify(plan).match(/"condition":"x","(ifClause|elseClause)"/g);
    expect(conditions).toEqual(['"condition":"x","elseClause"', '"condition":"x","ifClause"']);
  });

  it('a mutation under too many different conditions is refused', () => {
    const subgraphs = { a: 'type Query { x: Int } type Mutation { note: Int }' };
    const names = Array.from({ length: 8 }, (_, i) => [`a${i}`, `b${i}`, `c${i}`]);
    const variables = names.flat().map((name) => `$${name}: Boolean!`);
    const parts = names.map(
      ([a, b, c]) => `... @include(if: $${a}) { ... @include(if: $${b}) { note @include(if: $${c}) } }`,
    );
    expect(() => planOf(subgraphs, `mutation (${variables}) { ${parts.join(' ')} }`)).toThrow(
      expect.objectContaining({ extensions: { code: 'MUTATION_FIELD_REPEATED', limit: 64 } }),
    );
  });

  it('an alias that is a field’s name does not replace the field', () => {
    const [root] = fetchesOf(planOf(priced, '{ t { id: price duty } }'));
    expect(root).toMatch(/^a: \{t\{__typename id .*id__client0:price/);
  });
});
