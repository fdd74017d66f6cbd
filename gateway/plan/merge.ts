import { isTreeObject, type TreeObject } from './tree.ts';

/**
 * Merges what a fetch answered into an object of the tree, in place. A key that is new is taken as it is, so
 * the source's objects become part of the tree; where both have a value, objects merge, lists merge by index,
 * a value beats null, and a later scalar beats an earlier one.
 *
 * `isObjectType` tells whether a type name is that of an object type: the name of an interface, which a
 * subgraph with `@interfaceObject` gives as `__typename`, never replaces one.
 */
export function mergeInto(
  target: TreeObject,
  source: TreeObject,
  isObjectType: (name: string) => boolean,
): void {
  for (const key in source) {
    const incoming = source[key];
    // JSON can hold `__proto__` as a key; assigning it would set the prototype.
    if (incoming === undefined || key === '__proto__') continue;
    const existing = target[key];
    if (existing === undefined || existing === null) {
      target[key] = incoming;
    } else if (incoming !== null && incoming !== existing) {
      target[key] =
        key === '__typename'
          ? truerTypename(existing, incoming, isObjectType)
          : merged(existing, incoming, isObjectType);
    }
  }
}

function merged(existing: unknown, incoming: unknown, isObjectType: (name: string) => boolean): unknown {
  if (isTreeObject(existing) && isTreeObject(incoming)) {
    mergeInto(existing, incoming, isObjectType);
    return existing;
  }
  if (Array.isArray(existing) && Array.isArray(incoming)) {
    for (let i = 0; i < existing.length && i < incoming.length; i++) {
      if (existing[i] === null) existing[i] = incoming[i];
      else if (incoming[i] !== null) existing[i] = merged(existing[i], incoming[i], isObjectType);
    }
    return existing;
  }
  return incoming;
}

function truerTypename(
  existing: unknown,
  incoming: unknown,
  isObjectType: (name: string) => boolean,
): unknown {
  return typeof existing === 'string' && isObjectType(existing) ? existing : incoming;
}

/** A deep copy of a JSON value. */
export function copyJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyJson) as T;
  if (!isTreeObject(value)) return value;
  const copy: TreeObject = {};
  for (const key in value) {
    if (key !== '__proto__') copy[key] = copyJson(value[key]);
  }
  return copy as T;
}
