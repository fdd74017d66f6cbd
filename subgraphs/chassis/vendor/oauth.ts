import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';
import { orAborted } from './abort.ts';
import { type AuthHeaders, bearer, type Credentials, sameHeaders } from './credentials.ts';
import { VendorError } from './error.ts';
import type { Sealing } from './sealing.ts';
import { readSecret, type SecretSource } from './secrets.ts';
import { openTokenEndpoint, type TokenEndpointOptions } from './token-endpoint.ts';
import { type KeptTokens, openTokenStore, type Tokens, type VendorTokenTables } from './token-store.ts';

export interface OAuthOptions<Tables extends VendorTokenTables> extends Omit<TokenEndpointOptions, 'vendor'> {
  readonly vendor: string;
  readonly account: string;
  readonly tenant: string;
  /** Has the table of `createVendorTokens`. */
  readonly store: Pick<Store<Tables>, 'engine' | 'briefly'>;
  readonly sealing: Sealing;
  readonly log: Logger;
  /** What the vendor gave when somebody authorised us. The vendor may give others later: they are kept in the store. */
  readonly refreshToken: SecretSource;
  readonly headersOf?: (accessToken: string) => AuthHeaders;
  /** Milliseconds since 1970; default the machine's clock. */
  readonly now?: () => number;
}

export interface OAuthCredentials extends Credentials {
  /** Waits for new tokens that are under way, ten seconds at most: the vendor may have replaced the old ones already. */
  readonly close: () => Promise<void>;
}

/** Longer than an exchange with the token endpoint and its commit take. */
const leaseMs = 30_000;
const lookAgainMs = 100;
/** New tokens are got when a fifth of their life is left, but not earlier than this. */
const longestAheadMs = 5 * 60_000;

/** A token that is refused at this age is not refused for its age. */
const newMs = 10_000;

const quietMs = 2_000;

type Access = NonNullable<Tokens['access']>;

/** Before anything was read: whatever is kept is newer. */
const unknown: KeptTokens = { version: -1, tokens: { refreshToken: '', access: null } };

/**
 * Access tokens by the refresh token grant (https://www.rfc-editor.org/rfc/rfc6749#section-6). They are got ahead of
 * their end by `expires_in` and our own clock, whatever the vendor's says, once for all who need them in this process and
 * in others, and kept sealed. A process that ends between the vendor's answer and the commit loses a refresh token that
 * was replaced: then the account has to be authorised again, which the error says.
 * @throws Error naming a secret that is not where it is said to be, and a URL that secrets cannot be sent to
 */
export async function oauthCredentials<Tables extends VendorTokenTables>(
  options: OAuthOptions<Tables>,
): Promise<OAuthCredentials> {
  const { vendor, account, tenant, store, sealing, headersOf = bearer, now = Date.now } = options;
  const log = options.log.child({ vendor, account });
  const kept = openTokenStore({ store, tenant, vendor, account, sealing, now });
  await readSecret(options.refreshToken);
  const endpoint = await openTokenEndpoint(options);
  const owner = randomUUID();
  const closing = new AbortController();
  let known: KeptTokens | undefined;
  let renewing: Promise<Access> | undefined;
  let failed: { readonly error: VendorError; readonly until: number } | null = null;

  const read = async (): Promise<KeptTokens> => {
    known = await kept.read(await readSecret(options.refreshToken));
    return known;
  };

  const exchange = async ({ version, tokens }: KeptTokens, until: number): Promise<Access> => {
    // From before the answer was made, so that it is not taken to live longer than it does.
    const gotAt = now();
    const given = await endpoint.refresh(tokens.refreshToken);
    const expiresAt = gotAt + given.lifeMs;
    const renewAt = expiresAt - Math.min(longestAheadMs, given.lifeMs / 5);
    const access = { token: given.accessToken, gotAt, renewAt, expiresAt };
    const next = { refreshToken: given.refreshToken ?? tokens.refreshToken, access };
    if (await keepUntil(until, version, next)) known = { version: version + 1, tokens: next };
    else log.warn('new tokens were got for longer than the lease, and others were kept meanwhile');
    return access;
  };

  /** A store that is away for a moment must not cost a refresh token: the one before may hold no more. */
  const keepUntil = async (until: number, version: number, tokens: Tokens): Promise<boolean> => {
    for (;;) {
      try {
        return await kept.keep(version, owner, tokens);
      } catch (err) {
        if (performance.now() > until || closing.signal.aborted) throw err;
        log.warn({ err }, 'new tokens could not be kept; it is tried again');
        await sleep(lookAgainMs);
      }
    }
  };

  /** Gets what replaces the version: from the vendor, or from the store where somebody else has got it. */
  const renew = async (old: number): Promise<Access> => {
    const until = performance.now() + leaseMs + 5_000;
    while (performance.now() < until) {
      const present = await read();
      const { access } = present.tokens;
      if (present.version > old && access !== null && access.expiresAt > now()) return access;
      if (await kept.lease(present.version, owner, leaseMs)) {
        try {
          return await exchange(present, until);
        } catch (error) {
          // Where that fails too, the lease ends by itself.
          await kept.giveBack(owner).catch(() => {});
          throw error;
        }
      }
      await sleep(lookAgainMs, undefined, { signal: closing.signal });
    }
    throw new VendorError(
      vendor,
      { kind: 'unavailable' },
      'another process gets new tokens and does not end',
    );
  };

  const renewed = (old: number): Promise<Access> => {
    if (failed !== null && now() < failed.until) return Promise.reject(failed.error);
    renewing ??= renew(old)
      .catch((cause: unknown) => {
        const message = closing.signal.aborted ? 'its tokens are being closed' : 'its tokens cannot be had';
        const error =
          cause instanceof VendorError
            ? cause
            : new VendorError(vendor, { kind: 'unavailable' }, message, { cause });
        failed = { error, until: now() + quietAfter(error) };
        log.warn({ err: error }, 'no new tokens were got');
        throw error;
      })
      .finally(() => {
        renewing = undefined;
      });
    // Whoever asked may have gone, and whoever still has a token does not wait.
    renewing.catch(() => {});
    return renewing;
  };

  const present = async (signal: AbortSignal): Promise<Access> => {
    const { version, tokens } = known ?? unknown;
    const { access } = tokens;
    if (access === null) return orAborted(renewed(version), signal);
    const at = now();
    if (at >= access.expiresAt) return orAborted(renewed(version), signal);
    if (at >= access.renewAt) renewed(version).catch(() => {});
    return access;
  };

  return {
    headers: async (signal) => headersOf((await present(signal)).token),
    refresh: async (signal, refused) => {
      const { version, tokens } = known ?? unknown;
      const { access } = tokens;
      if (access === null || !sameHeaders(headersOf(access.token), refused)) return true;
      // The vendor would refuse the next as well: to ask for one after another helps nobody.
      if (now() - access.gotAt < newMs) return false;
      await orAborted(renewed(version), signal);
      return true;
    },
    close: async () => {
      closing.abort();
      await renewing?.catch(() => {});
      await endpoint.close();
    },
  };
}

/** For how long a failure is the answer to all who ask, so that the token endpoint is not asked by each of them. */
function quietAfter({ failure }: VendorError): number {
  return (failure.kind === 'limited' ? failure.retryAfterMs : null) ?? quietMs;
}
