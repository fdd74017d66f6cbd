import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkHost } from '#gateway/options.ts';
import { type AuthenticationOptions, readAuthentication } from './settings.ts';

const jwks = { url: 'https://id.example/keys' };
const common = { issuer: 'https://id.example', audience: 'tributary' };
const byKeys = (more: Partial<AuthenticationOptions>): AuthenticationOptions => ({
  jwks,
  ...common,
  ...more,
});

let folder: string;
let secret: { readonly file: string };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
  secret = { file: join(folder, 'secret') };
  await writeFile(secret.file, `${'s'.repeat(32)}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

describe('authentication', () => {
  test('has defaults', async () => {
    expect(await readAuthentication(byKeys({}))).toEqual({
      keys: {
        kind: 'jwks',
        url: new URL(jwks.url),
        timeoutMs: 5_000,
        cooldownMs: 30_000,
        cacheMs: 600_000,
      },
      issuers: ['https://id.example'],
      audiences: ['tributary'],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockToleranceMs: 5_000,
      claims: {
        id: 'sub',
        roles: 'roles',
        scopes: 'scope',
        tenant: 'tenant',
        machine: { claim: 'kind', equals: 'machine' },
      },
      defaultTenant: undefined,
      anonymous: false,
      keptTokens: 10_000,
    });
  });

  test.each<[string, AuthenticationOptions | (() => AuthenticationOptions)]>([
    ['neither "jwks" nor "secret"', common],
    ['both "jwks" and "secret"', () => byKeys({ secret })],
    ['"http://id.example/keys"', byKeys({ jwks: { url: 'http://id.example/keys' } })],
    ['"keys.json"', byKeys({ jwks: { url: 'keys.json' } })],
    ['jwks.timeoutMs is 0', byKeys({ jwks: { ...jwks, timeoutMs: 0 } })],
    ['has "none"', byKeys({ algorithms: ['RS256', 'none'] })],
    ['has "HS256"', byKeys({ algorithms: ['HS256'] })],
    ['algorithms is empty', byKeys({ algorithms: [] })],
    ['algorithms is none', () => ({ secret, ...common, algorithms: ['none'] })],
    ['algorithms is RS256', () => ({ secret, ...common, algorithms: ['RS256'] })],
    ['issuer is empty', byKeys({ issuer: [] })],
    ['audience is empty', byKeys({ audience: '' })],
    ['defaultTenant', byKeys({ anonymous: true })],
    ['defaultTenant is empty', byKeys({ defaultTenant: '' })],
    ['keptTokens is 0', byKeys({ keptTokens: 0 })],
    ['clockToleranceMs is -1', byKeys({ clockToleranceMs: -1 })],
    ['nowhere', { ...common, secret: { file: '/nowhere/secret' } }],
    ['NO_SUCH_SECRET', { ...common, secret: { env: 'NO_SUCH_SECRET' } }],
  ])('is refused: %s', async (message, options) => {
    const given = typeof options === 'function' ? options() : options;
    await expect(readAuthentication(given)).rejects.toThrow(message);
  });

  test.each(['127.0.0.1', '[::1]', 'localhost'])('takes keys by http from %s', async (host) => {
    const { keys } = await readAuthentication(byKeys({ jwks: { url: `http://${host}:8080/keys` } }));
    expect(keys.kind).toBe('jwks');
  });

  test('takes a secret of 32 bytes from a file or a variable, and names no secret in an error', async () => {
    const { keys } = await readAuthentication({ ...common, secret });
    expect(keys).toEqual({ kind: 'secret', secret: Buffer.from('s'.repeat(32)) });
    vi.stubEnv('A_SECRET', 'hush'.repeat(7));
    const short = readAuthentication({ ...common, secret: { env: 'A_SECRET' } });
    await expect(short).rejects.toThrow('A_SECRET has 28 bytes');
    await expect(short).rejects.not.toThrow('hush');
    vi.stubEnv('A_SECRET', 'hush'.repeat(8));
    expect((await readAuthentication({ ...common, secret: { env: 'A_SECRET' } })).keys.kind).toBe('secret');
    vi.unstubAllEnvs();
  });
});

describe('a host', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('%s is served to everybody on it', (host) => {
    expect(() => checkHost(host, {})).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '192.168.1.1', 'example.org', '::ffff:192.168.1.1'])(
    '%s is served with authentication alone',
    (host) => {
      expect(() => checkHost(host, {})).toThrow(expect.objectContaining({ code: 'NOT_LOOPBACK' }));
      expect(() => checkHost(host, {})).toThrow('Set "authentication"');
      expect(() => checkHost(host, { authentication: byKeys({}) })).not.toThrow();
    },
  );
});
