import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { notModelled, Refusal } from './errors.ts';

export interface TokensOptions {
  readonly clock: Clock;
  /** Static tokens; one private app is installed unless the list says otherwise. */
  readonly privateAppTokens: readonly string[];
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** How long an access token is good for, in seconds: 1800 at HubSpot. */
  readonly expiresIn: number;
}

/** The credentials that the portal accepts. */
export interface Tokens {
  /** Answers `POST /oauth/v1/token`. */
  readonly exchange: (form: URLSearchParams) => { readonly status: 200; readonly body: unknown };
  /** Throws 401 or 403 unless the header carries a good token that has the scopes. */
  readonly authorize: (header: string | undefined, scopes: readonly string[]) => void;
  /** Nobody may use this token from now on. */
  readonly revoke: (token: string) => void;
  /** What the app may do; null is everything. */
  readonly grant: (scopes: readonly string[] | null) => void;
  /** How many access tokens were handed out. */
  readonly issued: () => number;
}

const manual = 'https://developers.hubspot.com/docs/methods/auth/oauth-overview';

function unauthorized(): Refusal {
  return new Refusal(
    401,
    `Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at ${manual}`,
    { category: 'INVALID_AUTHENTICATION' },
  );
}

function expired(at: number, now: number): Refusal {
  const minutes = Math.floor((now - at) / 60_000);
  return new Refusal(401, `The OAuth token used to make this call expired ${minutes} minute(s) ago.`, {
    category: 'EXPIRED_AUTHENTICATION',
    context: { 'expire time': [new Date(at).toISOString()] },
  });
}

function lacking(scopes: readonly string[]): Refusal {
  return new Refusal(
    403,
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    {
      category: 'MISSING_SCOPES',
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: scopes },
        },
      ],
      links: { scopes: 'https://developers.hubspot.com/scopes' },
    },
  );
}

/** The token endpoint has its own words in `status`. */
const badGrant = (status: string, message: string) => new Refusal(400, message, { status });

export function createTokens(options: TokensOptions): Tokens {
  const { clock, clientId, clientSecret, refreshToken, expiresIn } = options;
  const forever = new Set(options.privateAppTokens);
  const expiries = new Map<string, number>();
  let granted: readonly string[] | null = null;
  let issued = 0;

  return {
    exchange: (form) => {
      if (form.get('grant_type') !== 'refresh_token') {
        throw notModelled(`the grant type ${form.get('grant_type') ?? 'that is missing'}`);
      }
      if (form.get('client_id') !== clientId) throw badGrant('BAD_CLIENT_ID', 'missing or unknown client id');
      if (form.get('client_secret') !== clientSecret) {
        throw badGrant('BAD_CLIENT_SECRET', 'missing or invalid client secret');
      }
      if (form.get('refresh_token') !== refreshToken) {
        throw badGrant('BAD_REFRESH_TOKEN', 'missing or invalid refresh token');
      }
      const token = `access-${randomUUID()}`;
      expiries.set(token, clock.now() + expiresIn * 1000);
      issued += 1;
      return {
        status: 200,
        body: {
          access_token: token,
          refresh_token: refreshToken,
          token_type: 'bearer',
          expires_in: expiresIn,
        },
      };
    },
    authorize: (header, scopes) => {
      const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
      if (token === undefined) throw unauthorized();
      if (!forever.has(token)) {
        const expiry = expiries.get(token);
        if (expiry === undefined) throw unauthorized();
        if (expiry <= clock.now()) throw expired(expiry, clock.now());
      }
      const missing = scopes.filter((scope) => granted !== null && !granted.includes(scope));
      if (missing.length > 0) throw lacking(missing);
    },
    revoke: (token) => {
      forever.delete(token);
      expiries.delete(token);
    },
    grant: (scopes) => {
      granted = scopes;
    },
    issued: () => issued,
  };
}
