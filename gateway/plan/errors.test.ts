import { describe, expect, it } from 'vitest';
import { type ErrorMarks, type FetchShape, fetchShape, markMissing, marksAt } from './errors.ts';

const fault = { message: 'away', extensions: {} };
const leaf: FetchShape = new Map();
const shape = (...keys: string[]): FetchShape => new Map(keys.map((key) => [key, leaf]));

describe('marks of what is missing', () => {
  it('stand in each element of a list, with the error’s path in its own', () => {
    const marks: ErrorMarks = new Map();
    const list = [{}, {}, null];
    markMissing(marks, list, shape('name'), fault, [1, 'name']);
    expect(marksAt(marks, list[0]!, 'name')).toEqual([{ fault, path: [] }]);
    expect(marksAt(marks, list[1]!, 'name')).toEqual([{ fault, path: ['name'] }]);
  });

  it('stand once for each failure', () => {
    const marks: ErrorMarks = new Map();
    const object = { there: 1, none: null };
    const other = { ...fault };
    for (const each of [fault, fault, other])
      markMissing(marks, object, shape('there', 'none', 'lost'), each, []);
    expect(marksAt(marks, object, 'lost')?.map((mark) => mark.fault)).toEqual([fault, other]);
    expect(marksAt(marks, object, 'there')).toBeUndefined();
    expect(marksAt(marks, object, 'none')).toBeUndefined();
  });

  it('stand at a type name though it is there: an interface’s is not the whole answer', () => {
    const marks: ErrorMarks = new Map();
    const object = { __typename: 'Media' };
    markMissing(marks, object, shape('__typename'), fault, []);
    expect(marksAt(marks, object, '__typename')).toHaveLength(1);
  });
});

describe('the shape of a fetch', () => {
  const operation = 'query($x:Boolean!){a b:c@include(if:$x){d ...@skip(if:$x){e}} ...F} fragment F on T{f}';
  const keysOf = (of: FetchShape): unknown[] => [...of].map(([key, nested]) => [key, ...keysOf(nested)]);

  it('has all keys, or those whose conditions count', () => {
    expect(keysOf(fetchShape(operation, false))).toEqual([['a'], ['b', ['d'], ['e']], ['f']]);
    const included = fetchShape(operation, false, (each) => each.kind === 'variable' && each.wanted);
    expect(keysOf(included)).toEqual([['a'], ['b', ['d']], ['f']]);
    expect(keysOf(fetchShape(operation, false, () => false))).toEqual([['a'], ['f']]);
  });

  it('of an entity fetch is that of one entity', () => {
    const entities = 'query($r:[_Any!]!){_entities(representations:$r){...on T{a}}}';
    expect(keysOf(fetchShape(entities, true))).toEqual([['a']]);
  });
});
