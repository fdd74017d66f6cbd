import { expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';
import { createTypeIndex } from './type-index.ts';

const { planner } = executionOver({
  a: `
    type Query { all: [Media] }
    interface Media @key(fields: "id") { id: ID! }
    type Book implements Media @key(fields: "id") @key(fields: "shelf { row } isbn") { id: ID! isbn: ID! shelf: Shelf }
    type Shelf { row: Int }
  `,
  b: 'type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
  c: 'type Book @key(fields: "isbn", resolvable: false) { isbn: ID! }',
});
const types = createTypeIndex(planner.supergraphSchema);

it.each([
  ['a', 'Book', [['id'], ['shelf', 'isbn'], ['id']]],
  ['b', 'Book', [['id']]],
  ['b', 'Media', [['id']]],
  ['c', 'Book', []],
  ['a', 'Shelf', []],
  ['a', undefined, []],
])('the keys by which %s finds %s', (subgraph, typename, expected) => {
  expect(types.keysOf(subgraph, typename)).toEqual(expected);
});

it.each([
  ['Book', 'Media', true],
  ['Book', 'Book', true],
  ['Media', 'Book', false],
  ['Book', undefined, true],
  [undefined, 'Media', false],
  ['Nothing', 'Media', false],
])('whether %s satisfies %s: %s', (typename, condition, expected) => {
  expect(types.satisfies(typename, condition)).toBe(expected);
});
