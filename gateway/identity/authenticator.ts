import { LRUCache } from 'lru-cache';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import { Unauthenticated } from '#gateway/pipeline/identity-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Authentication } from './settings.ts';
import { type TokenVerifier, tokenVerifier, type VerifiedToken } from './verify-token.ts';

/**
 * Who sent this `authorization` header. A token that is kept is answered at once, any other is verified first.
 * Throws or rejects with a GatewayError where nobody can be made of it.
 *
 * @param isAgain true has a token verified that is kept, for whoever goes on for long with the same one
 */
export type Authenticate = (authorization: string | undefined, isAgain?: boolean) => Viewer | Promise<Viewer>;

export interface Authenticator {
  readonly authenticate: Authenticate;
  readonly close: () => Promise<void>;
}

/** Whoever uses this machine: on a laptop nothing is hidden from its owner. */
export const localViewer: Viewer = {
  kind: 'local',
  id: 'local',
  roles: ['admin'],
  scopes: [],
  tenant: 'default',
};

/** Where nothing is configured. The header is a matter of others then. */
export const everybodyIsLocal: Authenticator = {
  authenticate: () => localViewer,
  close: async () => {},
};

/** How long a token is believed before it is verified again, so that a key that was taken back is soon noticed. */
const longestKeptMs = 60_000;
const longestToken = 8_192;
const bearer = /^Bearer +([\w~+/.-]+=*) *$/i;

/** Milliseconds, of the wall clock and of the cache's own. Tests give their own. */
export interface Clocks {
  readonly wall: () => number;
  readonly cache: { readonly now: () => number };
}
const ownClocks: Clocks = { wall: Date.now, cache: performance };

/**
 * Authenticates by bearer tokens.
 * @param withoutToken the viewer of requests without a token; undefined refuses them.
 */
export function openAuthenticator(
  authentication: Authentication,
  withoutToken: Viewer | undefined,
  verifier: TokenVerifier = tokenVerifier(authentication),
  clocks: Clocks = ownClocks,
): Authenticator {
  const kept = new LRUCache<string, Viewer>({
    max: authentication.keptTokens,
    ttl: longestKeptMs,
    perf: clocks.cache,
    ttlResolution: 0,
  });
  const verifying = new Map<string, Promise<Viewer>>();

  function keep(token: string, verified: VerifiedToken): Viewer {
    const expiresAt = verified.expiresAt * 1_000;
    const viewer = { ...verified.viewer, expiresAt };
    const ttl = Math.min(longestKeptMs, expiresAt - clocks.wall());
    if (ttl > 0) {
      kept.set(token, viewer, { ttl });
    }
    return viewer;
  }

  return {
    authenticate: (authorization, isAgain = false) => {
      if (authorization === undefined) {
        if (withoutToken === undefined) {
          throw Unauthenticated(
            'TOKEN_MISSING',
            'Nobody is let in without an access token: send one as "Authorization: Bearer …".',
          );
        }
        return withoutToken;
      }
      const token = tokenOf(authorization);
      const known = isAgain ? undefined : kept.get(token);
      if (known !== undefined) {
        return known;
      }
      let verified = verifying.get(token);
      if (verified === undefined) {
        verified = verifier
          .verify(token)
          .then((result) => keep(token, result))
          .catch((error: unknown) => {
            /* What is refused the second time is believed nowhere. Keys out of reach refuse nothing. */
            if (error instanceof GatewayError && error.status < 500) kept.delete(token);
            throw error;
          })
          .finally(() => verifying.delete(token));
        verifying.set(token, verified);
      }
      return verified;
    },
    close: verifier.close,
  };
}

/** @throws GatewayError where the header holds no bearer token. */
function tokenOf(authorization: string): string {
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) {
    throw Unauthenticated(
      'TOKEN_MALFORMED',
      'The header "authorization" holds no bearer token: send "Bearer" and the token.',
    );
  }
  if (token.length > longestToken) {
    throw Unauthenticated(
      'TOKEN_MALFORMED',
      `The access token is longer than ${longestToken} characters, the most that is read.`,
    );
  }
  return token;
}
