import { type ErrorMarks, type Fault, marksAt } from './errors.ts';
import type { Output } from './output.ts';
import type { TreePath } from './paths.ts';
import type { ResponseError } from './types.ts';

/** What writing one response carries along. */
export interface WriteState {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly marks: ErrorMarks | undefined;
  readonly errors: ResponseError[];
  /** Client names and indexes from the root to what is being written; only the first `depth` are in use. */
  readonly path: (string | number)[];
  readonly clientKey: (key: string) => string;
  /** Made at the first error that a mark gave: one error may be met at several nulls beneath it. */
  emitted: Set<string> | undefined;
  readonly output: Output;
}

/**
 * Reports why a place is null or missing: the errors marked there, or that a non-null place is null. Without
 * either nothing is reported.
 *
 * `isSelected` tells whether the client asked the holder for a key: an error's own path is kept only then.
 */
export function reportNull(
  state: WriteState,
  depth: number,
  holder: object,
  key: string | number,
  isSelected: (key: string) => boolean,
  nonNullLabel: string | undefined,
): void {
  const marks = marksAt(state.marks, holder, key);
  if (marks !== undefined) {
    const place = state.path.slice(0, depth);
    for (const { fault, path } of marks) {
      const [first, ...below] = path;
      // The key may be that of several aliases, and the place has the name of the one that is written.
      if (first === key) report(state, fault, [...place, ...clientPath(state, below)]);
      else if (typeof first !== 'string' || !isSelected(first)) report(state, fault, place);
      else report(state, fault, [...place.slice(0, -1), ...clientPath(state, path)]);
    }
  } else if (nonNullLabel !== undefined) {
    reportHere(
      state,
      depth,
      'NULL_IN_NON_NULL_FIELD',
      `Cannot return null for non-nullable field ${nonNullLabel}.`,
    );
  }
}

/** Reports an error of the value that is being written, which is therefore not. */
export function reportHere(state: WriteState, depth: number, code: string, message: string): false {
  state.errors.push({ message, path: state.path.slice(0, depth), extensions: { code } });
  return false;
}

/** Reports an error that came from a subgraph, once for each place. */
export function report(state: WriteState, fault: Fault, path: TreePath): void {
  state.emitted ??= new Set();
  const identity = JSON.stringify([path, fault.message]);
  if (state.emitted.has(identity)) return;
  state.emitted.add(identity);
  state.errors.push({ message: fault.message, path, extensions: fault.extensions });
}

/** A path of the tree in the client's names. */
export function clientPath(state: WriteState, path: TreePath): TreePath {
  return path.map((element) => (typeof element === 'string' ? state.clientKey(element) : element));
}
