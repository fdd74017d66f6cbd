import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { pathToFileURL } from 'node:url';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as jose,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { defaultTenant, type Viewer } from './context.ts';

/** The header by which a gateway vouches for a viewer. "Who asks" in subgraphs/README.md has its claims. */
export const viewerHeader = 'x-tributary-viewer';

/** Where the public keys of the gateways are found that a subgraph believes. */
export type GatewayKeys =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'file'; readonly file: string }
  /** Of a gateway in the same process. */
  | { readonly kind: 'memory'; readonly read: () => JSONWebKeySet };

/** Who asks, or why a request is not answered. */
export type Vouching =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  | { readonly kind: 'refused'; readonly message: string; readonly cause: unknown }
  /** The keys cannot be had, so that nothing can be said of the token. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export type Vouch = (header: string | string[] | undefined) => Promise<Vouching>;

const localViewer: Viewer = {
  kind: 'local',
  id: 'local',
  roles: ['admin'],
  scopes: [],
  tenant: defaultTenant,
};

const claimsShape = z.object({
  kind: z.enum(['anonymous', 'local', 'user', 'machine']),
  sub: z.string().min(1).optional(),
  tenant: z.string().min(1),
  roles: z.array(z.string()),
  scope: z.string(),
  jti: z.string(),
});

const issuer = 'urn:tributary:gateway';
const tokenType = 'tributary-viewer+jwt';
/** Clocks of two machines differ by less than this. */
const clockToleranceSeconds = 5;
const fetchTimeoutMs = 5_000;
/** An unknown key has the keys read again, at most so often; and they are read again after so long in any case. */
const cooldownMs = 2_000;
const cacheMs = 600_000;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

/**
 * The keys that `INTERNAL_JWKS` names: an https URL (http on loopback) such as a gateway's `/.well-known/jwks.json`, or
 * the path of a file. Undefined where it is not set. Throws an Error naming a URL that cannot be trusted.
 */
export function gatewayKeysOf(setting: string | undefined): GatewayKeys | undefined {
  if (setting === undefined || setting === '') return undefined;
  if (!/^[a-z]+:\/\//i.test(setting)) return { kind: 'file', file: setting };
  const url = URL.canParse(setting) ? new URL(setting) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host))) {
    return { kind: 'url', url };
  }
  throw new Error(
    `INTERNAL_JWKS is "${setting}": give an https URL (http is for loopback alone) or the path of a file.`,
  );
}

/**
 * Makes what says who asks this subgraph. Without keys everybody on loopback is the local viewer; a token is refused
 * then, since a gateway that vouches for somebody must not be answered as for somebody else.
 *
 * Throws an Error where the subgraph would be reached from elsewhere without keys, or a file holds no public keys.
 */
export async function openVouching(
  subgraph: string,
  host: string,
  keys: GatewayKeys | undefined,
): Promise<Vouch> {
  if (keys === undefined) {
    if (!isLoopback(host)) {
      throw new Error(
        `The ${subgraph} subgraph cannot be bound to "${host}" while it believes everybody: set INTERNAL_JWKS to the gateway's /.well-known/jwks.json, or bind it to 127.0.0.1.`,
      );
    }
    return async (header) =>
      header === undefined
        ? { kind: 'viewer', viewer: localViewer }
        : refused('This subgraph cannot check what vouches for the viewer: set INTERNAL_JWKS.', undefined);
  }
  if (keys.kind === 'file') await readPublicKeys(keys.file);
  const keyOf = keySource(keys);
  const options = {
    issuer,
    audience: subgraph,
    algorithms: ['EdDSA'],
    typ: tokenType,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp', 'iat'],
  };
  return async (header) => {
    if (typeof header !== 'string') {
      return refused(
        `This subgraph answers gateways alone, which send the header ${viewerHeader}.`,
        undefined,
      );
    }
    try {
      const { payload } = await jwtVerify(header, keyOf, options);
      return { kind: 'viewer', viewer: viewerOf(payload) };
    } catch (error) {
      if (error instanceof KeysOutOfReach) return { kind: 'unknown', cause: error };
      const why = error instanceof jose.JOSEError ? error.message : 'its claims are not those of a viewer';
      return refused(`What vouches for the viewer is not believed: ${why}.`, error);
    }
  };
}

function refused(message: string, cause: unknown): Vouching {
  return { kind: 'refused', message, cause };
}

function viewerOf(payload: JWTPayload): Viewer {
  const { kind, sub, tenant, roles, scope } = claimsShape.parse(payload);
  return { kind, id: sub ?? null, tenant, roles, scopes: scope.split(' ').filter(Boolean) };
}

class KeysOutOfReach extends Error {}

/** jose keeps what it read, and reads again for a key that it does not know. */
function keySource(keys: GatewayKeys): JWTVerifyGetKey {
  if (keys.kind === 'memory') return memorySource(keys.read);
  const url = keys.kind === 'url' ? keys.url : pathToFileURL(keys.file);
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    ...(keys.kind === 'file' && {
      [customFetch]: async () => Response.json(await readPublicKeys(keys.file)),
    }),
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const isTokens =
        error instanceof jose.JWKSNoMatchingKey ||
        error instanceof jose.JWKSMultipleMatchingKeys ||
        error instanceof jose.JOSENotSupported;
      throw isTokens ? error : new KeysOutOfReach('The keys of the gateway cannot be had.', { cause: error });
    }
  };
}

function memorySource(read: () => JSONWebKeySet): JWTVerifyGetKey {
  let seen = read();
  let local = createLocalJWKSet(seen);
  return (header, token) => {
    const now = read();
    if (now !== seen) {
      seen = now;
      local = createLocalJWKSet(now);
    }
    return local(header, token);
  };
}

/** Throws an Error naming the file where it holds anything but public keys. */
async function readPublicKeys(file: string): Promise<JSONWebKeySet> {
  const remedy = '"tributary keys public" prints those of a key file.';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The keys ${file} of INTERNAL_JWKS cannot be read (${error.code}). ${remedy}`);
  });
  let keys: JSONWebKeySet;
  try {
    keys = JSON.parse(text);
    createLocalJWKSet(keys);
  } catch {
    throw new Error(`The file ${file} of INTERNAL_JWKS is no JSON Web Key Set. ${remedy}`);
  }
  if (keys.keys.some((key) => 'd' in key || 'k' in key)) {
    throw new Error(
      `The file ${file} of INTERNAL_JWKS holds private keys, which only gateways may have. ${remedy}`,
    );
  }
  return keys;
}
