import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Bench, compiledAnswer, mergedAnswer, prepare } from './answers.ts';
import { difference } from './compare.ts';
import { stockDifference } from './differences.ts';
import type { Fixture } from './fixture.ts';
import { accounts } from './fixtures/accounts.ts';
import { catalog } from './fixtures/catalog.ts';
import { chain } from './fixtures/chain.ts';
import { media } from './fixtures/media.ts';
import { goesOtherWay } from './other-way.ts';
import { createStock } from './stock.ts';

const healthy = { seed: 0, rarity: 0, down: undefined };
const fail = (): never => {
  throw new Error('It fails.');
};

/** Two subgraphs that both know `T`; both of its fields must not be null, and fail. */
const failing: Fixture = {
  name: 'failing',
  subgraphs: {
    left: `type Query { t: T } type Mutation { first: T! second: Int }
      type T @key(fields: "id") { id: ID! a: Int! }`,
    right: 'type T @key(fields: "id") { id: ID! b: Int! }',
  },
  computed: {
    'Query.t': () => ({ $type: 'T', $id: '1', id: '1' }),
    'Mutation.first': ({ call }) => {
      call.log.push('first');
      return { $type: 'T', $id: '1', id: '1' };
    },
    'Mutation.second': ({ call }) => call.log.push('second'),
    'T.a': fail,
    'T.b': fail,
  },
  entities: [{ $type: 'T', $id: '1', id: '1' }],
  keys: { T: [['id']] },
  steady: [],
  mayBeDown: [],
};

async function bothAnswers(bench: Bench, text: string) {
  const operation = { text, variables: {} };
  return [
    await mergedAnswer(bench, operation, healthy),
    await compiledAnswer(bench, operation, healthy),
  ] as const;
}

describe('by nature', () => {
  it('of several errors beneath one null another one may be reported (nulled-siblings)', async () => {
    const [truth, answer] = await bothAnswers(prepare(failing), '{ t { b a } }');
    expect([truth.data, answer.data]).toEqual(['{"t":null}', '{"t":null}']);
    expect(truth.errorPaths).toEqual(['["t","b"]']);
    // The subgraph that has `t` is asked for `a` with it, and there is nothing left to ask `b` of.
    expect(answer.errorPaths).toEqual(['["t","a"]']);
    expect(difference(truth, answer)).toBeUndefined();
  });

  it('a mutation may be made after one that failed in another subgraph (mutation-after-null)', async () => {
    const [truth, answer] = await bothAnswers(prepare(failing), 'mutation { first { b } second }');
    expect([truth.data, answer.data]).toEqual(['null', 'null']);
    expect([truth.log, answer.log]).toEqual([['first'], ['first', 'second']]);
    expect(difference(truth, answer)).toBeUndefined();
  });

  it('nested interface objects may be too many ways for the planner (too-complex)', () => {
    const bench = prepare(media);
    const nested = (levels: number): string =>
      levels === 0 ? 'maker { born }' : `critics { of { ${nested(levels - 1)} } }`;
    expect(bench.planner.plan(parse(`{ best { ${nested(1)} } }`)).node).toBeDefined();
    expect(() => bench.planner.plan(parse(`{ best { ${nested(8)} } }`))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Too many options generated'),
        extensions: { code: 'QUERY_PLAN_TOO_COMPLEX' },
      }),
    );
  });
});

describe('a plan that goes another way than the shortest (other-way)', () => {
  const list = (count: number, write: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => write(index)).join(' ');
  const inFragments = (count: number) =>
    `mutation { refund(id: "1") { ${list(count, (i) => `...F${i}`)} } }
      ${list(count, (i) => `fragment F${i} on Account { a${i}: id }`)}`;

  it('asks a subgraph for what another has, once there are too many ways', async () => {
    const bench = prepare(accounts);
    // Two subgraphs have the id, so in n fragments it has 2^n ways: 8,192 are all compared, 16,384 are not.
    expect(goesOtherWay(bench, { text: inFragments(13), variables: {} }, 'audit')).toBe(false);
    expect(goesOtherWay(bench, { text: inFragments(14), variables: {} }, 'audit')).toBe(true);
    const operation = { text: inFragments(14), variables: {} };
    const [truth, answer] = await bothAnswers(bench, operation.text);
    expect(difference(truth, answer)).toBeUndefined();
    const down = await compiledAnswer(bench, operation, { ...healthy, down: 'audit' });
    expect(down.data).toBe('{"refund":null}');
  });

  it('is not taken for aliases alone, however many', async () => {
    const bench = prepare(accounts);
    const text = `mutation { refund(id: "1") { ${list(100, (i) => `a${i}: id`)} } }`;
    const trouble = { ...healthy, down: 'audit' };
    const truth = await mergedAnswer(bench, { text, variables: {} }, trouble);
    const answer = await compiledAnswer(bench, { text, variables: {} }, trouble);
    expect(JSON.parse(truth.data).refund).toMatchObject({ a0: '3', a99: '3' });
    expect(difference(truth, answer)).toBeUndefined();
  });

  it('is not what a subgraph that alone has a field is asked for', () => {
    const operation = { text: '{ viewer { visits } }', variables: {} };
    expect(goesOtherWay(prepare(accounts), operation, 'audit')).toBe(false);
  });
});

describe('stock', () => {
  /** The class, the fixture, the operation, the right data worked out from the fixture, and stock's own. */
  it.each<[string, Fixture, string, unknown, unknown]>([
    [
      'stock-refuses',
      media,
      '{ best { ... on Titled { title } } }',
      { best: { title: 'Second' } },
      undefined,
    ],
    [
      'stock-alias-of-a-field',
      catalog,
      '{ product(id: 1) { id: name stock } }',
      { product: { id: 'Product 1', stock: 3 } },
      { product: { id: '1', stock: 3 } },
    ],
    [
      'stock-required-arguments',
      catalog,
      '{ product(id: 1) { price(currency: "GBP") customs } }',
      { product: { price: '1 GBP', customs: '10% of 1 EUR' } },
      { product: { price: '1 GBP', customs: '10% of 1 GBP' } },
    ],
    [
      'stock-required-arguments',
      chain,
      '{ part(n: 1) { leap hop } }',
      // 1 × 3 + 1000 and 1 × 2 + 2000.
      { part: { leap: 1003, hop: 2002 } },
      { part: { leap: null, hop: null } },
    ],
    [
      'stock-required-order',
      chain,
      '{ part(n: 1) { tour } }',
      // 1 × 7 + 3000.
      { part: { tour: 3007 } },
      { part: { tour: null } },
    ],
    [
      'stock-alias-of-a-field',
      chain,
      '{ part(n: 1) { b: a c { value } } }',
      { part: { b: 'a1', c: { value: 'c1' } } },
      { part: { b: 'b1', c: { value: 'c1' } } },
    ],
    [
      'stock-representations',
      catalog,
      'query ($representations: Int = 0) { b: strictProduct(id: "4") { reviews(atLeast: $representations) { id } } }',
      { b: { reviews: [{ id: '3' }] } },
      null,
    ],
    [
      'stock-condition',
      chain,
      'query ($on: Boolean = false) { part(n: 1) { stride @include(if: $on) fromC } }',
      { part: { fromC: true } },
      { part: { fromC: null } },
    ],
  ])('differs by %s', async (id, fixture, text, right, wrong) => {
    const bench = prepare(fixture);
    const stock = createStock(bench);
    const [truth, answer] = await bothAnswers(bench, text);
    expect(JSON.parse(truth.data)).toEqual(right);
    expect(answer.data).toBe(truth.data);
    const second = await stock?.data({ text, variables: {} });
    expect(second === undefined ? undefined : JSON.parse(second)).toEqual(wrong);
    expect(stockDifference(bench, { text, variables: {} }, truth.data, second)).toBe(id);
  });

  it('differs by stock-order', async () => {
    const bench = prepare(catalog);
    const text =
      '{ review(id: 1) { ... on Review { b: body body } id ... on Review { product { id } } id } products { id } }';
    const [truth, answer] = await bothAnswers(bench, text);
    expect(Object.keys(JSON.parse(truth.data).review)).toEqual(['b', 'body', 'id', 'product']);
    expect(answer.data).toBe(truth.data);
    const second = await createStock(bench)?.data({ text, variables: {} });
    expect(Object.keys(JSON.parse(second ?? '').review)).toEqual(['b', 'body', 'product', 'id']);
    expect(stockDifference(bench, { text, variables: {} }, truth.data, second)).toBe('stock-order');
  });

  it('is in no class where none applies', () => {
    const operation = { text: '{ viewer { name } }', variables: {} };
    expect(stockDifference(prepare(accounts), operation, '{}', '{"other":1}')).toBeUndefined();
  });
});
