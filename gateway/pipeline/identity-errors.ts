import { defineError, GatewayError } from './errors.ts';

/* Who asks. Why a token is refused stands in `extensions.reason`. */

export type TokenRefusal =
  | 'PASS_REFUSED'
  | 'TOKEN_MISSING'
  | 'TOKEN_MALFORMED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'TOKEN_WRONG_ISSUER'
  | 'TOKEN_WRONG_AUDIENCE'
  | 'TOKEN_WRONG_ALGORITHM'
  | 'TOKEN_UNKNOWN_KEY'
  | 'TOKEN_BAD_SIGNATURE'
  | 'TOKEN_CLAIM_MISSING'
  | 'TOKEN_CLAIM_UNUSABLE';

/**
 * Nobody could be made of the request's token, or it has none. The challenge is that of
 * https://www.rfc-editor.org/rfc/rfc6750#section-3
 * @param message nothing of it may come from the token
 * @param cause for the log
 */
export function Unauthenticated(reason: TokenRefusal, message: string, cause?: unknown): GatewayError {
  const code = 'UNAUTHENTICATED';
  const described = `error="invalid_token", error_description="${message.replace(/[^ !#-[\]-~]/g, '')}"`;
  return new GatewayError({
    code,
    status: 401,
    kind: 'http',
    message,
    errors: [{ message, extensions: { code, reason } }],
    headers: {
      'www-authenticate': `Bearer realm="tributary"${reason === 'TOKEN_MISSING' ? '' : `, ${described}`}`,
    },
    cause,
  });
}

/* Of connections that stay open longer than the token that they began with. */

export const TokenOfAnother = defineError(
  'TOKEN_OF_ANOTHER',
  403,
  'http',
  () => 'The fresh access token is of another viewer: open a connection of its own with it.',
);
export const RenewalUnderWay = defineError(
  'RENEWAL_UNDER_WAY',
  429,
  'http',
  () => 'Another access token is being looked at: send the next one when that is answered.',
);
export const NothingToRenew = defineError(
  'NOTHING_TO_RENEW',
  401,
  'http',
  () => 'Nobody is known on this connection yet: send the access token with connection_init.',
);

export const PassNotGiven = defineError(
  'PASS_NOT_GIVEN',
  400,
  'http',
  (what: string) => `No pass can be given: ${what}.`,
);

/** The token may be right: what would tell cannot be reached. */
export function IdentityUnavailable(cause: unknown): GatewayError {
  const message = 'Access tokens cannot be checked at the moment: send the request again later.';
  const headers = { 'retry-after': '5' };
  return new GatewayError({
    code: 'IDENTITY_UNAVAILABLE',
    status: 503,
    kind: 'http',
    message,
    headers,
    cause,
  });
}

/** Somebody is known, and may not have what is not GraphQL. */
export const Forbidden = defineError(
  'FORBIDDEN',
  403,
  'http',
  (scope: string) => `This needs the scope "${scope}", which the viewer does not have.`,
);
