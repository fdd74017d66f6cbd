import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';

const keyShape = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string(),
  d: z.string(),
});

/** The file is a JSON Web Key Set with private keys, the newest first. */
const fileShape = z.object({ keys: z.tuple([keyShape], keyShape) });

/** An Ed25519 key pair as https://www.rfc-editor.org/rfc/rfc8037 writes it. */
export type PrivateJwk = z.infer<typeof keyShape>;
type PrivateJwks = readonly [PrivateJwk, ...PrivateJwk[]];

export function newKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' }) as { x: string; d: string };
  const kid = createHash('sha256').update(x).digest('base64url').slice(0, 16);
  return { kty: 'OKP', crv: 'Ed25519', kid, x, d };
}

/** What others may see of the keys. */
export function publicKeysOf(keys: PrivateJwks): JSONWebKeySet {
  return { keys: keys.map(({ d: _, ...key }) => ({ ...key, use: 'sig', alg: 'EdDSA' })) };
}

/** @throws Error naming the file and the remedy where it holds no such keys. */
export async function readKeyFile(file: string): Promise<PrivateJwks> {
  const remedy = `"tributary keys new ${file}" makes it.`;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = `The key file ${file} cannot be read (${error.code}). ${remedy}`;
    throw Object.assign(new Error(reason, { cause: error }), { code: error.code });
  });
  const result = fileShape.safeParse(parseJson(text));
  /* Messages of zod and of JSON name no value here: it may be half a private key. */
  if (!result.success || !result.data.keys.every(isPair)) {
    throw new Error(`${file} is no JSON Web Key Set of private Ed25519 keys with ids. ${remedy}`);
  }
  return result.data.keys;
}

/**
 * Puts a new key first in the file, and keeps the one that signed before: its tokens may be under way. Makes the file,
 * for its owner alone, where there is none.
 * @returns the keys as they are now.
 * @throws Error where there is a file of something else.
 */
export async function rotateKeyFile(file: string): Promise<PrivateJwks> {
  const present = await readKeyFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const keys: PrivateJwks = [newKey(), ...present.slice(0, 1)];
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
  return keys;
}

/** Whether the public part belongs to the private one. */
function isPair(key: PrivateJwk): boolean {
  try {
    const publicKey = createPublicKey(createPrivateKey({ key: { ...key }, format: 'jwk' }));
    return publicKey.export({ format: 'jwk' }).x === key.x;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
