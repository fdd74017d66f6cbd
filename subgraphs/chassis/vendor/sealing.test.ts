import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newSealingKey, openSealing, sealingKeys } from './sealing.ts';

const [old, next] = [newSealingKey(), newSealingKey()];
const plain = Buffer.from('{"refreshToken":"r-1"}');

describe('sealing', () => {
  it('gives back what was sealed, and shows none of it', () => {
    const sealing = openSealing([old]);
    const sealed = sealing.seal(plain, 'tokens/acme');
    expect(sealing.open(sealed, 'tokens/acme')).toEqual(plain);
    expect(Buffer.from(sealed.split('.')[2] as string, 'base64url').includes('refreshToken')).toBe(false);
    expect(sealing.seal(plain, 'tokens/acme')).not.toBe(sealed);
    expect(sealing.open(sealing.seal(Buffer.alloc(0), 'tokens/acme'), 'tokens/acme')).toHaveLength(0);
  });

  it('opens in its own context alone', () => {
    const sealing = openSealing([old]);
    const sealed = sealing.seal(plain, 'tokens/acme');
    expect(() => sealing.open(sealed, 'tokens/other')).toThrow("in another's place");
  });

  it('seals with the first key and opens with all, for as long as they are there', () => {
    const before = openSealing([old]).seal(plain, 'tokens');
    const rotated = openSealing([next, old]);
    expect(rotated.open(before, 'tokens')).toEqual(plain);
    const after = rotated.seal(plain, 'tokens');
    expect(openSealing([next]).open(after, 'tokens')).toEqual(plain);
    expect(() => openSealing([next]).open(before, 'tokens')).toThrow('add it behind the others');
  });

  it('does not open what was changed, at whichever byte', () => {
    const sealing = openSealing([old]);
    const [version, id, text = ''] = sealing.seal(plain, 'tokens').split('.');
    const bytes = Buffer.from(text, 'base64url');
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      const sealed = [version, id, changed.toString('base64url')].join('.');
      expect(() => sealing.open(sealed, 'tokens')).toThrow('was changed');
    }
  });

  it.each([
    '',
    'plain text',
    's1.x',
    's1.x.AAAA',
    `s1.x.${'A'.repeat(27)}`,
    's2.x.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('does not open "%s"', (sealed) => {
    expect(() => openSealing([old]).open(sealed, 'tokens')).toThrow('nothing that was sealed');
  });

  it.each(['short', old.slice(0, -8), `${old}AAAA`, old.replace(/^./, '!')])(
    'takes no key of other than 32 bytes, and quotes none',
    (key) => {
      expect(() => openSealing([old, key])).toThrow('Key 2 of VENDOR_KEYS is not 32 bytes in base64');
      expect(() => openSealing([old, key])).not.toThrow(key);
    },
  );
});

describe('the keys', () => {
  it('stand in the environment or in a file', async () => {
    expect(await sealingKeys({ VENDOR_KEYS: `${next}, ${old}` })).toEqual([next, old]);
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    const file = join(folder, 'keys');
    try {
      await writeFile(file, `${next}\n${old}\n`);
      expect(await sealingKeys({ VENDOR_KEYS_FILE: file })).toEqual([next, old]);
      await expect(sealingKeys({ VENDOR_KEYS_FILE: file, VENDOR_KEYS: old })).rejects.toThrow('keep one');
      await writeFile(file, '\n');
      await expect(sealingKeys({ VENDOR_KEYS_FILE: file })).rejects.toThrow('has no key');
    } finally {
      await rm(folder, { recursive: true });
    }
    await expect(sealingKeys({ VENDOR_KEYS_FILE: file })).rejects.toThrow('cannot be read (ENOENT)');
  });

  it('are asked for with the command that makes one', async () => {
    await expect(sealingKeys({})).rejects.toThrow('"tributary keys vendor" makes one');
    expect(() => openSealing([])).toThrow('"tributary keys vendor" makes one');
  });
});
