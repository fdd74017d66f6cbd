import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const remedy =
  'a secret cannot stand here itself; name where it is kept: { "env": "NAME" } or { "file": "/path" }';
const name = z.string().min(1, remedy);

/** Where a secret is kept. It never stands in a configuration itself, which is copied, printed and committed. */
export const secretSource = z.union([z.strictObject({ env: name }), z.strictObject({ file: name })], {
  error: () => remedy,
});

export type SecretSource = z.infer<typeof secretSource>;

/** Nobody's secret is longer; what is was the wrong file. */
const mostChars = 16_384;

/**
 * The secret, without the line feed at the end of a file. A file is read each time, so that it can be replaced.
 * @throws Error naming where it should have been, and never any of it
 */
export async function readSecret(source: SecretSource, env = process.env): Promise<string> {
  const [place, text] =
    'env' in source
      ? [`The environment variable ${source.env}`, env[source.env]]
      : [`The file ${source.file}`, await readText(source.file)];
  const secret = text?.replace(/\r?\n$/, '');
  if (secret === undefined || secret === '') throw new Error(`${place} holds no secret: put it there.`);
  // A header could not carry it, and undici would say so quoting it.
  if (secret.length > mostChars || !/^[\x20-\x7e]+$/.test(secret)) {
    throw new Error(
      `${place} holds no secret, but something longer or of other than printable ASCII characters.`,
    );
  }
  return secret;
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The file ${file}, which is to hold a secret, cannot be read (${error.code}).`, {
      cause: error,
    });
  });
}
