import { randomBytes } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from './data-folder.ts';

/**
 * The file with the secret that tokens for trying are signed with, made where there is none. Only its owner may read
 * it: whoever can mints tokens for everybody.
 */
export async function trialSecret(dataDir: string): Promise<string> {
  await dataFolder(dataDir);
  const file = join(dataDir, 'trial-secret');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600 });
  // Of two processes that begin together one makes it, and neither sees half of it.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return file;
}
