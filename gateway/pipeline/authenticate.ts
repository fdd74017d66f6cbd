import type { Viewer } from './types.ts';

const anonymous: Viewer = { id: 'anonymous', roles: [], scopes: [], tenant: 'default' };

/** Stage 1: who asks. Only loopback is served and nobody can sign in, so everybody is the anonymous viewer. */
export function authenticate(): Viewer {
  return anonymous;
}
