import type { Viewer } from './types.ts';

const keys = new WeakMap<Viewer, string>();

/**
 * Equal for two viewers of one kind and tenant whose rights come to the same for everything that their operations require:
 * what a subgraph shows to one it may show to the other, where it leaves rights to the gateway. Part of the key of
 * whatever is shared between requests.
 * @param outcome of the viewer's permit for the operation
 */
export function visibilityKey(viewer: Viewer, outcome: string): string {
  return `${viewer.kind} ${JSON.stringify(viewer.tenant)} ${outcome}`;
}

/**
 * Equal for two viewers only if a subgraph is told the same of both, but for who they are: tenant, kind, roles and
 * scopes. What lasts, as a connection does, is shared under it: who shares it may change, and nobody may be shown
 * what somebody else's rights have opened.
 */
export function rightsKey({ tenant, kind, roles, scopes }: Viewer): string {
  return JSON.stringify([tenant, kind, roles.toSorted(), scopes.toSorted()]);
}

/**
 * Equal for two viewers only if they are the same in whatever a subgraph may look at: tenant, kind, id, roles and
 * scopes, in whatever order those are listed.
 */
export function viewerKey(viewer: Viewer): string {
  let key = keys.get(viewer);
  if (key === undefined) {
    const { tenant, kind, id, roles, scopes } = viewer;
    key = JSON.stringify([tenant, kind, id, roles.toSorted(), scopes.toSorted()]);
    keys.set(viewer, key);
  }
  return key;
}
