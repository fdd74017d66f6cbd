import { describe, expect, it } from 'vitest';
import { copyJson, mergeInto } from './merge.ts';

const isObjectType = (name: string) => name === 'Book' || name === 'Film';
const merge = (target: object, source: object): object => {
  const into = target as { [key: string]: unknown };
  mergeInto(into, source as { [key: string]: unknown }, isObjectType);
  return into;
};

describe('merging', () => {
  it.each([
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: { b: 1 } }, { a: { c: 2 } }, { a: { b: 1, c: 2 } }],
    [
      { a: [{ b: 1 }, null, { b: 3 }] },
      { a: [{ c: 1 }, { c: 2 }, null] },
      { a: [{ b: 1, c: 1 }, { c: 2 }, { b: 3 }] },
    ],
    [{ a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: { b: 1 } }, { a: null }, { a: { b: 1 } }],
    [{ a: 1 }, { a: 2 }, { a: 2 }],
    [{ a: 1 }, { a: undefined }, { a: 1 }],
    [{ __typename: 'Media' }, { __typename: 'Book' }, { __typename: 'Book' }],
    [{ __typename: 'Book' }, { __typename: 'Media' }, { __typename: 'Book' }],
  ])('%j with %j', (target, source, expected) => {
    expect(merge(target, source)).toEqual(expected);
  });

  it('takes no prototype from JSON', () => {
    const merged = merge({}, JSON.parse('{ "__proto__": { "polluted": 1 }, "a": 1 }'));
    expect(merged).toEqual({ a: 1 });
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(Object.keys(copyJson(JSON.parse('{ "__proto__": { "polluted": 1 }, "a": 1 }')))).toEqual(['a']);
  });

  it('copies deeply', () => {
    const value = { a: [{ b: null }] };
    const copy = copyJson(value);
    expect(copy).toEqual(value);
    expect(copy.a[0]).not.toBe(value.a[0]);
  });
});
