import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { claimsOf } from './claims.ts';
import { type AuthenticationOptions, readAuthentication } from './settings.ts';

/** How tokens for trying are verified on a laptop: they are signed with the secret of a file there. */
export function trialAuthentication(secretFile: string): AuthenticationOptions {
  return { secret: { file: secretFile }, issuer: 'tributary', audience: 'tributary' };
}

/**
 * Mints a token for trying, which the same options accept for so many seconds.
 * @throws Error where it is not a shared secret that tokens are signed with, or as `readAuthentication` does.
 */
export async function mintToken(
  options: AuthenticationOptions,
  viewer: Viewer,
  seconds: number,
): Promise<string> {
  const { keys, issuers, audiences, claims } = await readAuthentication(options);
  if (keys.kind !== 'secret') {
    throw new Error(
      `Tokens here are signed by the issuer ${issuers[0]}, with a key that only it has: ask it for one.`,
    );
  }
  return new SignJWT(claimsOf(viewer, claims))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuers[0] as string)
    .setAudience(audiences[0] as string)
    .setIssuedAt()
    .setExpirationTime(`${seconds} seconds`)
    .setJti(randomUUID())
    .sign(keys.secret);
}
