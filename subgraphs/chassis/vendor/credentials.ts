import { readSecret, type SecretSource } from './secrets.ts';

/** What makes a vendor know us. Both methods reject with a `VendorError` and with the signal's reason. */
export interface Credentials {
  /** Header fields for one request. */
  readonly headers: (signal: AbortSignal) => Promise<AuthHeaders>;
  /**
   * Gets new ones, the vendor having refused `refused`, and answers whether there are others now; there are where
   * somebody else has got them meanwhile.
   */
  readonly refresh: (signal: AbortSignal, refused: AuthHeaders) => Promise<boolean>;
}

export type AuthHeaders = Readonly<Record<string, string>>;

export interface StaticOptions {
  readonly secret: SecretSource;
  /** Default: `Authorization: Bearer <secret>`. */
  readonly headersOf?: (secret: string) => AuthHeaders;
}

export const bearer = (secret: string): AuthHeaders => ({ authorization: `Bearer ${secret}` });

/**
 * A secret that holds until somebody replaces it. It is read at once, and again when the vendor refuses it.
 * @throws Error naming where there is none
 */
export async function staticCredentials({ secret, headersOf = bearer }: StaticOptions): Promise<Credentials> {
  let current = await readSecret(secret);
  return {
    headers: async (signal) => {
      signal.throwIfAborted();
      return headersOf(current);
    },
    refresh: async (signal, refused) => {
      signal.throwIfAborted();
      // A file that is being replaced may be away for a moment: then the refusal stands.
      current = await readSecret(secret).catch(() => current);
      return !sameHeaders(headersOf(current), refused);
    },
  };
}

export function sameHeaders(some: AuthHeaders, others: AuthHeaders): boolean {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name]);
}
