import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  errors as jose,
  jwtVerify,
} from 'jose';
import { Agent, fetch as undiciFetch } from 'undici';
import {
  IdentityUnavailable,
  type TokenRefusal,
  Unauthenticated,
} from '#gateway/pipeline/identity-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { ClaimRefused, viewerOf } from './claims.ts';
import type { Authentication, JwksSource } from './settings.ts';

/** A viewer and until when its token says so, in seconds since 1970. */
export interface VerifiedToken {
  readonly viewer: Viewer;
  readonly expiresAt: number;
}

export interface TokenVerifier {
  /** Rejects with a GatewayError: 401 `UNAUTHENTICATED` for the token's fault, 503 where the keys are out of reach. */
  readonly verify: (token: string) => Promise<VerifiedToken>;
  readonly close: () => Promise<void>;
}

const mostJwksBytes = 1_048_576;

/** Whatever keeps the issuer's keys away, so that it is not taken for a fault of the token. */
class KeysOutOfReach extends Error {}

/** Makes what verifies tokens as https://www.rfc-editor.org/rfc/rfc8725 advises. Keys are fetched with the first one. */
export function tokenVerifier(authentication: Authentication): TokenVerifier {
  const { keys, issuers, audiences, algorithms, clockToleranceMs, claims, defaultTenant } = authentication;
  const options: JWTVerifyOptions = {
    issuer: [...issuers],
    audience: [...audiences],
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1_000,
    requiredClaims: ['exp'],
  };
  const source = keys.kind === 'jwks' ? remoteKeys(keys) : secretKey(createSecretKey(keys.secret));
  return {
    verify: async (token) => {
      try {
        const payload = await source.payloadOf(token, options);
        return { viewer: viewerOf(payload, claims, defaultTenant), expiresAt: payload.exp as number };
      } catch (error) {
        throw refusalOf(error);
      }
    },
    close: source.close,
  };
}

interface KeySource {
  readonly payloadOf: (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;
  readonly close: () => Promise<void>;
}

function secretKey(key: KeyObject): KeySource {
  return {
    payloadOf: async (token, options) => (await jwtVerify(token, key, options)).payload,
    close: async () => {},
  };
}

function remoteKeys({ url, timeoutMs, cooldownMs, cacheMs }: JwksSource): KeySource {
  const dispatcher = new Agent({ maxResponseSize: mostJwksBytes, connections: 1 });
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    [customFetch]: (address, init) =>
      undiciFetch(address, { ...init, dispatcher } as never) as unknown as Promise<Response>,
  });
  const keyOf: JWTVerifyGetKey = async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const isTokens =
        error instanceof jose.JWKSNoMatchingKey ||
        error instanceof jose.JWKSMultipleMatchingKeys ||
        error instanceof jose.JOSENotSupported;
      throw isTokens ? error : new KeysOutOfReach(`The keys at ${url.href} cannot be had.`, { cause: error });
    }
  };
  return {
    payloadOf: async (token, options) => (await jwtVerify(token, keyOf, options)).payload,
    close: () => dispatcher.destroy(),
  };
}

const wrongClaims: Readonly<Record<string, readonly [TokenRefusal, string]>> = {
  iss: ['TOKEN_WRONG_ISSUER', 'The access token is of an issuer that is not trusted here.'],
  aud: ['TOKEN_WRONG_AUDIENCE', 'The access token is meant for another audience.'],
  nbf: ['TOKEN_NOT_YET_VALID', 'The access token is not valid yet.'],
  exp: ['TOKEN_CLAIM_MISSING', 'The access token never expires: it needs the claim exp.'],
};

/** What a client is told of a token, in words of ours alone. The cause is for the log, by its message. */
function refusalOf(error: unknown): unknown {
  const refuse = (reason: TokenRefusal, message: string) => Unauthenticated(reason, message, error);
  if (error instanceof KeysOutOfReach) {
    return IdentityUnavailable(error);
  }
  if (error instanceof ClaimRefused) {
    const reason = error.isMissing ? 'TOKEN_CLAIM_MISSING' : 'TOKEN_CLAIM_UNUSABLE';
    return refuse(reason, `The access token cannot be used here: ${error.message}.`);
  }
  if (error instanceof jose.JWTExpired) {
    return refuse('TOKEN_EXPIRED', 'The access token has expired.');
  }
  if (error instanceof jose.JWTClaimValidationFailed) {
    const [reason, message] = wrongClaims[error.claim] ?? [];
    return refuse(reason ?? 'TOKEN_CLAIM_UNUSABLE', message ?? 'The access token has a claim that is wrong.');
  }
  if (error instanceof jose.JWKSNoMatchingKey || error instanceof jose.JWKSMultipleMatchingKeys) {
    return refuse(
      'TOKEN_UNKNOWN_KEY',
      'The access token is signed with a key that its issuer does not have.',
    );
  }
  if (error instanceof jose.JWSSignatureVerificationFailed) {
    return refuse('TOKEN_BAD_SIGNATURE', 'The signature of the access token is wrong.');
  }
  if (error instanceof jose.JOSEAlgNotAllowed) {
    return refuse('TOKEN_WRONG_ALGORITHM', 'The access token is signed by an algorithm that is not allowed.');
  }
  if (error instanceof jose.JOSEError) {
    return refuse('TOKEN_MALFORMED', 'The access token is no signed JSON Web Token.');
  }
  return error;
}
