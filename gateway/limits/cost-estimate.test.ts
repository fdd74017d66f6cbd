import { readFile } from 'node:fs/promises';
import { composeServices } from '@apollo/composition';
import { type DocumentNode, getIntrospectionQuery, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPlanner } from '#gateway/plan/planner.ts';
import { compileCost, costWith } from './cost-estimate.ts';
import { type CostModel, createCostModel } from './cost-model.ts';
import type { Variables } from './estimate.ts';
import { refusalOf } from './fixture.ts';

function compose(...subgraphs: readonly string[]): string {
  const result = composeServices(
    subgraphs.map((sdl, index) => ({ name: `s${index}`, url: '', typeDefs: parse(sdl) })),
  );
  if (result.errors !== undefined) {
    throw new AggregateError(result.errors, 'the fixture does not compose');
  }
  return result.supergraphSdl;
}

function modelOf(supergraph: string, assumedListSize = 10): CostModel {
  const { schema, supergraphSchema } = createPlanner(supergraph);
  return createCostModel(schema, supergraphSchema, assumedListSize);
}

function estimateOf(model: CostModel, text: string) {
  const document: DocumentNode = parse(text);
  const [operation] = document.definitions;
  if (operation?.kind !== 'OperationDefinition') {
    throw new Error('The first definition of the text must be the operation.');
  }
  return compileCost(model, document, operation);
}

const costOf = (model: CostModel, text: string, variables: Variables = {}) =>
  costWith(estimateOf(model, text), variables);

const link = (names: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${names}])\n`;

const shop = `${link('"@key", "@shareable", "@cost", "@listSize"')}
  type Query {
    book(id: ID): Book
    books: [Book]
    bestsellers: [Book] @listSize(assumedSize: 5)
    newest(limit: Int!): [Book] @listSize(slicingArguments: ["limit"])
    paged(first: Int = 20, after: ID): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
    either(first: Int, last: Int): [Book] @listSize(slicingArguments: ["first", "last"])
    loose(first: Int, last: Int): [Book]
      @listSize(slicingArguments: ["first", "last"], assumedSize: 7, requireOneSlicingArgument: false)
    search(filter: Filter, also: [Filter!], exact: Boolean @cost(weight: -3)): Book @cost(weight: 8)
    plain(range: Range): Book
    cheap: Int @cost(weight: -5)
    stamp: Stamp
    mood: Mood
    any: [Thing] @listSize(assumedSize: 3)
    shelf: Shelf
    words: [String] @listSize(assumedSize: 4)
  }
  type Mutation { buy(id: ID): Book }
  type Book implements Shelf @key(fields: "id") {
    id: ID! title: String author: Author publisher: Publisher
    items(top: Int): [Author] @listSize(slicingArguments: ["top"]) prices: [Int] @cost(weight: 2) @listSize(assumedSize: 6)
  }
  type Author { name: String books: [Book] @listSize(assumedSize: 4) }
  type Publisher { name: String address: Address }
  type Address @cost(weight: 5) { zip: Int }
  type Page { nodes: [Book] edges: [Edge] total: Int }
  type Edge { node: Book }
  type Crate implements Shelf @cost(weight: 9) { items(top: Int): [Author] @listSize(assumedSize: 12) }
  interface Shelf { items(top: Int): [Author] }
  union Thing = Book | Address
  scalar Stamp @cost(weight: 4)
  enum Mood @cost(weight: 3) { GOOD }
  input Filter { text: String @cost(weight: 2) range: Range and: [Filter!] }
  input Range { from: Int to: Int }
`;

let model: CostModel;
beforeAll(() => {
  model = modelOf(compose(shop));
});

describe('by hand', () => {
  test.each([
    ['objects cost 1 and scalars nothing', '{ book { title author { name } } }', 1 + 1],
    ['a type has its weight', '{ book { publisher { address { zip } } } }', 1 + 1 + 5],
    ['a scalar and an enum have their weights', '{ stamp mood }', 4 + 3],
    ['a mutation costs 10 beforehand', 'mutation { buy { title } }', 10 + 1],
    ['a list without @listSize has the assumed size', '{ books { author { name } } }', 10 * (1 + 1)],
    [
      'assumedSize',
      '{ bestsellers { author { name } publisher { address { zip } } } }',
      5 * (1 + 1 + (1 + 5)),
    ],
    ['a slicing argument', '{ newest(limit: 3) { author { name } } }', 3 * (1 + 1)],
    ['a slicing argument of 0', '{ newest(limit: 0) { author { name } } }', 0],
    ['a negative slicing argument', '{ newest(limit: -4) { author { name } } }', 0],
    [
      'lists inside lists',
      '{ newest(limit: 3) { author { books { author { name } } } } }',
      3 * (1 + (1 + 4 * (1 + 1))),
    ],
    ['sized fields', '{ paged(first: 5) { nodes { author { name } } } }', 1 + 5 * (1 + 1)],
    [
      'sized fields in fragments',
      '{ paged(first: 5) { ...P } } fragment P on Page { ... { nodes { id } } }',
      1 + 5,
    ],
    ['two sized fields', '{ paged(first: 5) { nodes { id } edges { node { id } } } }', 1 + 5 + 5 * (1 + 1)],
    ['the default of a slicing argument', '{ paged { edges { node { id } } total } }', 1 + 20 * (1 + 1)],
    [
      'sizes reach one level',
      '{ paged(first: 2) { nodes { author { books { id } } } } }',
      1 + 2 * (1 + 1 + 4),
    ],
    ['the one of two slicing arguments', '{ either(last: 6) { id } }', 6],
    ['the larger of two slicing arguments', '{ loose(first: 2, last: 6) { id } }', 6],
    ['no slicing argument', '{ loose { id } }', 7],
    ['a list of scalars', '{ words }', 0],
    ['a list of scalars with a weight', '{ book { prices } }', 1 + 6 * 2],
    ['a field weight in place of the type’s', '{ search { author { name } } }', 8 + 1],
    ['an input object', '{ search(filter: {}) { id } }', 8 + 1],
    [
      'input fields at every level',
      '{ search(filter: { text: "a", range: { from: 1 }, and: [{ text: "b" }, { text: "c" }] }) { id } }',
      8 + 1 + (2 + 1 + (1 + 2 + 2)),
    ],
    ['a list of input objects', '{ search(also: [{ text: "a" }, { text: "b" }]) { id } }', 8 + 1 + 2 + 2],
    ['an argument of null', '{ search(filter: null, exact: null) { id } }', 8],
    ['an input object without weights inside', '{ plain(range: { from: 1, to: 2 }) { id } }', 1 + 1],
    ['a negative argument', '{ search(exact: true) { author { name } } }', 8 - 3 + 1],
    ['a field is never negative', '{ cheap book { title } }', 0 + 1],
    ['a union costs as its dearest member', '{ any { ... on Book { author { name } } } }', 3 * (5 + 1)],
    [
      'fragments on different types are added',
      '{ any { ... on Book { author { name } } ... on Address { zip } } }',
      3 * (5 + 1),
    ],
    ['an interface as its dearest type', '{ shelf { __typename } }', 9],
    ['a field of an interface as the largest', '{ shelf { items(top: 2) { name } } }', 9 + 12],
    ['a field of an interface by its argument', '{ shelf { items(top: 20) { name } } }', 9 + 20],
    ['a field of an interface without argument', '{ shelf { items { name } } }', 9 + 12],
    ['introspection', getIntrospectionQuery(), 0],
    [
      'fields that are merged count once',
      '{ book { author { name } } ...B } fragment B on Query { book { id author { name } } }',
      1 + 1,
    ],
    ['aliases count each', '{ a: book { id } b: book { id } }', 1 + 1],
    [
      'what is skipped',
      '{ books @skip(if: true) { id } book @include(if: true) { id } ... @include(if: false) { books { id } } }',
      1,
    ],
  ])('%s', (_, text, cost) => {
    const estimate = estimateOf(model, text);
    expect(typeof estimate).toBe('number');
    expect(estimate).toBe(cost);
  });

  test.each<[string, string, Variables, number]>([
    ['a size', 'query ($n: Int!) { newest(limit: $n) { author { name } } }', { n: 7 }, 7 * (1 + 1)],
    ['a size for sized fields', 'query ($n: Int) { paged(first: $n) { nodes { id } } }', { n: 50 }, 1 + 50],
    [
      'no size where the schema has a default',
      'query ($n: Int) { paged(first: $n) { nodes { id } } }',
      {},
      1 + 20,
    ],
    [
      'a size of null where the default does not count',
      'query ($n: Int, $m: Int) { loose(first: $n, last: $m) { id } }',
      { n: null, m: 3 },
      3,
    ],
    [
      'lists inside lists',
      'query ($n: Int!, $m: Int) { newest(limit: $n) { author { books { items(top: $m) { name } } } } }',
      { n: 3, m: 5 },
      3 * (1 + (1 + 4 * (1 + 5))),
    ],
    [
      'an input object',
      'query ($f: Filter) { search(filter: $f) { id } }',
      { f: { text: 'a', range: { from: 1 } } },
      8 + 1 + 2 + 1,
    ],
    [
      'an input object inside',
      'query ($f: [Filter!]) { search(filter: { and: $f }) { id } }',
      { f: [{ text: 'a' }, {}] },
      8 + 1 + 1 + 2,
    ],
    [
      'an item of a list',
      'query ($f: Filter!) { search(also: [$f, { text: "b" }]) { id } }',
      { f: { text: 'a' } },
      8 + 1 + 2 + 2,
    ],
    ['an input object that is not given', 'query ($f: Filter) { search(filter: $f) { id } }', {}, 8],
    ['a condition that holds', 'query ($x: Boolean!) { books @include(if: $x) { id } }', { x: true }, 10],
    ['a condition that does not', 'query ($x: Boolean!) { books @include(if: $x) { id } }', { x: false }, 0],
    ['a skip', 'query ($x: Boolean!) { ... @skip(if: $x) { books { id } } }', { x: true }, 0],
  ])('from variables: %s', (_, text, variables, cost) => {
    const estimate = estimateOf(model, text);
    expect(typeof estimate).toBe('function');
    expect(costWith(estimate, variables)).toBe(cost);
  });

  test('variables that decide nothing leave a number', () => {
    const text = 'query ($id: ID, $r: Range) { book(id: $id) { id } }';
    expect(estimateOf(model, text)).toBe(1);
  });

  test('a cost beyond all bounds stays a number', () => {
    const text = `{ ${'newest(limit: 2000000000) { author { books { id '.repeat(1)} } } } }`;
    expect(costOf(model, text)).toBe(2e9 * (1 + 1 + 4));
    const text2 = `query ($n: Int!) { newest(limit: $n) { ${'items(top: 2000000000) { books { '.repeat(5)} id ${'} } '.repeat(5)} } }`;
    expect(costOf(model, text2, { n: 2_000_000_000 })).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('slicing arguments that are required', () => {
  const refusal = (given: number) => ({
    message: `Field "Query.either" with "first", "last" must be given exactly one of these arguments, and got ${given}.`,
    code: 'SLICING_ARGUMENT_REQUIRED',
    limit: 1,
    value: given,
  });

  test('none or two are refused', () => {
    expect(refusalOf(() => estimateOf(model, '{ either { id } }'))).toEqual(refusal(0));
    expect(refusalOf(() => estimateOf(model, '{ either(first: 1, last: 2) { id } }'))).toEqual(refusal(2));
    expect(refusalOf(() => estimateOf(model, '{ either(first: null) { id } }'))).toEqual(refusal(0));
  });

  test('variables decide with the request', () => {
    const estimate = estimateOf(model, 'query ($n: Int, $m: Int) { either(first: $n, last: $m) { id } }');
    expect(costWith(estimate, { n: 4 })).toBe(4);
    expect(refusalOf(() => costWith(estimate, {}))).toEqual(refusal(0));
    expect(refusalOf(() => costWith(estimate, { n: 1, m: 2 }))).toEqual(refusal(2));
  });
});

describe('the directives as composition writes them', () => {
  const text = '{ a { id } }';
  const sdl = (names: string, directives: string) =>
    `${link(names)} type Query { a: [A] ${directives} } type A { id: ID }`;
  test.each([
    ['under their own names', '"@cost", "@listSize"', '@cost(weight: 3) @listSize(assumedSize: 2)'],
    [
      'renamed',
      '{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@length" }',
      '@price(weight: 3) @length(assumedSize: 2)',
    ],
    ['by namespace', '', '@federation__cost(weight: 3) @federation__listSize(assumedSize: 2)'],
  ])('%s', (_, names, directives) => {
    expect(costOf(modelOf(compose(sdl(names, directives))), text)).toBe(2 * 3);
  });

  test('not imported into the supergraph', () => {
    const supergraph = compose(sdl('"@cost", "@listSize"', '@cost(weight: 3) @listSize(assumedSize: 2)'))
      .replace(/(cost\/v0\.1"), import: \[.*\]/, '$1')
      .replaceAll('@listSize', '@cost__listSize');
    expect(supergraph).toContain('cost/v0.1")');
    expect(costOf(modelOf(supergraph), text)).toBe(2 * 3);
  });

  test('of several subgraphs', () => {
    const shared = (directives: string) =>
      `${link('"@shareable", "@cost", "@listSize"')} type Query { a: [A] @shareable ${directives} } type A @shareable { id: ID }`;
    const supergraph = compose(
      shared('@cost(weight: 3) @listSize(assumedSize: 2)'),
      shared('@cost(weight: 1) @listSize(assumedSize: 6)'),
    );
    expect(costOf(modelOf(supergraph), text)).toBe(6 * 3);
  });

  test('a supergraph without them has the default weights', () => {
    const supergraph = compose('type Query { a: [A] } type A { id: ID }');
    expect(costOf(modelOf(supergraph, 25), text)).toBe(25);
  });

  test('a directive of the same name that is not the specification’s costs nothing', () => {
    const supergraph = compose(
      'directive @cost(weight: Int) on FIELD_DEFINITION type Query { a: A @cost(weight: 50) } type A { id: ID }',
    );
    expect(costOf(modelOf(supergraph), text)).toBe(1);
  });
});

describe('the supergraph of this repository', () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

  test('the snapshot of an account costs what its lists say', async () => {
    const own = modelOf(await read('supergraph.graphql'));
    const snapshot = await read('contracts/operations/AccountSnapshot.graphql');
    const account = 1 + 1 + 1; // itself, revenue, owner
    const pipeline = 1 + 3 + 3; // two lists of sums, one for each currency
    const opportunities = 1 + 10 * (1 + 1 + 1); // each with amount and owner
    const leads = 1 + 5 * (1 + 1); // each with its score
    const contacts = 1 + 10 * (1 + 1 + 2 + 5); // each with engagement, two suppressions, five consents
    const engagementAndUsage = 1 + 1;
    const touches = 1 + 10 * (1 + 1); // each with its campaign
    const attribution = 1 + 6;
    const cost =
      account + pipeline + opportunities + leads + contacts + engagementAndUsage + touches + attribution;
    expect(costOf(own, snapshot, { id: 'acc_1' })).toBe(cost);
    expect(cost).toBeLessThan(10_000);
  });
});
