import type { FetchShape } from './errors.ts';
import { copyJson } from './merge.ts';
import { isTreeObject, type TreeObject } from './tree.ts';

/** What one fetch of a plan puts where: the keys of its path, and below them its shape as the tree has it. */
export interface Writing {
  readonly path: readonly string[];
  readonly shape: () => FetchShape;
}

/**
 * The places of an answer that other fetches of the plan write into, by key: those that stand on the way to one have
 * places of their own, `whole` is a field of which all may change.
 */
export type WrittenPlaces = ReadonlyMap<string, WrittenPlaces | 'whole'>;

/** Everything that the fetches of one plan write. */
export interface Writings {
  /** Gives what the others write into this one's answers; not to be asked before all are added. */
  readonly add: (writing: Writing) => () => WrittenPlaces;
}

export function createWritings(): Writings {
  const writings: Writing[] = [];
  let writers: ReadonlyMap<string, ReadonlySet<Writing>> | undefined;
  return {
    add(writing) {
      writings.push(writing);
      let places: WrittenPlaces | undefined;
      return () => {
        writers ??= findWriters(writings);
        places ??= placesBelow(writing.path.map(placeOf).join(''), writing.shape(), writers);
        return places;
      };
    },
  };
}

/** No key of a tree holds a line feed. */
function placeOf(key: string): string {
  return `\n${key}`;
}

/** Who writes a place, or into the object there. Lists and types are passed over: what may be one place is one. */
function findWriters(writings: readonly Writing[]): ReadonlyMap<string, ReadonlySet<Writing>> {
  const writers = new Map<string, Set<Writing>>();
  const add = (place: string, writing: Writing): void => {
    const present = writers.get(place);
    if (present) present.add(writing);
    else writers.set(place, new Set([writing]));
  };
  const addBelow = (place: string, shape: FetchShape, writing: Writing): void => {
    for (const [key, nested] of shape) {
      add(place + placeOf(key), writing);
      addBelow(place + placeOf(key), nested, writing);
    }
  };
  for (const writing of writings) {
    const place = writing.path.map(placeOf).join('');
    add(place, writing);
    addBelow(place, writing.shape(), writing);
  }
  return writers;
}

function placesBelow(
  holder: string,
  shape: FetchShape,
  writers: ReadonlyMap<string, ReadonlySet<Writing>>,
): WrittenPlaces {
  const places = new Map<string, WrittenPlaces | 'whole'>();
  for (const [key, nested] of shape) {
    const place = holder + placeOf(key);
    // The name of a type is text, which nobody writes into.
    if (key === '__typename') continue;
    const below = placesBelow(place, nested, writers);
    const isWritten = (writers.get(place)?.size ?? 0) > 1;
    if (below.size > 0 || isWritten) places.set(key, nested.size === 0 ? 'whole' : below);
  }
  return places;
}

/** A copy of an answer that shares with it what nobody writes into. */
export function copyPlaces<T>(value: T, places: WrittenPlaces): T {
  if (Array.isArray(value)) return value.map((element) => copyPlaces(element, places)) as T;
  if (!isTreeObject(value)) return value;
  const copy: TreeObject = { ...value };
  for (const [key, below] of places) {
    const inner = copy[key];
    if (inner !== undefined) copy[key] = below === 'whole' ? copyJson(inner) : copyPlaces(inner, below);
  }
  return copy as T;
}
