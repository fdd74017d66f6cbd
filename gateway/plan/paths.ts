import { isTreeObject, type TreeObject } from './tree.ts';

/** Where in the tree something is, with list indexes: `["accounts", 3, "owner"]`. */
export type TreePath = readonly (string | number)[];

type PathStep =
  | { readonly kind: 'field'; readonly key: string; readonly types: ReadonlySet<string> | undefined }
  | { readonly kind: 'each'; readonly types: ReadonlySet<string> | undefined }
  | { readonly kind: 'only'; readonly types: ReadonlySet<string> };

/** One object at the end of a path. */
export interface Place {
  readonly target: TreeObject;
  readonly path: TreePath;
  /** The objects that each field of the path was read from, outermost first; the target is not among them. */
  readonly holders: readonly TreeObject[];
}

export interface CompiledPath {
  /** The same for the same path. */
  readonly text: string;
  /** The objects at the end of the path, in document order; what is null or missing on the way is left out. */
  readonly collect: (root: TreeObject) => TreeObject[];
  /** The same objects in the same order, each with its place. Slower: for errors and context arguments. */
  readonly locate: (root: TreeObject) => Place[];
  /** The path up to its first list: the nearest place that is one place only. */
  readonly stem: TreePath;
  /** The keys of all its fields. */
  readonly keys: readonly string[];
}

const ELEMENT = /^(.*?)(?:\|\[(.*)\])?$/s;

/**
 * Compiles a Flatten path of a query plan: field keys, `@` for each element of a list, each of them with an
 * optional type condition on what it reached (`product|[Book,Film]`, `@|[Book]`, `|[Book]`).
 */
export function compilePath(path: readonly (string | number)[]): CompiledPath {
  const steps = path.flatMap(parseElement);
  const firstList = steps.findIndex((step) => step.kind === 'each');
  return {
    text: JSON.stringify(path),
    stem: keysOf(firstList < 0 ? steps : steps.slice(0, firstList)),
    keys: keysOf(steps),
    collect(root) {
      const found: TreeObject[] = [];
      collect(root, steps, 0, found);
      return found;
    },
    locate(root) {
      const found: Place[] = [];
      locate(root, steps, 0, { path: [], holders: [] }, found);
      return found;
    },
  };
}

function keysOf(steps: readonly PathStep[]): string[] {
  return steps.flatMap((step) => (step.kind === 'field' ? [step.key] : []));
}

function parseElement(element: string | number): PathStep[] {
  const [, key = '', condition] = ELEMENT.exec(String(element)) ?? [];
  const types =
    condition === undefined ? undefined : new Set(condition.split(',').map((name) => name.trim()));
  if (key === '@') return [{ kind: 'each', types }];
  if (key !== '') return [{ kind: 'field', key, types }];
  return types ? [{ kind: 'only', types }] : [];
}

function collect(start: unknown, steps: readonly PathStep[], from: number, found: TreeObject[]): void {
  let value = start;
  for (let i = from; i < steps.length; i++) {
    if (value === null || typeof value !== 'object') return;
    const step = steps[i]!;
    if (step.kind === 'each') {
      if (!Array.isArray(value)) return;
      for (const element of value) {
        if (isOneOf(element, step.types)) collect(element, steps, i + 1, found);
      }
      return;
    }
    if (step.kind === 'field') value = (value as TreeObject)[step.key];
    if (!isOneOf(value, step.types)) return;
  }
  if (isTreeObject(value)) found.push(value);
}

function locate(
  value: unknown,
  steps: readonly PathStep[],
  index: number,
  sofar: Pick<Place, 'path' | 'holders'>,
  found: Place[],
): void {
  if (value === null || typeof value !== 'object') return;
  const step = steps[index];
  if (step === undefined) {
    if (isTreeObject(value)) found.push({ target: value, ...sofar });
  } else if (step.kind === 'each') {
    if (!Array.isArray(value)) return;
    value.forEach((element, at) => {
      if (!isOneOf(element, step.types)) return;
      locate(element, steps, index + 1, { path: [...sofar.path, at], holders: sofar.holders }, found);
    });
  } else if (step.kind === 'field') {
    const holder = value as TreeObject;
    const next = holder[step.key];
    if (!isOneOf(next, step.types)) return;
    const path = [...sofar.path, step.key];
    locate(next, steps, index + 1, { path, holders: [...sofar.holders, holder] }, found);
  } else if (isOneOf(value, step.types)) {
    locate(value, steps, index + 1, sofar, found);
  }
}

/** An object whose type nobody asked for passes: the planner asks for it wherever it may matter. */
function isOneOf(value: unknown, types: ReadonlySet<string> | undefined): boolean {
  if (types === undefined || !isTreeObject(value)) return true;
  const typename = value.__typename;
  return typeof typename !== 'string' || types.has(typename);
}
