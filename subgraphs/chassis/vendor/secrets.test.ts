import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { staticCredentials } from './credentials.ts';
import { readSecret, secretSource } from './secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a secret', () => {
  it('is kept in the environment or in a file', async () => {
    expect(await readSecret({ env: 'TOKEN' }, { TOKEN: 's3cret' })).toBe('s3cret');
    const file = join(folder, 'token');
    for (const written of ['s3cret\n', 's3cret\r\n', 's3cret']) {
      await writeFile(file, written);
      expect(await readSecret({ file })).toBe('s3cret');
    }
  });

  it.each([['s3cret'], [{ value: 's3cret' }], [{ env: 'A', file: 'b' }], [{ env: '' }], [null]])(
    'does not stand in a configuration as %j',
    (token) => {
      const result = z.object({ token: secretSource }).safeParse({ token });
      expect(result.error?.issues[0]?.message).toContain('{ "env": "NAME" } or { "file": "/path" }');
      expect(JSON.stringify(result.error?.issues)).not.toContain('s3cret');
    },
  );

  it('that is not there is told of by its place', async () => {
    await expect(readSecret({ env: 'TOKEN' }, {})).rejects.toThrow('TOKEN holds no secret');
    await expect(readSecret({ env: 'TOKEN' }, { TOKEN: '' })).rejects.toThrow('TOKEN holds no secret');
    const file = join(folder, 'none');
    await expect(readSecret({ file })).rejects.toThrow(`${file}, which is to hold a secret, cannot be read`);
  });

  it.each(['two\nlines', 'a\u0000b', 'x'.repeat(20_000), 'caf\u00e9'])(
    'that no header could carry is refused without being quoted',
    async (text) => {
      const refused = readSecret({ env: 'TOKEN' }, { TOKEN: text });
      await expect(refused).rejects.toThrow('TOKEN holds no secret, but');
      await expect(refused).rejects.not.toThrow(text);
    },
  );

  it('in a file is read again where the vendor refuses it', async () => {
    const { signal } = new AbortController();
    const file = join(folder, 'token');
    await writeFile(file, 'first');
    const credentials = await staticCredentials({ secret: { file } });
    const headers = await credentials.headers(signal);
    expect(headers).toEqual({ authorization: 'Bearer first' });
    expect(await credentials.refresh(signal, headers)).toBe(false);
    await rm(file);
    expect(await credentials.refresh(signal, headers)).toBe(false);
    await writeFile(file, 'second');
    expect(await credentials.refresh(signal, headers)).toBe(true);
    expect(await credentials.headers(signal)).toEqual({ authorization: 'Bearer second' });
  });
});
