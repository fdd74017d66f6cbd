import { type FieldNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { type SelectionCondition, selectionConditions } from './conditions.ts';
import type { TreePath } from './paths.ts';
import { isTreeObject, type TreeObject } from './tree.ts';
import type { SubgraphError, SubgraphFailureCode } from './types.ts';

/** What an error says; where it shows is found when the response is written. */
export interface Fault {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Why a place of the tree is null or missing. */
export interface Mark {
  readonly fault: Fault;
  /** The error's path from the marked holder on; empty where it is the marked field's own. */
  readonly path: TreePath;
}

/** Marks by the object or list that holds the place, and by key or index in it. */
export type ErrorMarks = Map<object, Map<string | number, Mark[]>>;

/**
 * Puts the marks of one failure on the tree. Called when the failure is seen and once more before the
 * response is written, since a parallel fetch may have filled in an object in between.
 */
export type Trouble = (marks: ErrorMarks) => void;

/** The keys that a fetch asks for, at every level, whatever their type conditions. */
export type FetchShape = ReadonlyMap<string, FetchShape>;

export function failureFault(subgraph: string, code: SubgraphFailureCode, message: string): Fault {
  return { message, extensions: { code, subgraph } };
}

/** A subgraph's error as clients may see it: its own words and code, without its internals. */
export function subgraphFault(subgraph: string, error: SubgraphError): Fault {
  const { stacktrace, exception, serviceName, ...kept } = error.extensions ?? {};
  return {
    message:
      typeof error.message === 'string' && error.message !== ''
        ? error.message
        : `Subgraph "${subgraph}" answered with an error that has no message.`,
    extensions: { ...kept, code: typeof kept.code === 'string' ? kept.code : 'SUBGRAPH_ERROR', subgraph },
  };
}

export function marksAt(
  marks: ErrorMarks | undefined,
  holder: object,
  key: string | number,
): readonly Mark[] | undefined {
  return marks?.get(holder)?.get(key);
}

function putMark(marks: ErrorMarks, holder: object, key: string | number, mark: Mark): void {
  let byKey = marks.get(holder);
  if (byKey === undefined) {
    byKey = new Map();
    marks.set(holder, byKey);
  }
  const present = byKey.get(key);
  if (present === undefined) byKey.set(key, [mark]);
  else if (!present.some((other) => other.fault === mark.fault)) present.push(mark);
}

/**
 * Marks every key of the shape that the value lacks. `path` is the fault's own path from the value on where
 * it has one, empty where each missing field shall carry the error itself.
 */
export function markMissing(
  marks: ErrorMarks,
  value: unknown,
  shape: FetchShape,
  fault: Fault,
  path: TreePath,
): void {
  if (Array.isArray(value)) {
    value.forEach((element, index) => {
      markMissing(marks, element, shape, fault, path[0] === index ? path.slice(1) : []);
    });
  } else if (isTreeObject(value)) {
    for (const [key, nested] of shape) {
      // A type name is marked though it is there: it may be that of an interface, which is not the whole answer.
      const present = value[key];
      if (present === undefined || key === '__typename') putMark(marks, value, key, { fault, path });
      else if (nested.size > 0) {
        markMissing(marks, value[key], nested, fault, path[0] === key ? path.slice(1) : []);
      }
    }
  }
}

/**
 * Marks what a subgraph's error explains in one target of its fetch. `nullDepth` says after how many elements
 * of the path the subgraph's own answer was null: 0 where the whole entity was.
 */
export function markError(
  marks: ErrorMarks,
  target: TreeObject,
  shape: FetchShape,
  fault: Fault,
  path: TreePath,
  nullDepth: number,
): void {
  let holder: unknown = target;
  let reached: FetchShape | undefined = shape;
  for (let depth = 0; depth < nullDepth; depth++) {
    if (holder === null || typeof holder !== 'object') return;
    const key = path[depth]!;
    const value: unknown = (holder as TreeObject)[key];
    if (value === null || value === undefined) {
      putMark(marks, holder, key, { fault, path: path.slice(depth) });
      return;
    }
    if (typeof key === 'string') reached = reached?.get(key);
    holder = value;
  }
  // The subgraph gave null here, and another one gave an object: only what it lacks is explained.
  if (reached) markMissing(marks, holder, reached, fault, path.slice(nullDepth));
}

/** After how many elements of the path an answer is null; `undefined` where it has a value at the path. */
export function nullDepthOf(answer: unknown, path: TreePath): number | undefined {
  let value = answer;
  for (let depth = 0; depth <= path.length; depth++) {
    if (value === null || value === undefined) return depth;
    if (typeof value !== 'object') return undefined;
    if (depth < path.length) value = (value as TreeObject)[path[depth]!];
  }
  return undefined;
}

/**
 * Reads the shape of a fetch from its operation text; for an entity fetch, that of one entity. `includes` tells
 * which conditional selections count; left out, all do.
 */
export function fetchShape(
  operationText: string,
  entities: boolean,
  includes: (condition: SelectionCondition) => boolean = () => true,
): FetchShape {
  const { definitions } = parse(operationText, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const add = (shape: Map<string, FetchShape>, selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      if (!selectionConditions(selection.directives).every(includes)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = responseName(selection);
        const nested = new Map(shape.get(key));
        if (selection.selectionSet) add(nested, selection.selectionSet);
        shape.set(key, nested);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        add(shape, selection.selectionSet);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment) add(shape, fragment.selectionSet);
      }
    }
  };
  const shape = new Map<string, FetchShape>();
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) add(shape, definition.selectionSet);
  }
  return (entities ? shape.get('_entities') : undefined) ?? shape;
}

/** The key of a field in a response. */
export function responseName(field: FieldNode): string {
  return field.alias?.value ?? field.name.value;
}
