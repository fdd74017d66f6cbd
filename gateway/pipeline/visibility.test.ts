import { describe, expect, it, test } from 'vitest';
import type { Viewer } from './types.ts';
import { viewerKey, visibilityKey } from './visibility.ts';

const viewer: Viewer = {
  kind: 'user',
  tenant: 'acme',
  id: 'ada',
  roles: ['rep', 'admin'],
  scopes: ['read', 'write'],
};

describe('the key by viewer', () => {
  test('is the same for the same rights, in whatever order they are listed', () => {
    const same = { ...viewer, roles: ['admin', 'rep'], scopes: ['write', 'read'] };
    expect(viewerKey(same)).toBe(viewerKey(viewer));
    expect(viewerKey(viewer)).toBe(viewerKey(viewer));
  });

  test.each<Partial<Viewer>>([
    { tenant: 'other' },
    { kind: 'machine' },
    { id: 'bert' },
    { roles: ['rep'] },
    { scopes: [] },
    { roles: ['rep', 'admin', 'read'], scopes: ['write'] },
    { roles: ['rep,admin'] },
  ])('is another with %o', (difference) => {
    expect(viewerKey({ ...viewer, ...difference })).not.toBe(viewerKey(viewer));
  });
});

describe('the key by rights', () => {
  it('is the same for whoever has the same outcome in the same tenant', () => {
    const other: Viewer = { ...viewer, id: 'bert', roles: [], scopes: [] };
    expect(visibilityKey(other, '["+a"]')).toBe(visibilityKey(viewer, '["+a"]'));
  });

  it('is another in another tenant, of another kind, and with another outcome', () => {
    const key = visibilityKey(viewer, '["+a"]');
    expect(visibilityKey({ ...viewer, kind: 'machine' }, '["+a"]')).not.toBe(key);
    expect(visibilityKey({ ...viewer, tenant: 'other' }, '["+a"]')).not.toBe(key);
    expect(visibilityKey(viewer, '["-a"]')).not.toBe(key);
    expect(visibilityKey({ ...viewer, tenant: 'acme" ["+a"]' }, '')).not.toBe(key);
  });
});
