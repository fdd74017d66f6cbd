import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { collectLog } from '#test/harness/log.ts';
import type { GraphqlAnswer } from '#test/harness/subgraph.ts';
import type { RequestContext, Viewer } from './context.ts';
import { type GatewayKeys, gatewayKeysOf, viewerHeader } from './identity.ts';
import { type Subgraph, serveSubgraph } from './serve.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let one: Pair;
let two: Pair;
let folder: string;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  [one, two] = await Promise.all([generateKeyPair('EdDSA'), generateKeyPair('EdDSA')]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const publicJwk = async ({ publicKey }: Pair, kid: string): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg: 'EdDSA',
});

const now = () => Math.floor(Date.now() / 1_000);
const claims = (): JWTPayload => ({
  iss: 'urn:tributary:gateway',
  aud: 'viewers',
  sub: 'ada',
  kind: 'user',
  tenant: 'acme',
  roles: ['rep', 'Sales Lead'],
  scope: 'read write',
  jti: 'request-1',
  iat: now(),
  exp: now() + 60,
});
const header = { alg: 'EdDSA', typ: 'tributary-viewer+jwt', kid: 'one' };
const signed = (payload: JWTPayload = claims(), head: Partial<typeof header> = {}, pair = one) =>
  new SignJWT(payload).setProtectedHeader({ ...header, ...head }).sign(pair.privateKey);

/** A subgraph that answers who asks, and whether its store was closed. */
function viewers() {
  const closed = Promise.withResolvers<void>();
  const seen: Viewer[] = [];
  const subgraph: Subgraph = {
    name: 'viewers',
    sdl: 'type Query { tenant: String }',
    resolvers: {
      Query: {
        tenant: (_: unknown, __: unknown, { viewer, tenant }: RequestContext) => {
          seen.push(viewer);
          return tenant;
        },
      },
    },
    context: (request) => request,
    ping: async () => {},
    close: async () => closed.resolve(),
  };
  return { subgraph, seen, closed: closed.promise };
}

async function serve(keys: GatewayKeys | undefined) {
  const { subgraph, seen } = viewers();
  const { logger, text } = collectLog();
  const running = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, log: logger, keys });
  cleanups.push(running.close);
  const ask = async (token?: string) => {
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { [viewerHeader]: token }) },
      body: '{"query":"{ tenant }"}',
    });
    const { data, errors } = (await response.json()) as GraphqlAnswer;
    const outcome = data?.tenant ?? errors?.[0]?.extensions?.code;
    return { status: response.status, outcome, message: errors?.[0]?.message, headers: response.headers };
  };
  const outcomeOf = async (token?: string) => {
    const { status, outcome } = await ask(token);
    return `${status} ${outcome}`;
  };
  return { ask, outcomeOf, seen, log: text, url: running.url };
}

const inMemory = async (): Promise<GatewayKeys> => {
  const jwks = { keys: [await publicJwk(one, 'one')] };
  return { kind: 'memory', read: () => jwks };
};

describe('a subgraph that gateways vouch before', () => {
  it('sees the viewer and its tenant', async () => {
    const { outcomeOf, seen } = await serve(await inMemory());
    expect(await outcomeOf(await signed())).toBe('200 acme');
    expect(seen).toEqual([
      { kind: 'user', id: 'ada', tenant: 'acme', roles: ['rep', 'Sales Lead'], scopes: ['read', 'write'] },
    ]);
    const { sub: _, ...nobody } = claims();
    await outcomeOf(await signed({ ...nobody, kind: 'anonymous', roles: [], scope: '' }));
    expect(seen[1]).toEqual({ kind: 'anonymous', id: null, tenant: 'acme', roles: [], scopes: [] });
  });

  it('answers nobody without a token but whoever watches it', async () => {
    const { ask, url, seen } = await serve(await inMemory());
    const { status, outcome, message, headers } = await ask();
    expect([status, outcome]).toEqual([401, 'UNAUTHENTICATED']);
    expect(message).toContain(viewerHeader);
    expect(headers.get('www-authenticate')).toContain(viewerHeader);
    expect((await fetch(url.replace('/graphql', '/health'))).status).toBe(200);
    expect(seen).toEqual([]);
  });

  it.each<[string, (payload: JWTPayload) => JWTPayload]>([
    ['has expired', (payload) => ({ ...payload, exp: now() - 10 })],
    ['never expires', ({ exp: _, ...payload }) => payload],
    ['is not valid yet', (payload) => ({ ...payload, nbf: now() + 60 })],
    ['is meant for another subgraph', (payload) => ({ ...payload, aud: 'orders' })],
    ['is of another issuer', (payload) => ({ ...payload, iss: 'https://id.example' })],
    ['has no tenant', ({ tenant: _, ...payload }) => payload],
    ['is of an unknown kind', (payload) => ({ ...payload, kind: 'root' })],
    ['has roles that are no list', (payload) => ({ ...payload, roles: 'admin' })],
  ])('refuses one that %s', async (_, change) => {
    const { outcomeOf, log, seen } = await serve(await inMemory());
    const token = await signed(change(claims()));
    expect(await outcomeOf(token)).toBe('401 UNAUTHENTICATED');
    expect(seen).toEqual([]);
    expect(log()).toContain('a request was refused');
    for (const part of token.split('.')) expect(log()).not.toContain(part);
  });

  it('refuses one that is signed otherwise', async () => {
    const { outcomeOf } = await serve(await inMemory());
    const refused = '401 UNAUTHENTICATED';
    expect(await outcomeOf(await signed(claims(), {}, two))).toBe(refused);
    expect(await outcomeOf(await signed(claims(), { kid: 'two' }, two))).toBe(refused);
    expect(await outcomeOf(await signed(claims(), { typ: 'JWT' }))).toBe(refused);
    expect(await outcomeOf(new UnsecuredJWT(claims()).encode())).toBe(refused);
    const secret = new TextEncoder().encode('a secret of more than thirty-two bytes');
    expect(
      await outcomeOf(await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(secret)),
    ).toBe(refused);
    expect(await outcomeOf('nonsense')).toBe(refused);
  });

  it('believes a new key that the file has got since', async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'keys.json');
    await writeFile(file, JSON.stringify({ keys: [await publicJwk(one, 'one')] }));
    const { outcomeOf } = await serve({ kind: 'file', file });
    expect(await outcomeOf(await signed())).toBe('200 acme');
    const next = await signed(claims(), { kid: 'two' }, two);
    await writeFile(
      file,
      JSON.stringify({ keys: [await publicJwk(two, 'two'), await publicJwk(one, 'one')] }),
    );
    await expect.poll(() => outcomeOf(next), { timeout: 10_000 }).toBe('200 acme');
    expect(await outcomeOf(await signed())).toBe('200 acme');
  });

  it('believes a new key that the gateway publishes, and answers 503 while none can be had', async () => {
    let keys: JWK[] | undefined;
    let fetches = 0;
    const server = createServer((_, response) => {
      fetches += 1;
      if (keys === undefined) response.writeHead(502).end();
      else response.end(JSON.stringify({ keys }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(() => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    });
    const { port } = server.address() as AddressInfo;
    const { outcomeOf, log } = await serve(gatewayKeysOf(`http://127.0.0.1:${port}/.well-known/jwks.json`));
    expect(await outcomeOf(await signed())).toBe('503 INTERNAL_KEYS_UNAVAILABLE');
    expect(log()).toContain('Expected 200 OK');
    keys = [await publicJwk(one, 'one')];
    expect(await outcomeOf(await signed())).toBe('200 acme');
    const known = fetches;
    await outcomeOf(await signed());
    expect(fetches).toBe(known);
    keys = [await publicJwk(two, 'two'), ...keys];
    const next = await signed(claims(), { kid: 'two' }, two);
    await expect.poll(() => outcomeOf(next), { timeout: 10_000 }).toBe('200 acme');
  });

  it('believes a new key of a gateway in the same process at once', async () => {
    let jwks = { keys: [await publicJwk(one, 'one')] };
    const { outcomeOf } = await serve({ kind: 'memory', read: () => jwks });
    expect(await outcomeOf(await signed())).toBe('200 acme');
    jwks = { keys: [await publicJwk(two, 'two')] };
    expect(await outcomeOf(await signed(claims(), { kid: 'two' }, two))).toBe('200 acme');
    expect(await outcomeOf(await signed())).toBe('401 UNAUTHENTICATED');
  });
});

describe('a subgraph without keys', () => {
  it('takes everybody on loopback for the local viewer', async () => {
    const { outcomeOf, seen } = await serve(undefined);
    expect(await outcomeOf()).toBe('200 default');
    expect(seen).toEqual([{ kind: 'local', id: 'local', roles: ['admin'], scopes: [], tenant: 'default' }]);
  });

  it('refuses what it cannot check, rather than answer for another tenant', async () => {
    const { ask, seen } = await serve(undefined);
    const { status, message } = await ask(await signed());
    expect([status, message]).toEqual([401, expect.stringContaining('set INTERNAL_JWKS')]);
    expect(seen).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '10.1.2.3'])('does not start on %s, and closes its store', async (host) => {
    const { subgraph, closed } = viewers();
    const served = serveSubgraph(subgraph, { host, port: 0, log: pino({ level: 'silent' }) });
    await expect(served).rejects.toThrow(`cannot be bound to "${host}"`);
    await expect(served).rejects.toThrow('INTERNAL_JWKS');
    await closed;
  });
});

describe('INTERNAL_JWKS', () => {
  it('is a URL or a file', () => {
    expect(gatewayKeysOf(undefined)).toBeUndefined();
    expect(gatewayKeysOf('keys/public.json')).toEqual({ kind: 'file', file: 'keys/public.json' });
    const url = 'https://gateway.example/.well-known/jwks.json';
    expect(gatewayKeysOf(url)).toEqual({ kind: 'url', url: new URL(url) });
    for (const bad of ['http://gateway.example/keys', 'ftp://127.0.0.1/keys', 'http://']) {
      expect(() => gatewayKeysOf(bad)).toThrow(`INTERNAL_JWKS is "${bad}"`);
    }
  });

  it.each([
    ['nothing', undefined, 'cannot be read'],
    ['no keys', '{}', 'is no JSON Web Key Set'],
    ['private keys', '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"a","d":"a"}]}', 'private keys'],
  ])('is refused at the start where the file holds %s', async (_, text, why) => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'keys.json');
    if (text !== undefined) await writeFile(file, text);
    await expect(serve({ kind: 'file', file })).rejects.toThrow(why);
  });
});
