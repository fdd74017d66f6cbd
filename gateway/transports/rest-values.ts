import { getNamedType, getNullableType, isListType } from 'graphql';
import { BadParameter } from '#gateway/pipeline/http-errors.ts';
import type { RestRoute } from './rest-route.ts';

/**
 * Turns the text of path and query parameters into variables. Only what text cannot say is converted (numbers,
 * booleans, lists by repetition); whether a value fits its type is the business of graphql-js' coercion.
 * @throws GatewayError naming the parameter that is unknown, empty or given twice.
 */
export function readValues(
  route: RestRoute,
  path: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const variables: Record<string, unknown> = {};
  for (const { name, in: place, variable, type } of route.parameters) {
    const text = place === 'path' ? path[name] : query[name];
    if (text === undefined) {
      continue;
    }
    if (Array.isArray(text) && !isListType(getNullableType(type))) {
      throw BadParameter(name, 'is given more than once');
    }
    if (place === 'path' && text === '') {
      throw BadParameter(name, 'is empty');
    }
    const typeName = getNamedType(type).name;
    variables[variable] = Array.isArray(text)
      ? text.map((item) => convert(item, typeName))
      : convert(text, typeName);
  }
  const known = route.parameters.filter((one) => one.in === 'query').map((one) => one.name);
  const stray = Object.keys(query).find((name) => !known.includes(name));
  if (stray !== undefined) {
    throw BadParameter(
      stray,
      known.length === 0 ? 'is unknown: there are none' : `is unknown: there are ${known.join(', ')}`,
    );
  }
  return variables;
}

const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Text that does not read as its type stays text, for coercion to refuse by name. */
function convert(text: unknown, typeName: string): unknown {
  if (typeof text !== 'string') {
    return text;
  }
  if ((typeName === 'Int' || typeName === 'Float') && number.test(text)) {
    return Number(text);
  }
  if (typeName === 'Boolean' && (text === 'true' || text === 'false')) {
    return text === 'true';
  }
  return text;
}
