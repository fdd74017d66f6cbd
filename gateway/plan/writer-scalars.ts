import { type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType, isEnumType } from 'graphql';
import { jsonText, quote } from './json-text.ts';
import { reportHere, type WriteState } from './write-state.ts';

/**
 * Writes a value that is not null. `undefined` where it cannot be written: the error has then been reported,
 * and the place is null. The value's own name or index is the last of the `depth` path elements.
 */
export type ValueWriter = (value: unknown, state: WriteState, depth: number) => string | undefined;

/** The code of an error about a value that its type does not allow. */
export const INVALID_VALUE = 'INVALID_RESULT_VALUE';

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;

/**
 * The writer of a leaf type, with the result checks and coercions of graphql-js; scalars that are not built
 * in pass as they are.
 */
export function leafWriter(type: GraphQLLeafType): ValueWriter {
  if (isEnumType(type)) return enumWriter(type);
  switch (type.name) {
    case 'String':
    case 'ID': {
      const coerced = coercingWriter(type);
      return (value, state, depth) =>
        typeof value === 'string' ? quote(value) : coerced(value, state, depth);
    }
    case 'Int': {
      const coerced = coercingWriter(type);
      return (value, state, depth) =>
        typeof value === 'number' && Number.isInteger(value) && value <= MAX_INT && value >= MIN_INT
          ? `${value}`
          : coerced(value, state, depth);
    }
    case 'Float': {
      const coerced = coercingWriter(type);
      return (value, state, depth) =>
        typeof value === 'number' && Number.isFinite(value) ? `${value}` : coerced(value, state, depth);
    }
    case 'Boolean': {
      const coerced = coercingWriter(type);
      return (value, state, depth) =>
        value === true ? 'true' : value === false ? 'false' : coerced(value, state, depth);
    }
    default:
      return jsonText;
  }
}

function coercingWriter(type: GraphQLScalarType): ValueWriter {
  return (value, state, depth) => {
    try {
      return jsonText(type.serialize(value));
    } catch (error) {
      const message = error instanceof Error ? error.message : `${type.name} cannot represent this value.`;
      return reportHere(state, depth, INVALID_VALUE, message);
    }
  };
}

function enumWriter(type: GraphQLEnumType): ValueWriter {
  const texts = new Map<unknown, string>(type.getValues().map(({ name }) => [name, `"${name}"`]));
  return (value, state, depth) =>
    texts.get(value) ??
    // The value is not named: it may be one that @inaccessible hides.
    reportHere(state, depth, INVALID_VALUE, `Enum "${type.name}" cannot represent the value of this field.`);
}
