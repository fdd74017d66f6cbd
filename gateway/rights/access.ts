import type { Viewer } from '#gateway/pipeline/types.ts';

/** What a role gives: scopes by name, or every scope there is. */
export type RoleScopes = readonly string[] | 'all';

/** Which viewers a policy holds for: those with one of `anyRole` and with each of `allRoles`, where they are given. */
export interface PolicyRule {
  readonly anyRole?: readonly string[] | undefined;
  readonly allRoles?: readonly string[] | undefined;
}

/** Who may what, beyond the scopes that a token carries. */
export interface Access {
  readonly roles: Readonly<Record<string, RoleScopes>>;
  readonly policies: Readonly<Record<string, PolicyRule>>;
}

/** What the gateway asks of whoever reads its metrics. */
export const metricsScope = 'metrics:read';

/** The role of whoever uses this machine. */
export const localRole = 'admin';

/** Without an access file only whoever uses this machine has more than the scopes of their token. */
export const defaultAccess: Access = { roles: { [localRole]: 'all' }, policies: {} };

/** What one viewer has. A scope or policy that nobody knows is held by nobody, `all` aside. */
export interface Holdings {
  readonly isAuthenticated: boolean;
  readonly hasScope: (scope: string) => boolean;
  readonly meetsPolicy: (policy: string) => boolean;
}

/** A viewer's scopes are those of the token and of every role; nobody anonymous has any. */
export function holdingsOf(viewer: Viewer, access: Access): Holdings {
  if (viewer.kind === 'anonymous') {
    return { isAuthenticated: false, hasScope: () => false, meetsPolicy: () => false };
  }
  const roles = new Set(viewer.kind === 'local' ? [...viewer.roles, localRole] : viewer.roles);
  const given = [...roles].map((role) => (Object.hasOwn(access.roles, role) ? access.roles[role] : []));
  const hasAll = given.includes('all');
  const scopes = new Set([
    ...viewer.scopes,
    ...given.flatMap((each) => (each === 'all' ? [] : (each ?? []))),
  ]);
  return {
    isAuthenticated: true,
    hasScope: (scope) => hasAll || scopes.has(scope),
    meetsPolicy: (policy) => {
      const rule = Object.hasOwn(access.policies, policy) ? access.policies[policy] : undefined;
      const { anyRole, allRoles = [] } = rule ?? { anyRole: [] };
      return (
        (anyRole === undefined || anyRole.some((role) => roles.has(role))) &&
        allRoles.every((role) => roles.has(role))
      );
    },
  };
}
