import type { FetchNode } from '@apollo/query-planner';

/** A value of the tree: a key of the objects at a path of field keys, without lists. */
export interface TreeKey {
  readonly path: readonly string[];
  readonly key: string;
}

/**
 * Where a fetch at a path of field keys reads each of its context arguments, by the name of the variable that gets
 * the value: one place, or one for each type that may set the context.
 */
export function contextInputs(
  fetch: FetchNode,
  path: readonly string[],
): ReadonlyMap<string, readonly TreeKey[]> {
  const inputs = new Map<string, TreeKey[]>();
  for (const { path: way, renameKeyTo: variable } of fetch.contextRewrites ?? []) {
    const ups = way.filter((element) => element === '..').length;
    const keys = way.filter((element) => element !== '..' && !element.startsWith('... on '));
    const whole = [...path.slice(0, path.length - ups), ...keys];
    const input = { path: whole.slice(0, -1), key: whole.at(-1) ?? '' };
    inputs.set(variable, [...(inputs.get(variable) ?? []), input]);
  }
  return inputs;
}

/** Whether some fetch of a plan has context arguments. */
export function usesContext(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(usesContext);
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([key, value]) =>
    key === 'contextRewrites' ? Array.isArray(value) && value.length > 0 : usesContext(value),
  );
}
