import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Access } from '#gateway/rights/access.ts';
import { hash } from '../oracle/hash.ts';
import type { Rule } from './requirements.ts';

const scopes = ['s0', 's1', 's2'];
const roles = ['r0', 'r1', 'r2'];

/** Some of a list, by a seed. */
function some(names: readonly string[], seed: string): string[] {
  return names.filter((name) => hash(`${seed} ${name}`) % 2 === 0);
}

export function randomAccess(seed: number): Access {
  return {
    roles: {
      ...Object.fromEntries(roles.map((role) => [role, some(scopes, `${seed} ${role}`).slice(0, 1)])),
      admin: hash(`${seed} admin`) % 3 === 0 ? 'all' : some(scopes, `${seed} admin`),
    },
    policies: {
      p0: { anyRole: some([...roles, 'admin'], `${seed} p0`) },
      p1: { allRoles: some(roles, `${seed} p1`).slice(0, 2) },
      // p2 has no rule.
    },
  };
}

export function randomViewer(seed: number): Viewer {
  const kind = (['anonymous', 'user', 'user', 'machine', 'local'] as const)[hash(`${seed} kind`) % 5]!;
  return {
    kind,
    id: `viewer ${seed}`,
    roles: some(roles, `${seed} roles`),
    scopes: some(scopes, `${seed} scopes`),
    tenant: `tenant ${hash(`${seed} tenant`) % 2}`,
  };
}

/** Whether a viewer meets a rule, told from the definitions alone. */
export function meets(rule: Rule, viewer: Viewer, access: Access): boolean {
  if (viewer.kind === 'anonymous') return false;
  if (rule.kind === 'authenticated') return true;
  const held = [...viewer.roles, ...(viewer.kind === 'local' ? ['admin'] : [])];
  if (rule.kind === 'scopes') {
    return rule.anyOf.some((all) =>
      all.every(
        (scope) =>
          viewer.scopes.includes(scope) ||
          held.some((role) => access.roles[role] === 'all' || access.roles[role]?.includes(scope)),
      ),
    );
  }
  return rule.anyOf.some((all) =>
    all.every((name) => {
      const policy = access.policies[name];
      if (policy === undefined) return false;
      const any = policy.anyRole === undefined || policy.anyRole.some((role) => held.includes(role));
      return any && (policy.allRoles ?? []).every((role) => held.includes(role));
    }),
  );
}
