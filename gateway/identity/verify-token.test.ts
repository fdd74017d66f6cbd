import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AuthenticationOptions, readAuthentication } from './settings.ts';
import { type TokenVerifier, tokenVerifier } from './verify-token.ts';

const common = { issuer: 'https://id.example', audience: ['tributary', 'other'], clockToleranceMs: 2_000 };
const now = () => Math.floor(Date.now() / 1_000);
const claims = (): JWTPayload => ({
  iss: 'https://id.example',
  aud: 'tributary',
  sub: 'ada',
  tenant: 'acme',
  exp: now() + 600,
});

/** An issuer with a real server of its keys. */
interface Issuer {
  keys: JWK[];
  /** Answers in place of the keys. */
  instead: ((response: ServerResponse) => void) | undefined;
  fetches: number;
  readonly url: string;
  readonly server: Server;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function startIssuer(): Promise<Issuer> {
  const server = createServer((_, response) => {
    issuer.fetches += 1;
    if (issuer.instead !== undefined) {
      issuer.instead(response);
      return;
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: issuer.keys }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const issuer: Issuer = { keys: [], instead: undefined, fetches: 0, url, server };
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return issuer;
}

async function verifierOf(options: AuthenticationOptions): Promise<TokenVerifier> {
  const verifier = tokenVerifier(await readAuthentication(options));
  cleanups.push(verifier.close);
  return verifier;
}

const reasonOf = (verifier: TokenVerifier, token: string) =>
  verifier.verify(token).then(
    ({ viewer }) => viewer.id,
    ({ status, code, errors }) => `${status} ${errors[0].extensions.reason ?? code}`,
  );

let rsa: { privateKey: CryptoKey; publicKey: CryptoKey };
let other: { privateKey: CryptoKey; publicKey: CryptoKey };
beforeAll(async () => {
  [rsa, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
});
const jwkOf = async (key: CryptoKey, kid: string): Promise<JWK> => ({
  ...(await exportJWK(key)),
  kid,
  alg: 'RS256',
});
const signed = (payload: JWTPayload, header: { kid?: string; alg?: string } = {}, key = rsa.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key);

describe('by public keys', () => {
  async function start(options: Partial<AuthenticationOptions['jwks']> = {}) {
    const issuer = await startIssuer();
    issuer.keys = [await jwkOf(rsa.publicKey, 'one')];
    const verifier = await verifierOf({ ...common, jwks: { url: issuer.url, cooldownMs: 0, ...options } });
    return { issuer, verifier };
  }

  test('a token is what its claims say', async () => {
    const { verifier } = await start();
    const payload = claims();
    expect(await verifier.verify(await signed(payload))).toEqual({
      viewer: { kind: 'user', id: 'ada', roles: [], scopes: [], tenant: 'acme' },
      expiresAt: payload.exp,
    });
  });

  test.each<[string, (payload: JWTPayload) => JWTPayload]>([
    ['401 TOKEN_EXPIRED', (payload) => ({ ...payload, exp: now() - 10 })],
    ['401 TOKEN_NOT_YET_VALID', (payload) => ({ ...payload, nbf: now() + 60 })],
    ['401 TOKEN_WRONG_ISSUER', (payload) => ({ ...payload, iss: 'https://evil.example' })],
    ['401 TOKEN_WRONG_ISSUER', ({ iss: _, ...payload }) => payload],
    ['401 TOKEN_WRONG_AUDIENCE', (payload) => ({ ...payload, aud: ['somebody else'] })],
    ['401 TOKEN_WRONG_AUDIENCE', ({ aud: _, ...payload }) => payload],
    ['401 TOKEN_CLAIM_MISSING', ({ exp: _, ...payload }) => payload],
    ['401 TOKEN_CLAIM_MISSING', ({ tenant: _, ...payload }) => payload],
    ['401 TOKEN_CLAIM_UNUSABLE', (payload) => ({ ...payload, roles: 7 })],
    ['ada', (payload) => ({ ...payload, aud: ['x', 'other'] })],
    ['ada', (payload) => ({ ...payload, exp: now() - 1 })],
    ['ada', (payload) => ({ ...payload, nbf: now() + 1 })],
  ])('%s where its claims are others', async (outcome, change) => {
    const { verifier } = await start();
    expect(await reasonOf(verifier, await signed(change(claims())))).toBe(outcome);
  });

  test('a signature must be right, by a key of the issuer and an algorithm that is allowed', async () => {
    const { verifier, issuer } = await start();
    const [head, body, signature = ''] = (await signed(claims())).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims(), sub: 'eve' })).toString('base64url');
    expect(await reasonOf(verifier, `${head}.${forged}.${signature}`)).toBe('401 TOKEN_BAD_SIGNATURE');
    expect(await reasonOf(verifier, `${head}.${body}.`)).toBe('401 TOKEN_BAD_SIGNATURE');
    expect(await reasonOf(verifier, await signed(claims(), {}, other.privateKey))).toBe(
      '401 TOKEN_BAD_SIGNATURE',
    );
    expect(await reasonOf(verifier, await signed(claims(), { kid: 'two' }))).toBe('401 TOKEN_UNKNOWN_KEY');
    const longer = await generateKeyPair('RS512');
    const allowed = issuer.fetches;
    expect(await reasonOf(verifier, await signed(claims(), { alg: 'RS512' }, longer.privateKey))).toBe(
      '401 TOKEN_WRONG_ALGORITHM',
    );
    const none = new UnsecuredJWT({ ...claims() }).encode();
    expect(await reasonOf(verifier, none)).toMatch(/^401 TOKEN_/);
    /* The classic: the public key, which everybody has, taken for a secret. */
    const hmac = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'one' });
    const published = Buffer.from(JSON.stringify(issuer.keys[0]));
    expect(await reasonOf(verifier, await hmac.sign(published))).toBe('401 TOKEN_WRONG_ALGORITHM');
    /* None of these was worth asking the issuer for. */
    expect(issuer.fetches).toBe(allowed);
  });

  test.each(['a', 'a.b.c', '..', 'e30.e30.e30'])('%s is no token', async (token) => {
    const { verifier } = await start();
    expect(await reasonOf(verifier, token)).toBe('401 TOKEN_MALFORMED');
  });

  test('keys are fetched once, and again when a token is signed with a new one', async () => {
    const { verifier, issuer } = await start();
    const [first, second] = await Promise.all([signed(claims()), signed({ ...claims(), sub: 'bert' })]);
    await Promise.all([verifier.verify(first), verifier.verify(second)]);
    expect(issuer.fetches).toBe(1);
    const rotated = await signed(claims(), { kid: 'two' }, other.privateKey);
    issuer.keys = [await jwkOf(other.publicKey, 'two'), ...issuer.keys];
    expect(await reasonOf(verifier, rotated)).toBe('ada');
    expect(issuer.fetches).toBe(2);
    expect(await reasonOf(verifier, first)).toBe('ada');
    issuer.keys = issuer.keys.slice(0, 1);
    await reasonOf(verifier, await signed(claims(), { kid: 'three' }));
    expect(await reasonOf(verifier, first)).toBe('401 TOKEN_UNKNOWN_KEY');
  });

  test('unknown keys have them fetched no more often than the cooldown says', async () => {
    const { verifier, issuer } = await start({ cooldownMs: 60_000 });
    for (const kid of ['two', 'three', 'four']) {
      expect(await reasonOf(verifier, await signed(claims(), { kid }))).toBe('401 TOKEN_UNKNOWN_KEY');
    }
    expect(issuer.fetches).toBe(1);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['fails', (response) => response.writeHead(500).end()],
    ['is no JSON', (response) => response.end('<html>')],
    ['is no key set', (response) => response.end('{}')],
    ['redirects', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['breaks off', (response) => response.destroy()],
    ['is too large', (response) => response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(1_100_000) }))],
    ['hangs', () => {}],
  ])('503 where what has the keys %s, until it has them', async (_, instead) => {
    const { verifier, issuer } = await start({ timeoutMs: 300 });
    issuer.instead = instead;
    const timeouts = vi.spyOn(AbortSignal, 'timeout');
    cleanups.push(() => timeouts.mockRestore());
    const token = await signed(claims());
    expect(await reasonOf(verifier, token)).toBe('503 IDENTITY_UNAVAILABLE');
    expect(timeouts).toHaveBeenCalledWith(300);
    issuer.instead = undefined;
    expect(await reasonOf(verifier, token)).toBe('ada');
  });
});

describe('by a shared secret', () => {
  const secret = 'a secret of more than thirty-two bytes';

  async function start() {
    process.env.TEST_IDENTITY_SECRET = secret;
    const verifier = await verifierOf({ ...common, secret: { env: 'TEST_IDENTITY_SECRET' } });
    delete process.env.TEST_IDENTITY_SECRET;
    return verifier;
  }
  const hmac = (alg: string, by: string) =>
    new SignJWT(claims()).setProtectedHeader({ alg }).sign(Buffer.from(by));

  test('a token is signed with it by HS256 and nothing else', async () => {
    const verifier = await start();
    expect(await reasonOf(verifier, await hmac('HS256', secret))).toBe('ada');
    expect(await reasonOf(verifier, await hmac('HS256', `${secret}!`))).toBe('401 TOKEN_BAD_SIGNATURE');
    expect(await reasonOf(verifier, await hmac('HS512', secret.repeat(2)))).toBe('401 TOKEN_WRONG_ALGORITHM');
    expect(await reasonOf(verifier, await signed(claims()))).toBe('401 TOKEN_WRONG_ALGORITHM');
    expect(await reasonOf(verifier, new UnsecuredJWT(claims()).encode())).toMatch(/^401 TOKEN_/);
  });
});

test('what a client is told repeats nothing of the token', async () => {
  process.env.TEST_IDENTITY_SECRET = 'a secret of more than thirty-two bytes';
  const verifier = await verifierOf({ ...common, secret: { env: 'TEST_IDENTITY_SECRET' } });
  delete process.env.TEST_IDENTITY_SECRET;
  const payload = { ...claims(), aud: 'private-audience', iss: 'private-issuer' };
  const token = await signed(payload);
  const refused = await verifier.verify(token).catch((error) => error);
  const told = JSON.stringify([refused.errors, refused.headers, refused.message]);
  for (const part of [...token.split('.'), 'private']) {
    expect(told).not.toContain(part);
  }
  expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm="tributary", error="invalid_token", /);
});
