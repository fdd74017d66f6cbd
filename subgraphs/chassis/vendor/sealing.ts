import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Keeps at rest what nobody is to read in a database or in its copies. What is sealed is text and can be opened in the
 * same context alone: one row's secret put into another's place does not open.
 */
export interface Sealing {
  /** `context` says what and whose it is, such as `vendor-tokens/acme/main`. */
  readonly seal: (plain: Uint8Array, context: string) => string;
  /** @throws Error where it was sealed with another key or in another context, or was changed. */
  readonly open: (sealed: string, context: string) => Buffer;
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const version = 's1';

/** A new key as `openSealing` takes it. */
export function newSealingKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce and version, key id and context as additional data; one key
 * is good for some billions of seals. The first key seals, all of them open: a new one is put first, and an old one may
 * go when nothing is left that it sealed.
 * @param keys each 32 bytes as base64
 * @throws Error that quotes no key
 */
export function openSealing(keys: readonly string[]): Sealing {
  const known = keys.map(readKey);
  const [first] = known;
  if (first === undefined) throw new Error(`There is no key to seal with. ${remedy}`);
  return {
    seal: (plain, context) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', first.key, iv, { authTagLength: tagBytes });
      cipher.setAAD(additional(first.id, context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return [version, first.id, Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url')].join(
        '.',
      );
    },
    open: (sealed, context) => {
      const [format, id = '', text = '', ...rest] = sealed.split('.');
      const bytes = Buffer.from(text, 'base64url');
      if (format !== version || rest.length > 0 || bytes.length < ivBytes + tagBytes) {
        throw new Error(`What is kept for ${context} is nothing that was sealed.`);
      }
      const key = known.find((candidate) => candidate.id === id);
      if (key === undefined) {
        throw new Error(
          `What is kept for ${context} was sealed with key ${id}, which is not among ${variable}: add it behind the others.`,
        );
      }
      const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(additional(id, context));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
      } catch (cause) {
        throw new Error(`What is kept for ${context} was changed, or is kept in another's place.`, { cause });
      }
    },
  };
}

const variable = 'VENDOR_KEYS';
const remedy = `"tributary keys vendor" makes one: put it into ${variable}, or into a file that ${variable}_FILE names.`;

/**
 * The keys of `VENDOR_KEYS`, or of the file that `VENDOR_KEYS_FILE` names: base64 of 32 bytes each, the one that seals
 * first, with commas or white space between.
 * @throws Error naming the command that makes one where there is none
 */
export async function sealingKeys(env = process.env): Promise<readonly string[]> {
  const file = env[`${variable}_FILE`];
  if (file && env[variable])
    throw new Error(`Both ${variable} and ${variable}_FILE are set: keep one of them.`);
  const text = file ? await readKeys(file) : (env[variable] ?? '');
  const keys = text.split(/[\s,]+/).filter((key) => key !== '');
  if (keys.length > 0) return keys;
  throw new Error(
    `A vendor's tokens and deliveries are kept sealed, and ${file ? `${file} has no key` : `${variable} is not set`}. ${remedy}`,
  );
}

async function readKeys(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const message = `The file ${file} of ${variable}_FILE cannot be read (${error.code}).`;
    throw new Error(message, { cause: error });
  });
}

/** The id of a key is part of its digest: it tells nothing of it and needs no name of its own. */
function readKey(text: string, index: number): SealingKey {
  const key = Buffer.from(text, 'base64');
  const isExact =
    key.length === keyBytes && key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (!isExact) {
    throw new Error(`Key ${index + 1} of ${variable} is not ${keyBytes} bytes in base64. ${remedy}`);
  }
  return { id: createHash('sha256').update(key).digest('base64url').slice(0, 8), key };
}

function additional(keyId: string, context: string): Buffer {
  return Buffer.from(`${version}.${keyId}.${context}`);
}
