import { describe, expect, it } from 'vitest';
import { type Answers, errorsOf, executionOver } from '#test/harness/execution.ts';

const { run } = executionOver({
  a: 'type Query { a: Int! t: T } type Mutation { first: Int! third: Int } type T @key(fields: "id") { id: ID! }',
  b: 'type Mutation { second: Int } type T @key(fields: "id") { id: ID! name: String }',
});

describe('mutations of several subgraphs', () => {
  const answers: Answers = {
    a: ({ operation }) =>
      operation.text.includes('first')
        ? { data: null, errors: [{ message: 'no', path: ['first'] }] }
        : { third: 3 },
    b: () => ({ second: 2 }),
  };

  it.each([
    'mutation { first second third }',
    'mutation { ...F second third } fragment F on Mutation { ...{ first } }',
  ])('end after one that must not be null has failed: %s', async (text) => {
    const outcome = await run(text, answers);
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['a']);
    expect(outcome.body).toContain('"data":null');
    expect(errorsOf(outcome)).toEqual([['["first"]', 'SUBGRAPH_ERROR']]);
  });

  it('go on after one that may be null has failed', async () => {
    const outcome = await run('mutation { second third }', { ...answers, b: () => 'SUBGRAPH_TIMEOUT' });
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['b', 'a']);
    expect(outcome.response.data).toEqual({ second: null, third: 3 });
  });
});

it('a condition asks the client’s variable, whatever the plan calls it', async () => {
  const answers = {
    a: () => ({ t: { __typename: 'T', id: '1' } }),
    b: () => ({ _entities: [{ name: 'n' }] }),
  };
  const text = 'query ($representations: Boolean!) { t { id name @include(if: $representations) } }';
  for (const [included, name] of [
    [true, { name: 'n' }],
    [false, {}],
  ] as const) {
    const outcome = await run(text, answers, { representations: included });
    expect(outcome.response).toEqual({ data: { t: { id: '1', ...name } } });
    expect(outcome.requests).toHaveLength(included ? 2 : 1);
  }
});
