import { describe, expect, it } from 'vitest';
import { errorsOf, executionOver } from '#test/harness/execution.ts';

const { run } = executionOver({
  billing: `
    type Query { refund: Account works: [Work] }
    type Mutation { count: Int }
    type Account @key(fields: "email") { email: String! }
    union Work = Book | Film
    interface Sized { size: Int }
    type Book implements Sized { size: Int title: String }
    type Film { size: String title: String }
  `,
  core: `type Account @key(fields: "id") @key(fields: "email") {
    id: ID! email: String! name(style: String, most: Int): String limits: Limits friend: Account
  } type Limits { seats: Int! }`,
  audit: 'type Account @key(fields: "id") { id: ID! visits: Int }',
});

const refund = () => ({ refund: { __typename: 'Account', email: 'e' } });

/** What is asked of `core` about the account of `{ refund … }`. */
async function askedOfCore(
  selection: string,
  variables: Record<string, boolean> = {},
  fragments = '',
): Promise<string | undefined> {
  const definitions = Object.keys(variables).map((name) => `$${name}: Boolean!`);
  const head = definitions.length === 0 ? '' : `query (${definitions.join()})`;
  const { requests } = await run(
    `${head} { refund { ${selection} } } ${fragments}`,
    { billing: refund, core: () => ({ _entities: [{}] }) },
    variables,
  );
  const text = requests.find(({ subgraph }) => subgraph === 'core')?.operation.text;
  return /\.\.\.on Account\{(.*)\}\}\}$/.exec(text ?? '')?.[1];
}

describe('a leaf field that is asked for again', () => {
  it('is written at each alias, and asks no further subgraph however many there are', async () => {
    const aliases = Array.from({ length: 20 }, (_, index) => `a${index}`);
    const outcome = await run(`{ refund { ${aliases.map((alias) => `${alias}: id`).join(' ')} } }`, {
      billing: refund,
      core: () => ({ _entities: [{ a0: '7' }] }),
    });
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['billing', 'core']);
    expect(outcome.response).toEqual({
      data: { refund: Object.fromEntries(aliases.map((alias) => [alias, '7'])) },
    });
  });

  it.each([
    ['under another alias', 'a: name b: name', ['a:name']],
    ['under its own name', 'a: name name b: name', ['name']],
    ['with the same arguments', 'a: name(most: 1, style: "x") b: name(style: "x", most: 1)', ['a:name']],
    ['with other arguments', 'a: name(style: "x") b: name(most: 1) c: name', ['a:name', 'b:name', 'c:name']],
    ['in a fragment', 'a: name ... { b: name ... on Account { c: name } }', ['a:name']],
    ['in another object', 'a: name friend { b: name }', ['a:name', 'b:name']],
    ['though it is certain', 'a: name @include(if: $x) b: name', ['b:name@include(if:$x)', 'b:name']],
    ['under the same condition', 'a: name @skip(if: $x) b: name @skip(if: $x)', ['a:name@skip(if:$x)']],
    [
      'under another condition',
      'a: name @skip(if: $x) b: name @skip(if: $y)',
      ['a:name@skip(if:$x)', 'b:name@skip(if:$y)'],
    ],
    [
      'under a condition around it',
      'a: name @skip(if: $x) ... @skip(if: $x) { b: name c: name @skip(if: $y) }',
      ['a:name@skip(if:$x)', 'a:name', 'c:name@skip(if:$y)'],
    ],
  ])('%s', async (_, selection, expected) => {
    const asked = await askedOfCore(`${selection} limits { seats }`, { x: false, y: false });
    expect(asked?.match(/(\w+:)?name(@\w+\(if:\$\w\))?/g)).toEqual(expected);
  });

  it('as an object is asked for again', async () => {
    const asked = await askedOfCore('a: limits { seats } b: limits { seats }');
    expect(asked).toBe('a:limits{seats}b:limits{seats}');
  });

  it('in a named fragment is asked for under one of the aliases there', async () => {
    const asked = await askedOfCore('a: name ...F', {}, 'fragment F on Account { b: name c: name }');
    expect(asked).toBe('a:name b:name');
  });

  it.each([
    [true, { a: 'n', b: 'n', c: 'n' }],
    [false, { b: 'n', c: 'n' }],
  ])('is written where its own conditions include it: %s', async (x, expected) => {
    const outcome = await run(
      'query ($x: Boolean!) { refund { a: name @include(if: $x) b: name c: name } }',
      { billing: refund, core: () => ({ _entities: [{ b: 'n' }] }) },
      { x },
    );
    expect(outcome.response).toEqual({ data: { refund: expected } });
  });

  it('on another type keeps its own key', async () => {
    const outcome = await run(
      '{ works { ... on Book { x: size z: size } ... on Film { y: size } ... on Sized { x: size z: size } } }',
      {
        billing: () => ({
          works: [
            { __typename: 'Book', x: 3 },
            { __typename: 'Film', y: 'long' },
          ],
        }),
      },
    );
    expect(outcome.response).toEqual({ data: { works: [{ x: 3, z: 3 }, { y: 'long' }] } });
  });

  it('at the root of a mutation is made again', async () => {
    const outcome = await run('mutation { a: count b: count }', { billing: () => ({ a: 1, b: 2 }) });
    expect(outcome.requests[0]?.operation.text).toBe('mutation{a:count b:count}');
    expect(outcome.body).toBe('{"data":{"a":1,"b":2}}');
  });
});

describe('errors of a leaf field that is asked for again', () => {
  const text = '{ refund { a: name id: name friend { b: name } c: name } }';

  it('show at each alias', async () => {
    const outcome = await run(text, {
      billing: refund,
      core: () => ({
        data: { _entities: [{ a: null, friend: { b: 'x' } }] },
        errors: [{ message: 'unnamed', path: ['_entities', 0, 'a'] }],
      }),
    });
    expect(outcome.response.data).toEqual({ refund: { a: null, id: null, friend: { b: 'x' }, c: null } });
    expect(errorsOf(outcome)?.map(([path]) => path)).toEqual([
      '["refund","a"]',
      '["refund","id"]',
      '["refund","c"]',
    ]);
  });

  it('that the subgraph is away show at each alias', async () => {
    const outcome = await run(text, { billing: refund, core: () => 'SUBGRAPH_UNAVAILABLE' });
    expect(errorsOf(outcome)?.map(([path]) => path)).toEqual([
      '["refund","a"]',
      '["refund","id"]',
      '["refund","friend"]',
      '["refund","c"]',
    ]);
  });

  it('below a null have the name of one that was asked for', async () => {
    const outcome = await run(
      'query ($x: Boolean!) { refund { limits { s: seats @include(if: $x) t: seats u: seats } } }',
      {
        billing: refund,
        core: () => ({
          data: { _entities: [{ limits: null }] },
          errors: [{ message: 'no seats', path: ['_entities', 0, 'limits', 't'] }],
        }),
      },
      { x: false },
    );
    expect(outcome.response.data).toEqual({ refund: { limits: null } });
    expect(errorsOf(outcome)?.map(([path]) => path)).toEqual(['["refund","limits","t"]']);
  });
});
