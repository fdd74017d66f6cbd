import { type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType, isEnumType } from 'graphql';
import { jsonText } from './json-text.ts';
import { writeBytes, writeNumber, writeRaw, writeString } from './output.ts';
import { reportHere, type WriteState } from './write-state.ts';

/**
 * Writes a value that is not null. `false` where it cannot be written: the error has then been reported, the
 * place is null, and what was written of it is for the caller to take back. The value's own name or index is
 * the last of the `depth` path elements.
 */
export type ValueWriter = (value: unknown, state: WriteState, depth: number) => boolean;

/** The code of an error about a value that its type does not allow. */
export const INVALID_VALUE = 'INVALID_RESULT_VALUE';

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

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
      return (value, state, depth) => {
        if (typeof value !== 'string') return coerced(value, state, depth);
        writeString(state.output, value);
        return true;
      };
    }
    case 'Int': {
      const coerced = coercingWriter(type);
      return (value, state, depth) => {
        const fits =
          typeof value === 'number' && Number.isInteger(value) && value <= MAX_INT && value >= MIN_INT;
        if (!fits) return coerced(value, state, depth);
        writeNumber(state.output, value);
        return true;
      };
    }
    case 'Float': {
      const coerced = coercingWriter(type);
      return (value, state, depth) => {
        if (typeof value !== 'number' || !Number.isFinite(value)) return coerced(value, state, depth);
        writeNumber(state.output, value);
        return true;
      };
    }
    case 'Boolean': {
      const coerced = coercingWriter(type);
      return (value, state, depth) => {
        if (typeof value !== 'boolean') return coerced(value, state, depth);
        writeBytes(state.output, value ? TRUE : FALSE);
        return true;
      };
    }
    default:
      return anyWriter;
  }
}

function anyWriter(value: unknown, { output }: WriteState): true {
  if (typeof value === 'string') writeString(output, value);
  else writeRaw(output, jsonText(value));
  return true;
}

function coercingWriter(type: GraphQLScalarType): ValueWriter {
  return (value, state, depth) => {
    try {
      return anyWriter(type.serialize(value), state);
    } catch (error) {
      const message = error instanceof Error ? error.message : `${type.name} cannot represent this value.`;
      return reportHere(state, depth, INVALID_VALUE, message);
    }
  };
}

function enumWriter(type: GraphQLEnumType): ValueWriter {
  const texts = new Map<unknown, Uint8Array>(
    type.getValues().map(({ name }) => [name, Buffer.from(`"${name}"`)]),
  );
  return (value, state, depth) => {
    const text = texts.get(value);
    if (text === undefined) {
      // The value is not named: it may be one that @inaccessible hides.
      const message = `Enum "${type.name}" cannot represent the value of this field.`;
      return reportHere(state, depth, INVALID_VALUE, message);
    }
    writeBytes(state.output, text);
    return true;
  };
}
