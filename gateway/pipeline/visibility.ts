import type { Viewer } from './types.ts';

const keys = new WeakMap<Viewer, string>();

/**
 * Equal for two viewers if subgraphs must show both the same: tenant, id, roles and scopes, in whatever order those
 * are listed. Part of the key of whatever is shared between requests.
 */
export function visibilityKey(viewer: Viewer): string {
  let key = keys.get(viewer);
  if (key === undefined) {
    const { tenant, id, roles, scopes } = viewer;
    key = JSON.stringify([tenant, id, roles.toSorted(), scopes.toSorted()]);
    keys.set(viewer, key);
  }
  return key;
}
