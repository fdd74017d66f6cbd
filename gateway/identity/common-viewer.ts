import type { TokenViewer } from './internal-token.ts';

/**
 * What all viewers have: no subgraph sees more rights in a fetch that they share than each of them has. The id is null
 * unless it is the same. Undefined where kind or tenant differ, so that nothing can be asked on behalf of all.
 */
export function commonViewer(viewers: readonly TokenViewer[]): TokenViewer | undefined {
  const [first, ...others] = new Set(viewers);
  if (first === undefined) {
    return undefined;
  }
  if (others.some(({ kind, tenant }) => kind !== first.kind || tenant !== first.tenant)) {
    return undefined;
  }
  return {
    kind: first.kind,
    tenant: first.tenant,
    id: others.every(({ id }) => id === first.id) ? first.id : null,
    roles: first.roles.filter((role) => others.every(({ roles }) => roles.includes(role))),
    scopes: first.scopes.filter((scope) => others.every(({ scopes }) => scopes.includes(scope))),
  };
}
