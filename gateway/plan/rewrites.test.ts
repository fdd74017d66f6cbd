import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { applyRewrites, pathAfterRewrites, shapeAfterRewrites } from './rewrites.ts';
import { createTypeIndex } from './type-index.ts';

const types = createTypeIndex(
  buildSchema('type Query { a: Media } interface Media { id: ID } type Book implements Media { id: ID }'),
);
const rename = (path: string[], renameKeyTo: string) => ({ kind: 'KeyRenamer', path, renameKeyTo }) as const;

describe('rewrites', () => {
  it('set a value on objects of a type', () => {
    const value = { list: [{ __typename: 'Book' }, { __typename: 'Film' }] };
    const path = ['list', '... on Media', '__typename'];
    applyRewrites([{ kind: 'ValueSetter', path, setValueTo: 'Media' }], value, types);
    expect(value.list.map(({ __typename }) => __typename)).toEqual(['Media', 'Film']);
  });

  it('rename keys, whatever their value', () => {
    for (const value of [0, '', false, null]) {
      const object: Record<string, unknown> = { a__alias_0: value };
      applyRewrites([rename(['a__alias_0'], 'a')], object, types);
      expect(object.a).toBe(value);
    }
    const object: Record<string, unknown> = { a: 1 };
    applyRewrites([rename(['a__alias_0'], 'a')], object, types);
    expect(object).toEqual({ a: 1 });
  });

  it('rename within what is renamed', () => {
    const value: Record<string, unknown> = { a__alias_0: { b__alias_0: 1 } };
    const rewrites = [rename(['a__alias_0'], 'a'), rename(['a__alias_0', 'b__alias_0'], 'b')];
    applyRewrites(rewrites, value, types);
    expect(value.a).toMatchObject({ b: 1 });
    expect(pathAfterRewrites(rewrites, ['a__alias_0', 2, 'b__alias_0', 'c'])).toEqual(['a', 2, 'b', 'c']);
    expect(pathAfterRewrites(rewrites, ['x', 'b__alias_0'])).toEqual(['x', 'b__alias_0']);
  });

  it('rename the keys of a shape, and bring together what gets one name', () => {
    const shape = new Map([
      ['a__alias_0', new Map([['b__alias_0', new Map()]])],
      ['a', new Map([['c', new Map()]])],
    ]);
    const rewrites = [rename(['... on Book', 'a__alias_0'], 'a'), rename(['a__alias_0', 'b__alias_0'], 'b')];
    expect(shapeAfterRewrites(shape, rewrites)).toEqual(
      new Map([
        [
          'a',
          new Map([
            ['b', new Map()],
            ['c', new Map()],
          ]),
        ],
      ]),
    );
    expect(shapeAfterRewrites(shape, [])).toBe(shape);
  });
});
