import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { finishOutput, startOutput } from './output.ts';
import type { WriteState } from './write-state.ts';
import { leafWriter } from './writer-scalars.ts';

/** Writes a value that stands at the path `["list", 4]`. */
function write(type: GraphQLLeafType, value: unknown): { text: string | undefined; state: WriteState } {
  const state: WriteState = {
    variables: {},
    marks: undefined,
    errors: [],
    path: ['list', 4, 'left over from an earlier field'],
    clientKey: (key) => key,
    emitted: undefined,
    output: startOutput(),
  };
  const isWritten = leafWriter(type)(value, state, 2);
  return { text: isWritten ? finishOutput(state.output, '').toString() : undefined, state };
}

const tint = new GraphQLEnumType({ name: 'Tint', values: { RED: {}, GREEN: {} } });
const anything = new GraphQLScalarType({ name: 'Anything' });

describe('a leaf value', () => {
  it.each<[GraphQLLeafType, unknown, string]>([
    [GraphQLString, 'a "b"\n', '"a \\"b\\"\\n"'],
    [GraphQLString, 12, '"12"'],
    [GraphQLString, true, '"true"'],
    [GraphQLID, 'x', '"x"'],
    [GraphQLID, 7, '"7"'],
    [GraphQLInt, 2_147_483_647, '2147483647'],
    [GraphQLInt, -2_147_483_648, '-2147483648'],
    [GraphQLInt, '12', '12'],
    [GraphQLInt, true, '1'],
    [GraphQLInt, -0, '0'],
    [GraphQLFloat, 1.5, '1.5'],
    [GraphQLFloat, 1e21, '1e+21'],
    [GraphQLFloat, -0, '0'],
    [GraphQLFloat, '1.5', '1.5'],
    [GraphQLBoolean, true, 'true'],
    [GraphQLBoolean, false, 'false'],
    [GraphQLBoolean, 0, 'false'],
    [tint, 'GREEN', '"GREEN"'],
    [anything, { a: [1, null] }, '{"a":[1,null]}'],
    [anything, 'x', '"x"'],
  ])('%s: %j is written as %s', (type, value, expected) => {
    const { text, state } = write(type, value);
    expect(text).toBe(expected);
    expect(state.errors).toEqual([]);
  });

  it.each<[GraphQLLeafType, unknown]>([
    [GraphQLString, { a: 1 }],
    [GraphQLString, ['a']],
    [GraphQLID, 1.5],
    [GraphQLInt, 2_147_483_648],
    [GraphQLInt, -2_147_483_649],
    [GraphQLInt, 1.5],
    [GraphQLInt, 'x'],
    [GraphQLFloat, Number.POSITIVE_INFINITY],
    [GraphQLFloat, 'x'],
    [GraphQLBoolean, 'yes'],
    [tint, 'red'],
    [tint, 0],
  ])('%s: %j is an error at its place', (type, value) => {
    const { text, state } = write(type, value);
    expect(text).toBeUndefined();
    expect(state.errors).toMatchObject([{ path: ['list', 4], extensions: { code: 'INVALID_RESULT_VALUE' } }]);
  });

  it('of an enum is not named in the error: it may be one that is hidden', () => {
    const { state } = write(tint, 'SECRET');
    expect(state.errors[0]?.message).toBe('Enum "Tint" cannot represent the value of this field.');
  });
});
