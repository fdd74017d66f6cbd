import { describe, expect, it } from 'vitest';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { type Access, defaultAccess, holdingsOf } from './access.ts';
import { parseAccess } from './access-file.ts';

const viewer: Viewer = { kind: 'user', id: 'ada', roles: [], scopes: [], tenant: 'acme' };
const access: Access = {
  roles: { rep: ['contact:read'], analyst: ['finance:read'], admin: 'all' },
  policies: {
    either: { anyRole: ['rep', 'analyst'] },
    both: { allRoles: ['rep', 'analyst'] },
    mixed: { anyRole: ['rep', 'admin'], allRoles: ['analyst'] },
  },
};

describe('what a viewer has', () => {
  it('are the scopes of the token and of every role', () => {
    const { hasScope } = holdingsOf({ ...viewer, roles: ['rep', 'analyst'], scopes: ['own'] }, access);
    expect(['own', 'contact:read', 'finance:read', 'other'].map(hasScope)).toEqual([true, true, true, false]);
  });

  it('is every scope for whoever uses this machine, with an access file or without', () => {
    const local: Viewer = { ...viewer, kind: 'local' };
    expect(holdingsOf(local, access).hasScope('anything')).toBe(true);
    expect(holdingsOf(local, defaultAccess).hasScope('anything')).toBe(true);
    expect(holdingsOf(local, { roles: { admin: ['few'] }, policies: {} }).hasScope('anything')).toBe(false);
  });

  it('is nothing for anybody anonymous, whatever they claim', () => {
    const claimed: Viewer = { ...viewer, kind: 'anonymous', roles: ['admin'], scopes: ['own'] };
    const { isAuthenticated, hasScope, meetsPolicy } = holdingsOf(claimed, access);
    expect([isAuthenticated, hasScope('own'), meetsPolicy('either')]).toEqual([false, false, false]);
  });

  it('is nothing by a role that nobody declared, even one that every object answers to', () => {
    const { hasScope, meetsPolicy } = holdingsOf({ ...viewer, roles: ['constructor'] }, access);
    expect([hasScope('contact:read'), meetsPolicy('constructor'), meetsPolicy('either')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each<[readonly string[], Record<string, boolean>]>([
    [['rep'], { either: true, both: false, mixed: false, none: false }],
    [['rep', 'analyst'], { either: true, both: true, mixed: true, none: false }],
    [['analyst', 'admin'], { either: true, both: false, mixed: true, none: false }],
  ])('meets policies by the roles %j', (roles, expected) => {
    const { meetsPolicy } = holdingsOf({ ...viewer, roles }, access);
    const met = Object.keys(expected).map((policy) => [policy, meetsPolicy(policy)]);
    expect(Object.fromEntries(met)).toEqual(expected);
  });
});

describe('an access file', () => {
  it('is read', () => {
    const text =
      'roles: { rep: [contact:read], admin: all }\npolicies: { export: { anyRole: [rep], allRoles: [admin] } }';
    expect(parseAccess('access.yaml', text)).toEqual({
      roles: { rep: ['contact:read'], admin: 'all' },
      policies: { export: { anyRole: ['rep'], allRoles: ['admin'] } },
    });
    expect(parseAccess('access.yaml', 'roles: {}')).toEqual({ roles: {}, policies: {} });
  });

  it.each([
    ['roles: [', /access\.yaml is no YAML/],
    ['', /access\.yaml is no access file/],
    ['roles: { rep: everything }', /roles\.rep/],
    ['roles: { rep: [""] }', /roles\.rep/],
    ['roles: {}\npolicy: {}', /policy/],
    ['roles: { a: [] }\npolicies: { p: {} }', /policies\.p: needs anyRole or allRoles/],
    ['roles: { a: [] }\npolicies: { p: { anyRole: [] } }', /policies\.p/],
    [
      'roles: { a: [] }\npolicies: { p: { anyRole: [b] } }',
      /policies\.p names the role "b"\. The roles are a\./,
    ],
  ])('is refused: %s', (text, why) => {
    expect(() => parseAccess('access.yaml', text)).toThrow(why);
  });
});
