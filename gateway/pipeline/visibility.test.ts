import { expect, test } from 'vitest';
import type { Viewer } from './types.ts';
import { visibilityKey } from './visibility.ts';

const viewer: Viewer = {
  kind: 'user',
  tenant: 'acme',
  id: 'ada',
  roles: ['rep', 'admin'],
  scopes: ['read', 'write'],
};

test('the same for the same rights, in whatever order they are listed', () => {
  const same = { ...viewer, roles: ['admin', 'rep'], scopes: ['write', 'read'] };
  expect(visibilityKey(same)).toBe(visibilityKey(viewer));
  expect(visibilityKey(viewer)).toBe(visibilityKey(viewer));
});

test.each<Partial<Viewer>>([
  { tenant: 'other' },
  { id: 'bert' },
  { roles: ['rep'] },
  { scopes: [] },
  { roles: ['rep', 'admin', 'read'], scopes: ['write'] },
  { roles: ['rep,admin'] },
])('another with %o', (difference) => {
  expect(visibilityKey({ ...viewer, ...difference })).not.toBe(visibilityKey(viewer));
});
