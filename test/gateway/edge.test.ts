import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request as undiciRequest } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, resetWorld, type World } from './fixture.ts';

let world: World;

let routes: string;

const cardQuery = 'query Card($id: ID!) { account(id: $id) { name observedAt usage { visits } } }';
const cardRoute = `method: GET
path: /accounts/{id}/card
summary: One account.
parameters:
  id: { in: path, description: The account's id. }
`;

beforeAll(async () => {
  world = await createWorld();
  routes = join(world.folder, 'routes');
  await mkdir(routes);
  await writeFile(join(routes, 'Card.graphql'), cardQuery);
  await writeFile(join(routes, 'Card.rest.yaml'), cardRoute);
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const query = '{ account(id: "1") { name } }';
const json = { 'content-type': 'application/json' };

function ask(url: string, headers: Record<string, string> = {}, body = JSON.stringify({ query })) {
  return undiciRequest(`${url}/graphql`, { method: 'POST', headers: { ...json, ...headers }, body });
}

describe('pages of other origins', () => {
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };

  test('one of the list may ask and read the answer', async () => {
    const origin = 'https://crm.example.com';
    const { url } = await world.start({ routes, edge: { browser: { origins: [origin] } } });
    for (const path of ['/graphql', '/accounts/1/card']) {
      const { statusCode, headers } = await undiciRequest(`${url}${path}`, {
        method: 'OPTIONS',
        headers: { origin, ...preflight },
      });
      expect(statusCode).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': '600',
        vary: 'Origin',
      });
      expect(headers['access-control-allow-headers']).toContain('authorization');
    }
    const answered = await ask(url, { origin });
    expect(answered.headers).toMatchObject({ 'access-control-allow-origin': origin });
    expect(answered.headers['access-control-allow-credentials']).toBeUndefined();
    expect(await answered.body.json()).toEqual({ data: { account: { name: 'Ada' } } });
  });

  test('others get no word that would let a browser go on', async () => {
    const { url } = await world.start({ edge: { browser: { origins: ['https://crm.example.com'] } } });
    const headers = { origin: 'https://evil.example', ...preflight };
    const asked = await undiciRequest(`${url}/graphql`, { method: 'OPTIONS', headers });
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    const answered = await ask(url, headers);
    expect(answered.headers['access-control-allow-origin']).toBeUndefined();
    await answered.body.dump();
  });
});

describe('where nobody is authenticated', () => {
  test.each(['evil.example', 'localhost.evil.example', '192.0.2.1'])(
    'a request for host %s is refused',
    async (host) => {
      const { url } = await world.start();
      const { statusCode, body } = await ask(url, { host });
      expect(statusCode).toBe(421);
      expect(await body.json()).toMatchObject({ errors: [{ extensions: { code: 'HOST_NOT_SERVED' } }] });
    },
  );

  test.each(['localhost', '127.0.0.1:9', '[::1]:4000'])('a request for host %s is served', async (host) => {
    const { url } = await world.start();
    const { statusCode, body } = await ask(url, { host });
    expect(statusCode).toBe(200);
    await body.dump();
  });
});

test('answers carry headers that keep browsers from misusing them', async () => {
  const { url } = await world.start();
  const { headers, body } = await ask(url);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'strict-transport-security': expect.stringContaining('max-age='),
  });
  await body.dump();
});

test('one request too many from an address is refused in the words of each transport', async () => {
  const { url } = await world.start({
    routes,
    edge: { trustProxy: ['127.0.0.1'], rates: { address: 1, windowMs: 60_000 } },
  });
  const from = { 'x-forwarded-for': '203.0.113.9' };
  const first = await ask(url, from);
  expect(first.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
  await first.body.dump();
  const second = await ask(url, from);
  expect(second.statusCode).toBe(429);
  expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
  expect(await second.body.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
  const rest = await undiciRequest(`${url}/accounts/1/card`, { headers: from });
  expect(rest.statusCode).toBe(429);
  expect(await rest.body.json()).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
  const elsewhere = await ask(url, { 'x-forwarded-for': '203.0.113.10' });
  expect(elsewhere.statusCode).toBe(200);
  await elsewhere.body.dump();
});

test('nobody chooses the address that is counted, unless a proxy is trusted', async () => {
  const { url } = await world.start({ edge: { rates: { address: 1 } } });
  for (let i = 0; i < 3; i++) {
    const { statusCode, body } = await ask(url, { 'x-forwarded-for': '203.0.113.9' });
    expect(statusCode).toBe(200);
    await body.dump();
  }
});

describe('compression', () => {
  const many = JSON.stringify({
    query: `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: account(id: "1") { name id observedAt }`).join(' ')} }`,
  });

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('a large answer is sent as %s to a client that takes it', async (encoding, decompress) => {
    const { url } = await world.start();
    const { headers, body } = await ask(url, { 'accept-encoding': encoding }, many);
    expect(headers['content-encoding']).toBe(encoding);
    expect(String(headers.vary).toLowerCase()).toContain('accept-encoding');
    const { data } = JSON.parse(decompress(Buffer.from(await body.arrayBuffer())).toString());
    expect(Object.keys(data)).toHaveLength(20);
  });

  test('not a small one, nor where it is off or not asked for', async () => {
    const { url } = await world.start();
    const off = await world.start({ edge: { compressFromBytes: false } });
    const small = await ask(url, { 'accept-encoding': 'gzip' });
    const unasked = await ask(url, {}, many);
    const uncompressed = await ask(off.url, { 'accept-encoding': 'gzip' }, many);
    for (const { headers, body } of [small, unasked, uncompressed]) {
      expect(headers['content-encoding']).toBeUndefined();
      await body.dump();
    }
  });
});

describe('connections', () => {
  test.each([
    ['headers', { headersMs: 200 }, 'POST /graphql HTTP/1.1\r\nhost: localhost\r\n'],
    [
      'a body',
      { headersMs: 200, receiveMs: 300 },
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
    ],
  ])('a client that never ends %s is answered 408 and closed', async (_, connection, sent) => {
    const { port } = await world.start({ edge: { connection } });
    const socket = connect(port, '127.0.0.1');
    socket.write(sent);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('one connection carries so many requests and no more', async () => {
    const { port } = await world.start({ edge: { connection: { requests: 2 } } });
    const socket = connect(port, '127.0.0.1');
    const get = 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n';
    socket.write(get);
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1\.1 200 .*connection: keep-alive/is);
    socket.write(get);
    const [last] = await once(socket, 'data');
    expect(String(last)).toMatch(/^HTTP\/1\.1 200 .*connection: close/is);
    socket.destroy();
  });

  test('connections over the bound are dropped', async () => {
    const { port } = await world.start({ edge: { connection: { connections: 1 } } });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    first.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(first, 'data');
    const second = connect(port, '127.0.0.1');
    second.on('error', () => undefined);
    await once(second, 'close');
    first.destroy();
  });

  test('headers larger than the bound are refused', async () => {
    const { url } = await world.start({ edge: { connection: { headerBytes: 2_000 } } });
    const { statusCode, body } = await ask(url, { 'x-long': 'x'.repeat(3_000) });
    expect(statusCode).toBe(431);
    await body.dump();
  });
});

describe('a REST answer', () => {
  test('has a tag that stays while it says the same, and 304 spares sending it again', async () => {
    const { url } = await world.start({ routes });
    const first = await undiciRequest(`${url}/accounts/1/card`);
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'authorization' });
    const { etag } = first.headers;
    expect(etag).toMatch(/^W\/"/);
    await first.body.dump();
    for (const known of [String(etag), `"other", ${etag}`, '*']) {
      const again = await undiciRequest(`${url}/accounts/1/card`, { headers: { 'if-none-match': known } });
      expect([again.statusCode, again.headers.etag, await again.body.text()]).toEqual([304, etag, '']);
    }
    const other = await undiciRequest(`${url}/accounts/2/card`, {
      headers: { 'if-none-match': String(etag) },
    });
    expect(other.statusCode).toBe(200);
    await other.body.dump();
  });

  test('a problem is kept by nobody', async () => {
    const { url } = await world.start({ routes });
    const { statusCode, headers, body } = await undiciRequest(`${url}/accounts/9/card`);
    expect([statusCode, headers['cache-control'], headers.etag]).toEqual([404, 'no-store', undefined]);
    await body.dump();
  });
});

test.each<[string, Parameters<World['start']>[0], string]>([
  [
    'an origin with a path',
    { edge: { browser: { origins: ['https://a.example/x'] } } },
    'https://a.example/x',
  ],
  ['a wildcard', { edge: { browser: { frameAncestors: ['*'] } } }, 'browser.frameAncestors has "*"'],
  ['a rate of none', { edge: { rates: { viewer: 0 } } }, 'rates.viewer is 0'],
  ['a proxy that is no address', { edge: { trustProxy: ['10.0.0.0/99'] } }, '10.0.0.0/99'],
  ['headers slower than the whole', { edge: { connection: { headersMs: 60_000 } } }, 'connection.headersMs'],
  ['a Redis that is none', { redis: 'http://user:secret@127.0.0.1' }, 'redis is no Redis URL'],
])('refused at the start: %s', async (_, options, words) => {
  const refused = await world.start(options).catch((error: Error) => error.message);
  expect(refused).toContain(words);
  expect(refused).not.toContain('secret');
});
