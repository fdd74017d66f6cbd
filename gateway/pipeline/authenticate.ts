import type { Viewer } from './types.ts';

const local: Viewer = { kind: 'local', id: 'local', roles: [], scopes: [], tenant: 'default' };

/** Stage 1: who asks. Only loopback is served and nobody can sign in, so everybody is the viewer of this machine. */
export function authenticate(): Viewer {
  return local;
}
