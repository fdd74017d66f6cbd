import { sign } from 'node:crypto';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The header of every fetch that says on whose behalf it is made. "Who asks" in subgraphs/README.md has its claims. */
export const viewerHeader = 'x-tributary-viewer';

/** A viewer as subgraphs see it: without id where it is anonymous, or several share a fetch. */
export interface TokenViewer extends Omit<Viewer, 'id'> {
  readonly id: string | null;
}

/** Signs a viewer for one subgraph and one request, as a JSON Web Token. */
export type SignViewer = (viewer: TokenViewer, subgraph: string, requestId: string) => string;

export const internalIssuer = 'urn:tributary:gateway';
const lifetimeSeconds = 60;

/**
 * Signs with whichever key is the newest. By `node:crypto` at once: a promise and jose's checks of what we wrote
 * ourselves would more than double what a signature costs.
 */
export function viewerSigner(keys: SigningKeys, now: () => number = Date.now): SignViewer {
  return (viewer, subgraph, requestId) => {
    const { header, privateKey } = keys.current();
    const { kind, tenant, roles, scopes, id } = viewer;
    const issuedAt = Math.floor(now() / 1_000);
    const claims = {
      iss: internalIssuer,
      aud: subgraph,
      sub: kind === 'anonymous' || id === null ? undefined : id,
      kind,
      tenant,
      roles,
      scope: scopes.join(' '),
      jti: requestId,
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
    };
    const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
  };
}
