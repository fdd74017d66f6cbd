import { describe, expect, test } from 'vitest';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { ClaimRefused, claimsOf, viewerOf } from './claims.ts';
import { type ClaimPaths, defaultClaims } from './settings.ts';

const named = { sub: 'ada', tenant: 'acme' };
const read = (claims: Record<string, unknown>, paths: Partial<ClaimPaths> = {}, tenant?: string) =>
  viewerOf(claims, { ...defaultClaims, ...paths }, tenant);

describe('a viewer from claims', () => {
  test('has what stands at the default places', () => {
    expect(read({ ...named, roles: ['rep', 'admin', 'rep'], scope: 'crm:read  crm:write' })).toEqual({
      kind: 'user',
      id: 'ada',
      roles: ['rep', 'admin'],
      scopes: ['crm:read', 'crm:write'],
      tenant: 'acme',
    });
    expect(read(named)).toMatchObject({ roles: [], scopes: [] });
  });

  test('has what stands at configured places, within others and under names with dots', () => {
    const paths: ClaimPaths = {
      id: 'user.id',
      roles: ['https://acme.example/claims', 'roles'],
      scopes: 'scp',
      tenant: ['org.id'],
      machine: { claim: 'client_id' },
    };
    const claims = {
      sub: 'not this',
      user: { id: 'bert' },
      'https://acme.example/claims': { roles: ['Sales Rep'] },
      scp: ['a', 'b'],
      'org.id': 'globex',
    };
    const viewer = read(claims, paths);
    expect(viewer).toEqual({
      kind: 'user',
      id: 'bert',
      roles: ['Sales Rep'],
      scopes: ['a', 'b'],
      tenant: 'globex',
    });
    expect(read({ ...claims, client_id: 'sync' }, paths).kind).toBe('machine');
  });

  test.each([
    [{ kind: 'machine' }, 'machine'],
    [{ kind: 'user' }, 'user'],
    [{ kind: 'admin' }, 'user'],
    [{}, 'user'],
  ])('of %j is a %s', (claims, kind) => {
    expect(read({ ...named, ...claims }).kind).toBe(kind);
  });

  test('without a tenant is refused, unless there is one by configuration', () => {
    expect(() => read({ sub: 'ada' })).toThrow('claim tenant is missing');
    expect(read({ sub: 'ada' }, {}, 'default').tenant).toBe('default');
    expect(read(named, {}, 'default').tenant).toBe('acme');
  });

  test.each<[Record<string, unknown>, string, boolean]>([
    [{ tenant: 'acme' }, 'claim sub is missing', true],
    [{ ...named, sub: 7 }, 'claim sub', false],
    [{ ...named, sub: '' }, 'claim sub', false],
    [{ ...named, tenant: ['acme'] }, 'claim tenant', false],
    [{ ...named, tenant: 'x'.repeat(257) }, 'claim tenant', false],
    [{ ...named, roles: { admin: true } }, 'claim roles', false],
    [{ ...named, roles: [['admin']] }, 'claim roles', false],
    [{ ...named, roles: Array.from({ length: 257 }, (_, n) => `r${n}`) }, 'claim roles', false],
    [{ ...named, scope: ['a b'] }, 'claim scope', false],
    [{ ...named, scope: 12 }, 'claim scope', false],
  ])('of %j is refused', (claims, message, isMissing) => {
    const reading = () => read(claims);
    expect(reading).toThrow(ClaimRefused);
    expect(reading).toThrow(message);
    expect(reading).toThrow(expect.objectContaining({ isMissing }));
  });

  test('nothing is inherited', () => {
    expect(() => read({ sub: 'ada' }, { tenant: 'constructor.name' })).toThrow('is missing');
  });
});

test.each<Viewer>([
  { kind: 'user', id: 'ada', roles: ['rep'], scopes: ['a', 'b'], tenant: 'acme' },
  { kind: 'machine', id: 'sync', roles: [], scopes: [], tenant: 'acme' },
])('claims of $kind are read as the same viewer, wherever they stand', (viewer) => {
  const elsewhere: ClaimPaths = {
    id: 'who.id',
    roles: 'realm.roles',
    scopes: 'scp',
    tenant: ['org.id'],
    machine: { claim: 'who.client' },
  };
  for (const paths of [defaultClaims, elsewhere]) {
    expect(viewerOf(claimsOf(viewer, paths), paths, undefined)).toEqual(viewer);
  }
});
