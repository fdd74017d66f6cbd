import {
  allowInsecureRequests,
  type Client,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  processRefreshTokenResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
} from 'oauth4webapi';
import { Agent, fetch as undiciFetch } from 'undici';
import { VendorError } from './error.ts';
import { isSafe } from './http-path.ts';
import { retryAfterMs } from './retry-after.ts';
import { readSecret, type SecretSource } from './secrets.ts';

export interface TokenEndpointOptions {
  readonly vendor: string;
  /** The token endpoint; https, or http on loopback. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: SecretSource;
  /** Where the vendor wants to find the secret. Default `body`. */
  readonly clientAuthentication?: 'body' | 'basic';
}

export interface GivenTokens {
  readonly accessToken: string;
  /** Null where the one that was sent stays. */
  readonly refreshToken: string | null;
  readonly lifeMs: number;
}

export interface TokenEndpoint {
  /**
   * Rejects with a `VendorError`, `unauthorized` where the refresh token does not hold any more. It has a deadline of ten
   * seconds and cannot be given up before: an answer that nobody reads may hold the only refresh token.
   */
  readonly refresh: (refreshToken: string) => Promise<GivenTokens>;
  readonly close: () => Promise<void>;
}

const mostBytes = 65_536;
const deadlineMs = 10_000;
/** The standard lets the vendor keep it to itself; what ends before is refused, and then replaced. */
const unsaidLifeMs = 15 * 60_000;

/** @throws Error for a URL that secrets cannot be sent to, and where the client's secret is not found. */
export async function openTokenEndpoint(options: TokenEndpointOptions): Promise<TokenEndpoint> {
  const { vendor, url, clientId, clientSecret, clientAuthentication = 'body' } = options;
  const isPlain = assertSafe(vendor, url);
  await readSecret(clientSecret);
  const dispatcher = new Agent({ maxResponseSize: mostBytes, connections: 1 });
  const server = { issuer: url, token_endpoint: url };
  const client: Client = { client_id: clientId };

  const grant = async (refreshToken: string): Promise<GivenTokens> => {
    const secret = await readSecret(clientSecret);
    const authentication =
      clientAuthentication === 'basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
    const response = await refreshTokenGrantRequest(server, client, authentication, refreshToken, {
      signal: AbortSignal.timeout(deadlineMs),
      [allowInsecureRequests]: isPlain,
      [customFetch]: (address, init) =>
        undiciFetch(address, { ...init, dispatcher } as never) as unknown as Promise<Response>,
    });
    const failure = failureOf(response);
    if (failure !== null) {
      await response.body?.cancel();
      throw new VendorError(vendor, failure, `its token endpoint answered ${response.status}`);
    }
    const given = await processRefreshTokenResponse(server, client, response).catch((error: unknown) => {
      if (error instanceof ResponseBodyError || !refusals.has(response.status)) throw error;
      const message = `its token endpoint answered ${response.status}: ${remedy}`;
      throw new VendorError(vendor, { kind: 'unauthorized' }, message);
    });
    const life = given.expires_in;
    return {
      accessToken: given.access_token,
      refreshToken: given.refresh_token ?? null,
      lifeMs: life === undefined ? unsaidLifeMs : life * 1_000,
    };
  };

  return {
    refresh: async (refreshToken) => {
      try {
        return await grant(refreshToken);
      } catch (error) {
        throw error instanceof VendorError ? error : grantFailure(vendor, error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** Statuses of a refusal in the standard; not every vendor says the standard's `error` with it. */
const refusals: ReadonlySet<number> = new Set([400, 401]);
const remedy = 'authorise the account again and configure its refresh token';

function failureOf({ status, headers }: Response): VendorError['failure'] | null {
  if (status === 429) {
    const fields = {
      'retry-after': headers.get('retry-after') ?? undefined,
      date: headers.get('date') ?? undefined,
    };
    return { kind: 'limited', retryAfterMs: retryAfterMs(fields, Date.now()) };
  }
  return status >= 500 ? { kind: 'unavailable' } : null;
}

/** What the library threw carries the answer, tokens and all, so no more than a code of it goes on. */
function grantFailure(vendor: string, error: unknown): VendorError {
  if (error instanceof ResponseBodyError) {
    const code = /^[a-z_]{1,40}$/.test(error.error) ? error.error : 'an error';
    const what = code === 'invalid_grant' ? `${code}: ${remedy}` : code;
    return new VendorError(vendor, { kind: 'unauthorized' }, `its token endpoint answered ${what}`);
  }
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } };
  const what = cause?.code ?? code ?? name ?? 'an error';
  return new VendorError(vendor, { kind: 'unavailable' }, `its token endpoint gave no tokens: ${what}`);
}

/** Whether it is without TLS, which is allowed on loopback alone. */
function assertSafe(vendor: string, text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && isSafe(url)) return url.protocol === 'http:';
  throw new Error(
    `Secrets cannot be sent to "${text}" of ${vendor}: give an https URL, or http on loopback.`,
  );
}
