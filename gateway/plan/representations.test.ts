import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import { describe, expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';
import { compileRepresentations, findMissingInput } from './representations.ts';
import { createTypeIndex } from './type-index.ts';

const { planner } = executionOver({
  a: `
    type Query { all: [Media] }
    interface Media @key(fields: "id") { id: ID! }
    type Book implements Media @key(fields: "id") { id: ID! pages: Int }
    type Song implements Media @key(fields: "id") { id: ID! }
  `,
  b: 'type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
});
const types = createTypeIndex(planner.supergraphSchema);

const field = (name: string, selections?: QueryPlanSelectionNode[]): QueryPlanSelectionNode => ({
  kind: 'Field',
  name,
  selections,
});
const on = (typeCondition: string, ...selections: QueryPlanSelectionNode[]): QueryPlanSelectionNode => ({
  kind: 'InlineFragment',
  typeCondition,
  selections,
});
const writers = (requires: QueryPlanSelectionNode[], rewrites: FetchDataRewrite[] = []) =>
  compileRepresentations('b', requires, rewrites, types);

describe('a representation', () => {
  const size = (...names: string[]) =>
    field(
      'size',
      names.map((name) => field(name)),
    );

  it('has what all type conditions that hold ask for, merged', () => {
    const { whole } = writers([
      on('Media', field('id'), size('a')),
      on('Book', size('b')),
      on('Song', field('x')),
    ]);
    const source = { __typename: 'Book', id: '1', size: { a: 1, b: null, c: 3 } };
    expect(whole(source)).toBe('{"id":"1","size":{"a":1,"b":null}}');
    expect(whole({ __typename: 'Nothing', id: '1' })).toBeNull();
    expect(whole({ ...source, size: [[{ a: 1, b: 2 }], null] })).toBe(
      '{"id":"1","size":[[{"a":1,"b":2}],null]}',
    );
  });

  it('has the type that a setter gives to objects of its type only', () => {
    const path = ['... on Book', '__typename'];
    const { whole } = writers(
      [on('Media', field('__typename'), field('id'))],
      [{ kind: 'ValueSetter', path, setValueTo: 'Media' }],
    );
    expect(whole({ __typename: 'Book', id: '1' })).toBe('{"__typename":"Media","id":"1"}');
    expect(whole({ __typename: 'Song', id: '1' })).toBe('{"__typename":"Song","id":"1"}');
  });

  it('is rewritten deeper down, and under other names', () => {
    const { whole } = writers(
      [on('Media', field('__typename'), field('id'), field('size', [field('__typename')]))],
      [
        { kind: 'ValueSetter', path: ['size', '__typename'], setValueTo: 'Area' },
        { kind: 'KeyRenamer', path: ['... on Book', 'id'], renameKeyTo: 'isbn' },
      ],
    );
    const source = { __typename: 'Book', id: '1', size: { __typename: 'Square' } };
    expect(JSON.parse(whole(source) ?? '')).toEqual({
      __typename: 'Book',
      isbn: '1',
      size: { __typename: 'Area' },
    });
  });

  it('of what is available has a key at least', () => {
    const { whole, available } = writers([on('Media', field('__typename'), field('id'), field('pages'))]);
    const book = { __typename: 'Book', id: '1' };
    expect(whole(book)).toBeUndefined();
    expect(available(book)).toBe('{"__typename":"Book","id":"1"}');
    expect(available({ __typename: 'Book', pages: 3 })).toBeUndefined();
  });
});

describe('what a representation lacks', () => {
  it.each([
    ['a field', { __typename: 'Book', size: null }, [], 'id'],
    ['the type', { id: '1' }, [], '__typename'],
    ['a field of an object', { __typename: 'Book', id: '1', size: {} }, ['size'], 'a'],
    ['a field in a list', { __typename: 'Book', id: '1', size: [[{ a: 1 }, {}], null] }, ['size', 0, 1], 'a'],
  ])('is %s', (_, source, holder, key) => {
    const requires = [on('Media', field('id'), field('size', [field('a')]))];
    const at = (holder as (string | number)[]).reduce<unknown>(
      (value, step) => (value as Record<string | number, unknown>)[step],
      source,
    );
    const missing = findMissingInput(requires, source, types);
    expect(missing?.key).toBe(key);
    expect(missing?.holder).toBe(at);
  });

  it('is nothing where all is there', () => {
    expect(findMissingInput([field('a')], { a: null }, types)).toBeUndefined();
  });
});
