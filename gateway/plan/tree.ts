import type { ErrorMarks, Fault, Trouble } from './errors.ts';
import type { EntityGroup } from './fetch-node.ts';
import type { HeldFetch } from './joined-fetches.ts';
import type { TreePath } from './paths.ts';
import type { ExecutionContext } from './types.ts';

/**
 * The merged answers of all fetches of one execution: plain objects, lists and scalars as `JSON.parse` made
 * them, under the keys that the plan's fetches used.
 */
export type TreeObject = { [key: string]: unknown };

/** One execution of a compiled plan, while it runs. */
export interface Run {
  readonly context: ExecutionContext;
  readonly root: TreeObject;
  /** What went wrong, in the order it was seen; empty on most requests. */
  readonly troubles: Trouble[];
  /** Made at the first trouble: which missing or null places of the tree an error explains. */
  marks: ErrorMarks | undefined;
  /** Errors that explain no null, with their place in the tree. */
  readonly loose: { readonly fault: Fault; readonly path: TreePath }[];
  /** What may be joined, while the heads of parallel steps start; undefined at any other time. */
  held: HeldFetch[] | undefined;
  /**
   * Objects collected from the tree since it last changed, by path and key fields: parallel fetches often ask
   * several subgraphs for the same objects.
   */
  readonly collected: Map<string, readonly EntityGroup[]>;
}

/** A step of a compiled plan; `undefined` where there was nothing to wait for. */
export type Step = (run: Run) => Promise<void> | undefined;

export function startRun(context: ExecutionContext): Run {
  return {
    context,
    root: {},
    troubles: [],
    marks: undefined,
    loose: [],
    held: undefined,
    collected: new Map(),
  };
}

/** Puts the marks of a failure on the tree now, and keeps it for `settleTroubles`. */
export function addTrouble(run: Run, trouble: Trouble): void {
  run.marks ??= new Map();
  run.troubles.push(trouble);
  trouble(run.marks);
}

/** Puts all marks on the finished tree: parallel fetches may have added objects after a failure was seen. */
export function settleTroubles(run: Run): void {
  const { marks } = run;
  if (marks) for (const trouble of run.troubles) trouble(marks);
}

export function isTreeObject(value: unknown): value is TreeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
