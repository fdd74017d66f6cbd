import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayLimits, RunningGateway } from '#gateway/main.ts';
import { createWorld, post, resetWorld, type World } from './fixture.ts';

let world: World;
/** With the default limits, with small ones, without any, and with lists that are taken to be long. */
let gateway: RunningGateway;
let small: RunningGateway;
let off: RunningGateway;
let strict: RunningGateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start();
  small = await world.start({
    limits: {
      tokens: 60,
      nesting: 8,
      depth: 3,
      aliases: 2,
      rootFields: 4,
      directives: 2,
      fields: 10,
      cost: 40,
    },
  });
  const none = { tokens: false, depth: false, aliases: false, rootFields: false, directives: false } as const;
  off = await world.start({ limits: { ...none, cost: false } });
  strict = await world.start({ limits: { assumedListSize: 1_000 } });
});
afterAll(() => world.end());
beforeEach(() => resetWorld(world));

const graphqlJson = { accept: 'application/graphql-response+json' };
const typenames = (count: number) => '__typename '.repeat(count);

const cases: readonly [
  limit: string,
  passing: string,
  refused: string,
  code: string,
  limit: number,
  value: number,
][] = [
  ['tokens', `{ ${'#\n'.repeat(60)} __typename }`, `{ ${typenames(59)} }`, 'TOKEN_LIMIT_EXCEEDED', 60, 61],
  [
    'nesting',
    '{ account(id: "1") { ... { ... { ... { ... { ... { ... { id } } } } } } } }',
    '{ account(id: "1") { ... { ... { ... { ... { ... { ... { ... { id } } } } } } } } }',
    'NESTING_LIMIT_EXCEEDED',
    8,
    9,
  ],
  [
    'depth',
    '{ account(id: "1") { usage { visits } } }',
    '{ account(id: "1") { usage { visits { a } } } }',
    'DEPTH_LIMIT_EXCEEDED',
    3,
    4,
  ],
  [
    'aliases',
    '{ a: __typename b: __typename }',
    '{ a: __typename b: __typename c: __typename }',
    'ALIAS_LIMIT_EXCEEDED',
    2,
    3,
  ],
  ['rootFields', `{ ${typenames(4)} }`, `{ ${typenames(5)} }`, 'ROOT_FIELD_LIMIT_EXCEEDED', 4, 5],
  [
    'directives',
    '{ a: __typename @skip(if: true) @include(if: true) __typename }',
    '{ a: __typename @skip(if: true) @include(if: true) __typename @skip(if: true) }',
    'DIRECTIVE_LIMIT_EXCEEDED',
    2,
    3,
  ],
  [
    'fields',
    '{ ...F account(id: "1") { ...A usage { visits } } } fragment F on Query { __typename ...G } fragment G on Query { __typename __typename } fragment A on Account { id name id name }',
    '{ ...F account(id: "1") { ...A usage { visits } } } fragment F on Query { __typename ...G } fragment G on Query { __typename __typename } fragment A on Account { id name id name id }',
    'FIELD_LIMIT_EXCEEDED',
    10,
    11,
  ],
  [
    'cost',
    '{ accounts { id } a: accounts { id usage { visits } } b: accounts { id } }',
    '{ accounts { id } a: accounts { id usage { visits } } b: accounts { id } account(id: "1") { id } }',
    'COST_LIMIT_EXCEEDED',
    40,
    41,
  ],
];

describe('a limit', () => {
  test.each(cases)('%s: what is at it passes', async (_, passing) => {
    expect(await post(small, { query: passing })).toMatchObject({ status: 200, errors: [] });
  });

  test.each(cases)(
    '%s: what is above it is refused, and no subgraph is asked',
    async (_, __, refused, code, limit, value) => {
      for (let times = 0; times < 2; times += 1) {
        const answer = await post(small, { query: refused }, graphqlJson);
        expect(answer.status).toBe(400);
        expect(answer.data).toBeUndefined();
        expect(answer.errors).toEqual([
          { message: expect.stringContaining(String(limit)), extensions: { code, limit, value } },
        ]);
      }
      expect([...world.accounts.seen, ...world.usage.seen]).toEqual([]);
    },
  );

  const many = (count: number, text: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => text(index)).join(' ');
  test.each<[string, string, string]>([
    ['tokens', many(2_001, (index) => `query Q${index} { __typename }`), 'TOKEN_LIMIT_EXCEEDED'],
    [
      'depth',
      `{ __type(name: "Account") { ${'ofType { '.repeat(14)} name ${'} '.repeat(14)} } }`,
      'DEPTH_LIMIT_EXCEEDED',
    ],
    ['aliases', `{ account(id: "1") { ${many(101, (index) => `x${index}: id`)} } }`, 'ALIAS_LIMIT_EXCEEDED'],
    ['root fields', `{ ${typenames(21)} }`, 'ROOT_FIELD_LIMIT_EXCEEDED'],
    [
      'directives',
      `{ ${many(101, () => '... @skip(if: true) { __typename }')} }`,
      'DIRECTIVE_LIMIT_EXCEEDED',
    ],
    [
      'cost',
      `{ ${many(15, (index) => `x${index}: accounts { id usage { visits } }`)} }`,
      'COST_LIMIT_EXCEEDED',
    ],
  ])('on %s can be turned off', async (_, query, code) => {
    const body = { query, operationName: query.startsWith('query') ? 'Q0' : undefined };
    expect((await post(strict, body)).errors[0]?.extensions.code).toBe(code);
    expect((await post(off, body)).errors).toEqual([]);
  });

  test.each<[Partial<GatewayLimits>, RegExp]>([
    [{ depth: 0 }, /limits\.depth is 0: set it to a whole number from 1 on, or false for no limit/],
    [{ cost: 1.5 }, /limits\.cost is 1\.5/],
    [{ nesting: 5_000 }, /limits\.nesting is 5000: set it to a whole number from 1 to 1000\./],
    [{ fields: Number.POSITIVE_INFINITY }, /limits\.fields is Infinity/],
    [{ assumedListSize: -1 }, /limits\.assumedListSize is -1: set it to a whole number from 0 on\./],
    [{ persistedQueries: 0 }, /limits\.persistedQueries is 0: .*, or false to keep none/],
    [{ introspection: 'no' as never }, /limits\.introspection is no: set it to true or false/],
  ])('%j is refused at the start', async (limits, message) => {
    await expect(world.start({ limits })).rejects.toThrow(message);
  });
});

describe('the cost', () => {
  test('of an answer is in the log', async () => {
    await post(gateway, { query: 'query Costly { accounts { id usage { visits } } }' });
    expect(world.log.find(({ operation }) => operation === 'Costly')).toMatchObject({ cost: 20 });
  });

  test('counts with the variables of the request', async () => {
    const query =
      'query Q($x: Boolean!) { accounts { id usage @include(if: $x) { visits } } a: accounts { id usage @include(if: $x) { visits } } account(id: "1") { id } }';
    expect(await post(small, { query, variables: { x: false } })).toMatchObject({ errors: [] });
    expect(await post(small, { query, variables: { x: true } })).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('Operation "Q" is estimated to cost 41; 40 is allowed'),
          extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 40, value: 41 },
        },
      ],
    });
  });
});

describe('documents made to keep a gateway busy', () => {
  test.each([
    ['brackets that would overflow the stack', '{a'.repeat(4_900), 'NESTING_LIMIT_EXCEEDED'],
    [
      'fragments that double each other',
      `{ ...F0 } ${Array.from({ length: 100 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ')} fragment F100 on Query { accounts { id } }`,
      'FIELD_LIMIT_EXCEEDED',
    ],
    [
      'a fragment inside itself',
      '{ ...F } fragment F on Query { ...F __typename }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'the same field again and again',
      `{ account(id: "1") { ${'usage { visits } '.repeat(2_400)} } }`,
      'VALIDATION_ABORTED',
    ],
  ])('%s are refused', async (_, query, code) => {
    const answer = await post(gateway, { query });
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(world.accounts.seen).toEqual([]);
  });

  test('variables that would overflow the stack are refused', async () => {
    const variables = `{ "id": ${'['.repeat(5_000)}${']'.repeat(5_000)} }`;
    const body = `{ "query": "query ($id: ID!) { account(id: $id) { id } }", "variables": ${variables} }`;
    expect((await post(gateway, body)).errors[0]).toMatchObject({
      message: expect.stringContaining('Variable "$id"'),
      extensions: { code: 'NESTING_LIMIT_EXCEEDED', limit: 200, value: 201 },
    });
  });
});

describe('introspection', () => {
  test('is answered by default', async () => {
    const answer = await post(gateway, { query: getIntrospectionQuery() });
    expect(answer).toMatchObject({ errors: [], data: { __schema: { queryType: { name: 'Query' } } } });
  });

  test('can be turned off, __typename aside', async () => {
    const closed = await world.start({ limits: { introspection: false } });
    const answer = await post(
      closed,
      { query: '{ account(id: "1") { id } __schema { types { name } } }' },
      graphqlJson,
    );
    expect(answer).toMatchObject({
      status: 400,
      data: undefined,
      errors: [{ extensions: { code: 'INTROSPECTION_DISABLED' } }],
    });
    const typename = await post(closed, { query: '{ __typename account(id: "1") { __typename } }' });
    expect(typename.data).toEqual({ __typename: 'Query', account: { __typename: 'Account' } });
  });
});

test('the operation of a REST route is checked at the start', async () => {
  await writeFile(
    join(world.folder, 'A.graphql'),
    'query A($id: ID!) { account(id: $id) { a: id b: name } }',
  );
  await writeFile(
    join(world.folder, 'A.rest.yaml'),
    'method: GET\npath: /accounts/{id}\nsummary: One account.\nparameters:\n  id: { in: path }\n',
  );
  await expect(world.start({ routes: world.folder, limits: { aliases: 1 } })).rejects.toThrow(
    /A\.graphql does not fit the supergraph or the limits: Operation "A" has at least 2 aliases/,
  );
});
