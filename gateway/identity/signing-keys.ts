import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import type { GatewayOptions } from '#gateway/options.ts';
import { fileState, watchFile } from '#gateway/supergraph/watch-file.ts';
import { newKey, type PrivateJwk, publicKeysOf, readKeyFile } from './key-file.ts';

/** A key as tokens are signed with it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The first part of every token that it signs. */
  readonly header: string;
}

/** The keys that a gateway vouches with. */
export interface SigningKeys {
  /** The one that signs: the newest, but not before all others have had time to learn of it. */
  readonly current: () => SigningKey;
  /** The public part of all: what was signed with the previous one may still be under way. */
  readonly publicKeys: () => JSONWebKeySet;
  /** Reads the file again; where it is broken the keys stay as they are and the log says so. */
  readonly reload: () => Promise<void>;
  readonly close: () => void;
}

/** The type of our tokens, so that nothing else signed with these keys can pass for one. */
export const internalTokenType = 'tributary-viewer+jwt';

/**
 * A new key is published at once and signs after this: by then every gateway that reads the same file has seen it, and
 * answers a subgraph that asks for it.
 */
const publishedAheadMs = 5_000;

/** A key of this process alone, gone with it. */
export function ephemeralKeys(): SigningKeys {
  const keys = [newKey()] as const;
  const current = signingKey(keys[0]);
  const published = publicKeysOf(keys);
  return {
    current: () => current,
    publicKeys: () => published,
    reload: async () => {},
    close: () => {},
  };
}

/**
 * The keys of a file, which is looked at every so many milliseconds (0 for never).
 * @throws Error as `readKeyFile` does.
 */
export async function keysOfFile(
  file: string,
  watchMs: number,
  log: Logger,
  aheadMs = publishedAheadMs,
): Promise<SigningKeys> {
  const known = await fileState(file);
  const first = await readKeyFile(file);
  let current = signingKey(first[0]);
  let published = publicKeysOf(first);
  let turn: NodeJS.Timeout | undefined;

  const signWith = (key: PrivateJwk) => {
    if (key.kid !== current.kid) {
      log.info({ file, key: key.kid, previous: current.kid }, 'internal key rotated');
      current = signingKey(key);
    }
  };
  const reload = async () => {
    try {
      const keys = await readKeyFile(file);
      published = publicKeysOf(keys);
      /* What is no longer published must not sign either. */
      signWith(keys.find(({ kid }) => kid === current.kid) ?? keys.at(-1) ?? keys[0]);
      clearTimeout(turn);
      turn = setTimeout(signWith, aheadMs, keys[0]).unref();
    } catch (error) {
      log.error({ err: error, key: current.kid }, 'internal keys cannot be read: they stay as they were');
    }
  };
  const endWatch = watchMs === 0 ? () => {} : watchFile(file, known, watchMs, () => void reload());
  return {
    current: () => current,
    publicKeys: () => published,
    reload,
    close: () => {
      clearTimeout(turn);
      endWatch();
    },
  };
}

/**
 * The keys that a gateway's options ask for; undefined where subgraphs are not told who asks. Whoever hands keys over
 * closes them.
 * @throws Error as `readKeyFile` does.
 */
export async function openSigningKeys(
  { authentication, internalKeys }: Pick<GatewayOptions, 'authentication' | 'internalKeys'>,
  watchMs: number,
  log: Logger,
): Promise<SigningKeys | undefined> {
  if (typeof internalKeys === 'string') {
    return await keysOfFile(internalKeys, watchMs, log);
  }
  if (internalKeys === undefined && authentication !== undefined) {
    log.warn(
      'viewers are vouched for with a key of this process alone: set "internalKeys" before there are several gateways',
    );
    return ephemeralKeys();
  }
  return internalKeys && { ...internalKeys, close: () => {} };
}

function signingKey(key: PrivateJwk): SigningKey {
  const header = { alg: 'EdDSA', typ: internalTokenType, kid: key.kid };
  return {
    kid: key.kid,
    privateKey: createPrivateKey({ key: { ...key }, format: 'jwk' }),
    header: Buffer.from(JSON.stringify(header)).toString('base64url'),
  };
}
