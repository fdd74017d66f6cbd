import { readFile } from 'node:fs/promises';
import { isLoopback } from '#gateway/edge/loopback.ts';

/** Names of claims from the outside in; a name that holds dots itself is given as a list of names. */
export type ClaimPath = string | readonly string[];

/** Where a viewer stands in a token. */
export interface ClaimPaths {
  /** Text. Default `sub`. */
  readonly id: ClaimPath;
  /** A list of text, or text with spaces between; absent is none. Default `roles`. */
  readonly roles: ClaimPath;
  /** As roles. Default `scope`. */
  readonly scopes: ClaimPath;
  /** Text. Default `tenant`. */
  readonly tenant: ClaimPath;
  /**
   * What makes the viewer a machine: a claim that equals a text or, without `equals`, is there at all. Everybody else
   * is a user. Default: `kind` equals `machine`.
   */
  readonly machine: { readonly claim: ClaimPath; readonly equals?: string };
}

/** How clients prove who they are: by JSON Web Tokens, whose issuer is trusted by its keys or by a shared secret. */
export interface AuthenticationOptions {
  /** The issuer's public keys; https, or http on loopback. Either this or `secret`. */
  readonly jwks?: {
    readonly url: string;
    /** One fetch of the keys. Default 5,000. */
    readonly timeoutMs?: number;
    /** An unknown key has them fetched again, at most so often. Default 30,000. */
    readonly cooldownMs?: number;
    /** They are fetched again after so long in any case. Default 600,000. */
    readonly cacheMs?: number;
  };
  /** Where the secret of HS256 is found, at least 32 bytes of text; a line feed at the end of a file is none of it. */
  readonly secret?: { readonly env: string } | { readonly file: string };
  /** One of these must be the token's `iss`. */
  readonly issuer: string | readonly string[];
  /** One of these must be in the token's `aud`. */
  readonly audience: string | readonly string[];
  /** Default: RS256, PS256, ES256 and EdDSA with `jwks`. With `secret` it is HS256 and nothing else. */
  readonly algorithms?: readonly string[];
  /** How far clocks may differ. Default 5,000. */
  readonly clockToleranceMs?: number;
  readonly claims?: Partial<ClaimPaths>;
  /** The tenant of tokens without one, and of anonymous viewers. Without it such tokens are refused. */
  readonly defaultTenant?: string;
  /** True lets requests without a token in, as a viewer without roles and scopes. Default false. */
  readonly anonymous?: boolean;
  /** Verified tokens that are kept for at most a minute. Default 10,000. */
  readonly keptTokens?: number;
}

/** The same, checked and with its defaults. */
export interface Authentication {
  readonly keys: JwksSource | { readonly kind: 'secret'; readonly secret: Uint8Array };
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly clockToleranceMs: number;
  readonly claims: ClaimPaths;
  readonly defaultTenant: string | undefined;
  readonly anonymous: boolean;
  readonly keptTokens: number;
}

export interface JwksSource {
  readonly kind: 'jwks';
  readonly url: URL;
  readonly timeoutMs: number;
  readonly cooldownMs: number;
  readonly cacheMs: number;
}

export const defaultClaims: ClaimPaths = {
  id: 'sub',
  roles: 'roles',
  scopes: 'scope',
  tenant: 'tenant',
  machine: { claim: 'kind', equals: 'machine' },
};

const leastSecretBytes = 32;
const asymmetric = /^(RS|PS|ES)(256|384|512)$|^EdDSA$|^Ed25519$/;
const defaultAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const mostMs = 86_400_000;

/**
 * Checks the options and reads the secret.
 * @throws Error naming the setting, its value (never a secret's) and the remedy.
 */
export async function readAuthentication(options: AuthenticationOptions): Promise<Authentication> {
  const { jwks, secret, anonymous = false, defaultTenant } = options;
  if ((jwks === undefined) === (secret === undefined)) {
    throw new Error(
      `authentication has ${jwks ? 'both' : 'neither'} "jwks" ${jwks ? 'and' : 'nor'} "secret": set one of them.`,
    );
  }
  if (anonymous && defaultTenant === undefined) {
    throw new Error(
      'authentication.anonymous is true and nothing says which tenant anonymous viewers belong to: set authentication.defaultTenant.',
    );
  }
  if (defaultTenant === '') {
    throw new Error('authentication.defaultTenant is empty: name a tenant, or leave it out.');
  }
  return {
    keys: jwks ? jwksOf(jwks) : { kind: 'secret', secret: await readSecret(secret) },
    issuers: listOf('issuer', options.issuer),
    audiences: listOf('audience', options.audience),
    algorithms: jwks ? asymmetricOf(options.algorithms) : hmacOf(options.algorithms),
    clockToleranceMs: whole('clockToleranceMs', options.clockToleranceMs ?? 5_000, 0, 300_000),
    claims: { ...defaultClaims, ...options.claims },
    defaultTenant,
    anonymous,
    keptTokens: whole('keptTokens', options.keptTokens ?? 10_000, 1, 1_000_000),
  };
}

function jwksOf({ url: text, timeoutMs, cooldownMs, cacheMs }: NonNullable<AuthenticationOptions['jwks']>) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(host))) {
    throw new Error(
      `authentication.jwks.url is "${text}": whoever can change what it answers can be anybody here, so give an https URL (http is for loopback alone).`,
    );
  }
  return {
    kind: 'jwks',
    url,
    timeoutMs: whole('jwks.timeoutMs', timeoutMs ?? 5_000, 1, 60_000),
    cooldownMs: whole('jwks.cooldownMs', cooldownMs ?? 30_000, 0, mostMs),
    cacheMs: whole('jwks.cacheMs', cacheMs ?? 600_000, 0, mostMs),
  } as const;
}

async function readSecret(secret: AuthenticationOptions['secret']): Promise<Uint8Array> {
  const { where, text } = await textOf(secret as NonNullable<typeof secret>);
  const bytes = Buffer.from(text);
  if (bytes.length < leastSecretBytes) {
    throw new Error(
      `The secret of ${where} has ${bytes.length} bytes: HS256 needs at least ${leastSecretBytes}. "openssl rand -base64 48" makes one.`,
    );
  }
  return bytes;
}

async function textOf(secret: { env: string } | { file: string }): Promise<{ where: string; text: string }> {
  if ('env' in secret) {
    const text = process.env[secret.env];
    if (text === undefined) {
      throw new Error(
        `authentication.secret.env names ${secret.env}, which is not set: set it to the secret.`,
      );
    }
    return { where: `the environment variable ${secret.env}`, text };
  }
  const text = await readFile(secret.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `The secret file ${secret.file} cannot be read (${error.code}): check authentication.secret.file.`,
      { cause: error },
    );
  });
  return { where: secret.file, text: text.replace(/\r?\n$/, '') };
}

function asymmetricOf(algorithms: readonly string[] = defaultAlgorithms): readonly string[] {
  const wrong = algorithms.find((algorithm) => !asymmetric.test(algorithm));
  if (wrong !== undefined || algorithms.length === 0) {
    throw new Error(
      `authentication.algorithms ${wrong === undefined ? 'is empty' : `has "${wrong}"`}: with public keys it takes RS256, PS256, ES256 and their longer forms, and EdDSA.`,
    );
  }
  return algorithms;
}

function hmacOf(algorithms: readonly string[] = ['HS256']): readonly string[] {
  if (algorithms.length !== 1 || algorithms[0] !== 'HS256') {
    throw new Error(
      `authentication.algorithms is ${algorithms.join(', ') || 'empty'}: with a secret it can only be HS256. Leave it out.`,
    );
  }
  return algorithms;
}

function listOf(name: string, given: string | readonly string[]): readonly string[] {
  const list = typeof given === 'string' ? [given] : given;
  if (list.length === 0 || list.includes('')) {
    throw new Error(`authentication.${name} is empty: name at least one, else any token would do.`);
  }
  return list;
}

function whole(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`authentication.${name} is ${value}: set it to a whole number from ${least} to ${most}.`);
  }
  return value;
}
