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
  /** The newest, which signs. */
  readonly current: () => SigningKey;
  /** The public part of all: what was signed with the previous one may still be under way. */
  readonly publicKeys: () => JSONWebKeySet;
  /** Reads the file again; where it is broken the keys stay as they are and the log says so. */
  readonly reload: () => Promise<void>;
  readonly close: () => void;
}

/** The type of our tokens, so that nothing else signed with these keys can pass for one. */
export const internalTokenType = 'tributary-viewer+jwt';

interface Loaded {
  readonly current: SigningKey;
  readonly publicKeys: JSONWebKeySet;
}

/** A key of this process alone, gone with it. */
export function ephemeralKeys(): SigningKeys {
  const { current, publicKeys } = load([newKey()]);
  return {
    current: () => current,
    publicKeys: () => publicKeys,
    reload: async () => {},
    close: () => {},
  };
}

/**
 * The keys of a file, which is looked at every so many milliseconds (0 for never).
 * @throws Error as `readKeyFile` does.
 */
export async function keysOfFile(file: string, watchMs: number, log: Logger): Promise<SigningKeys> {
  const known = await fileState(file);
  let keys = load(await readKeyFile(file));
  const reload = async () => {
    try {
      const next = load(await readKeyFile(file));
      if (next.current.kid !== keys.current.kid) {
        log.info({ file, key: next.current.kid, previous: keys.current.kid }, 'internal key rotated');
      }
      keys = next;
    } catch (error) {
      log.error(
        { err: error, key: keys.current.kid },
        'internal keys cannot be read: they stay as they were',
      );
    }
  };
  const endWatch = watchMs === 0 ? () => {} : watchFile(file, known, watchMs, () => void reload());
  return {
    current: () => keys.current,
    publicKeys: () => keys.publicKeys,
    reload,
    close: endWatch,
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

function load(keys: readonly [PrivateJwk, ...PrivateJwk[]]): Loaded {
  const [newest] = keys;
  const header = { alg: 'EdDSA', typ: internalTokenType, kid: newest.kid };
  return {
    current: {
      kid: newest.kid,
      privateKey: createPrivateKey({ key: { ...newest }, format: 'jwk' }),
      header: Buffer.from(JSON.stringify(header)).toString('base64url'),
    },
    publicKeys: publicKeysOf(keys),
  };
}
