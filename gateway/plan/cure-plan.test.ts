import { expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';

const { run } = executionOver({
  a: 'type Query { t: T } type T @key(fields: "id") { id: ID! price(in: String = "USD"): Int weight: Int }',
  b: `type T @key(fields: "id") { id: ID! price(in: String = "USD"): Int @external weight: Int @external
    duty: Int @requires(fields: "price(in: \\"EUR\\") weight") tax: Int @requires(fields: "price(in: \\"CHF\\")") }`,
});

it('a fetch that needs two values of one field is split, and each part sends its own', async () => {
  const { requests, response } = await run('{ t { duty tax price } }', {
    a: () => ({
      t: { __typename: 'T', id: '1', price: 9, price__required0: 2, price__required1: 3, weight: 7 },
    }),
    b: ({ representations = [] }) => {
      const answered = representations.map(([sent = '{}']) =>
        JSON.parse(sent).price === 2 ? [{ duty: 20 }] : [{ tax: 30 }],
      );
      return { _entities: answered[0], _entities_1: answered[1] };
    },
  });
  const sent = requests
    .filter(({ subgraph }) => subgraph === 'b')
    .flatMap(({ representations = [] }) => representations.flat());
  expect(sent.sort()).toEqual([
    '{"__typename":"T","id":"1","price":2,"weight":7}',
    '{"__typename":"T","id":"1","price":3,"weight":7}',
  ]);
  expect(response).toEqual({ data: { t: { duty: 20, tax: 30, price: 9 } } });
});
