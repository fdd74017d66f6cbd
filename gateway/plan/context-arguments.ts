import type { FetchDataKeyRenamer } from '@apollo/query-planner';
import { jsonText } from './json-text.ts';
import type { Place } from './paths.ts';
import { isTreeObject, type TreeObject } from './tree.ts';
import type { TypeIndex } from './type-index.ts';

/** The context arguments of one place as JSON members, or the field of the tree that they lack. */
export type ContextArguments =
  | { readonly kind: 'given'; readonly text: string }
  | { readonly kind: 'missing'; readonly holder: TreeObject; readonly key: string };

const FRAGMENT = '... on ';

/**
 * Compiles the context rewrites of a fetch (`@fromContext`): each reads a value from the place's ancestors,
 * one `..` for each field upwards, and gives it to a variable of the fetch. Several rewrites of one variable
 * are alternatives by type; the first that holds is taken. `undefined` where the fetch has none.
 */
export function contextArguments(
  rewrites: readonly FetchDataKeyRenamer[],
  types: TypeIndex,
): ((place: Place) => ContextArguments) | undefined {
  if (rewrites.length === 0) return undefined;
  const byVariable = new Map<string, FetchDataKeyRenamer[]>();
  for (const rewrite of rewrites) {
    byVariable.set(rewrite.renameKeyTo, [...(byVariable.get(rewrite.renameKeyTo) ?? []), rewrite]);
  }
  return (place) => {
    let text = '';
    for (const [variable, alternatives] of byVariable) {
      const read = readFirst(alternatives, place, types);
      if (read.kind === 'missing') return read;
      if (read.kind === 'value') text += `,${JSON.stringify(variable)}:${jsonText(read.value)}`;
    }
    return { kind: 'given', text };
  };
}

type Reading =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'missing'; readonly holder: TreeObject; readonly key: string }
  | { readonly kind: 'elsewhere' };

function readFirst(alternatives: readonly FetchDataKeyRenamer[], place: Place, types: TypeIndex): Reading {
  for (const { path } of alternatives) {
    const ups = path.filter((element) => element === '..').length;
    const start = ups === 0 ? place.target : place.holders[place.holders.length - ups];
    const read = readPath(start, path.slice(ups), types);
    if (read.kind !== 'elsewhere') return read;
  }
  return { kind: 'elsewhere' };
}

function readPath(start: unknown, path: readonly string[], types: TypeIndex): Reading {
  const [element, ...rest] = path;
  if (element === undefined || start === null) return { kind: 'value', value: start };
  if (Array.isArray(start)) {
    const readings = start.map((each) => readPath(each, path, types));
    const odd = readings.find((reading) => reading.kind !== 'value');
    return (
      odd ?? { kind: 'value', value: readings.map((reading) => reading.kind === 'value' && reading.value) }
    );
  }
  if (!isTreeObject(start)) return { kind: 'elsewhere' };
  if (element.startsWith(FRAGMENT)) {
    const typename = start.__typename;
    const holds = typename === undefined || types.satisfies(typename, element.slice(FRAGMENT.length));
    return holds ? readPath(start, rest, types) : { kind: 'elsewhere' };
  }
  const value = start[element];
  return value === undefined
    ? { kind: 'missing', holder: start, key: element }
    : readPath(value, rest, types);
}
