import type { FetchDataRewrite } from '@apollo/query-planner';
import type { FetchShape } from './errors.ts';
import { isTreeObject, type TreeObject } from './tree.ts';
import type { TypeIndex } from './type-index.ts';

const FRAGMENT = '... on ';

/** Applies a plan's rewrites to a value, in place. */
export function applyRewrites(rewrites: readonly FetchDataRewrite[], value: unknown, types: TypeIndex): void {
  // The planner lists an outer alias before those inside it and names inner paths by the outer alias, so the
  // inner ones have to be done while the outer alias still stands.
  for (let i = rewrites.length - 1; i >= 0; i--) applyAt(value, rewrites[i]!, 0, types);
}

function applyAt(value: unknown, rewrite: FetchDataRewrite, depth: number, types: TypeIndex): void {
  if (Array.isArray(value)) {
    for (const element of value) applyAt(element, rewrite, depth, types);
    return;
  }
  const element = rewrite.path[depth];
  if (!isTreeObject(value) || element === undefined) return;
  if (element.startsWith(FRAGMENT)) {
    const typename = value.__typename;
    // An object without a type name is of the only type its place can have.
    if (typename === undefined || types.satisfies(typename, element.slice(FRAGMENT.length))) {
      applyAt(value, rewrite, depth + 1, types);
    }
  } else if (depth < rewrite.path.length - 1) {
    applyAt(value[element], rewrite, depth + 1, types);
  } else {
    applyHere(value, element, rewrite);
  }
}

function applyHere(holder: TreeObject, key: string, rewrite: FetchDataRewrite): void {
  if (rewrite.kind === 'ValueSetter') {
    holder[key] = rewrite.setValueTo;
  } else if (holder[key] !== undefined) {
    holder[rewrite.renameKeyTo] = holder[key];
    // Not deleted: that would turn the object into a slow dictionary. Merging passes over undefined.
    holder[key] = undefined;
  }
}

/**
 * Maps a path of a subgraph's answer to the keys that stand after its output rewrites. Type conditions are
 * ignored: the planner's aliases are unique within their selection set.
 */
export function pathAfterRewrites(
  rewrites: readonly FetchDataRewrite[],
  path: readonly (string | number)[],
): (string | number)[] {
  const mapped = [...path];
  for (const rewrite of rewrites) {
    if (rewrite.kind !== 'KeyRenamer') continue;
    const keys = rewrite.path.filter((element) => !element.startsWith(FRAGMENT));
    let matched = 0;
    for (let i = 0; i < path.length && matched < keys.length; i++) {
      if (typeof path[i] === 'number') continue;
      if (path[i] !== keys[matched]) break;
      matched++;
      if (matched === keys.length) mapped[i] = rewrite.renameKeyTo;
    }
  }
  return mapped;
}

/** Maps the keys of a fetch's shape to those that stand after its output rewrites. */
export function shapeAfterRewrites(
  shape: FetchShape,
  rewrites: readonly FetchDataRewrite[],
  path: readonly string[] = [],
): FetchShape {
  if (rewrites.length === 0) return shape;
  const renamed = new Map<string, FetchShape>();
  for (const [key, nested] of shape) {
    const keyPath = [...path, key];
    const name = String(pathAfterRewrites(rewrites, keyPath).at(-1));
    const below = shapeAfterRewrites(nested, rewrites, keyPath);
    renamed.set(name, new Map([...(renamed.get(name) ?? []), ...below]));
  }
  return renamed;
}
