import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { commonViewer } from './common-viewer.ts';
import { viewerSigner } from './internal-token.ts';
import { publicKeysOf, readKeyFile, rotateKeyFile } from './key-file.ts';
import { ephemeralKeys, keysOfFile } from './signing-keys.ts';

const ada: Viewer = {
  kind: 'user',
  id: 'ada',
  tenant: 'acme',
  roles: ['rep', 'Sales Lead'],
  scopes: ['read', 'write'],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('an internal token', () => {
  test('is a standard JSON Web Token that jose verifies by the public keys', async () => {
    const keys = ephemeralKeys();
    const token = viewerSigner(keys)(ada, 'orders', 'request-1');
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.publicKeys()), {
      issuer: 'urn:tributary:gateway',
      audience: 'orders',
      algorithms: ['EdDSA'],
      typ: 'tributary-viewer+jwt',
    });
    const { kid } = keys.current();
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'tributary-viewer+jwt', kid });
    const { iat = 0, exp = 0, ...claims } = payload;
    expect(exp - iat).toBe(60);
    expect(claims).toEqual({
      iss: 'urn:tributary:gateway',
      aud: 'orders',
      sub: 'ada',
      kind: 'user',
      tenant: 'acme',
      roles: ['rep', 'Sales Lead'],
      scope: 'read write',
      jti: 'request-1',
    });
    expect(JSON.stringify(keys.publicKeys())).not.toContain('"d"');
  });

  test('names nobody where the viewer is anonymous or several', () => {
    const sign = viewerSigner(ephemeralKeys());
    expect(decodeJwt(sign({ ...ada, kind: 'anonymous' }, 'orders', '1')).sub).toBeUndefined();
    expect(decodeJwt(sign({ ...ada, id: null }, 'orders', '1')).sub).toBeUndefined();
  });
});

describe('what several viewers have in common', () => {
  test('is no more than each of them has', () => {
    const bert: Viewer = { ...ada, id: 'bert', roles: ['admin', 'rep'], scopes: ['write', 'delete'] };
    expect(commonViewer([ada, bert])).toEqual({ ...ada, id: null, roles: ['rep'], scopes: ['write'] });
    expect(commonViewer([ada, bert, { ...ada, roles: [], scopes: [] }])).toMatchObject({
      roles: [],
      scopes: [],
    });
  });

  test('is all of it where they are the same', () => {
    expect(commonViewer([ada, ada, { ...ada }])).toEqual(ada);
  });

  test.each<Partial<Viewer>>([{ tenant: 'globex' }, { kind: 'machine' }])('is nothing with %j', (other) => {
    expect(commonViewer([ada, { ...ada, ...other }])).toBeUndefined();
  });
});

describe('a key file', () => {
  const log = pino({ level: 'silent' });

  test('is made for its owner alone, and keeps the previous key when there is a new one', async () => {
    const file = join(folder, 'rotated');
    const [first] = await rotateKeyFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [second, previous] = await rotateKeyFile(file);
    expect(previous).toEqual(first);
    const third = await rotateKeyFile(file);
    expect(third.map(({ kid }) => kid)).toEqual([third[0].kid, second.kid]);
    expect(await readKeyFile(file)).toEqual(third);
    expect(new Set([first.kid, second.kid, third[0].kid]).size).toBe(3);
    expect(publicKeysOf(third).keys.map(({ d }) => d)).toEqual([undefined, undefined]);
  });

  test('signs with its newest key soon after it has changed', async () => {
    const file = join(folder, 'watched');
    const [first] = await rotateKeyFile(file);
    const keys = await keysOfFile(file, 5, log, 20);
    const sign = viewerSigner(keys);
    const kidOf = () => decodeProtectedHeader(sign(ada, 'orders', '1')).kid;
    expect(kidOf()).toBe(first.kid);
    const before = keys.publicKeys();
    const [second] = await rotateKeyFile(file);
    await expect.poll(kidOf).toBe(second.kid);
    expect(keys.publicKeys()).not.toBe(before);
    expect(keys.publicKeys().keys.map(({ kid }) => kid)).toEqual([second.kid, first.kid]);
    await writeFile(file, '{}');
    await keys.reload();
    expect(kidOf()).toBe(second.kid);
    keys.close();
  });

  test('publishes a new key before it signs, and never signs with one that is not published', async () => {
    const file = join(folder, 'ahead');
    const [first] = await rotateKeyFile(file);
    const keys = await keysOfFile(file, 0, log, 60_000);
    const published = () => keys.publicKeys().keys.map(({ kid }) => kid);
    const [second] = await rotateKeyFile(file);
    await keys.reload();
    expect([keys.current().kid, published()]).toEqual([first.kid, [second.kid, first.kid]]);
    const [third] = await rotateKeyFile(file);
    await keys.reload();
    expect([keys.current().kid, published()]).toEqual([second.kid, [third.kid, second.kid]]);
    keys.close();
  });

  test.each(['', '{"keys":[]}', '{"keys":[{"kty":"RSA","kid":"a"}]}', 'halfasecret'])(
    'that holds %j is refused, without a word of it',
    async (text) => {
      const file = join(folder, 'broken');
      await writeFile(file, text);
      await expect(readKeyFile(file)).rejects.toThrow(`${file} is no JSON Web Key Set`);
      await expect(rotateKeyFile(file)).rejects.toThrow(`${file} is no JSON Web Key Set`);
      expect(await readFile(file, 'utf8')).toBe(text);
      const told = await readKeyFile(file).catch(String);
      expect(told).not.toContain('halfasecret');
    },
  );

  test('whose public part belongs to another key is refused', async () => {
    const file = join(folder, 'mixed');
    const [key] = await rotateKeyFile(join(folder, 'one'));
    const [other] = await rotateKeyFile(join(folder, 'two'));
    await writeFile(file, JSON.stringify({ keys: [{ ...key, x: other.x }] }));
    await expect(readKeyFile(file)).rejects.toThrow('is no JSON Web Key Set');
  });

  test('that is missing is named with what makes it', async () => {
    const file = join(folder, 'nowhere');
    await expect(keysOfFile(file, 0, log)).rejects.toThrow(`"tributary keys new ${file}" makes it`);
  });
});
