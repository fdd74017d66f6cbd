import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { expiredToken, html, rateLimited, serverError, wrongJson } from './faults.ts';

const text = JSON.stringify({ results: Array.from({ length: 50 }, (_, i) => ({ id: i, name: 'Ä' })) });

/** Answers everything with the same JSON, and keeps what it was sent. */
interface Target {
  readonly server: Server;
  readonly url: string;
  readonly received: {
    readonly url: string | undefined;
    readonly rawHeaders: readonly string[];
    readonly body: Buffer;
  }[];
}

async function startTarget(): Promise<Target> {
  const received: Target['received'] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    received.push({ url: incoming.url, rawHeaders: incoming.rawHeaders, body: Buffer.concat(chunks) });
    outgoing.writeHead(incoming.url === '/empty' ? 204 : 200, [
      'Content-Type',
      'application/json',
      'X-Own',
      'Yes',
    ]);
    outgoing.end(incoming.url === '/empty' ? undefined : text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

let target: Target;
let proxy: FaultProxy;
/* A connection for each request: a reset is the request's own, and nothing is sent twice. */
const dispatcher = new Agent({ pipelining: 0 });

beforeAll(async () => {
  target = await startTarget();
});
beforeEach(async () => {
  target.received.length = 0;
  proxy = await startFaultProxy(target.url);
});
afterEach(() => proxy.close());
afterAll(async () => {
  await dispatcher.close();
  target.server.closeAllConnections();
  target.server.close();
});

async function get(
  path = '/a',
  options: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
) {
  const answer = await request(`${proxy.url}${path}`, { dispatcher, ...options });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}
const codeOf = async (asked: Promise<unknown>) => {
  const error = await asked.then(
    () => undefined,
    (thrown) => thrown,
  );
  return error?.cause?.code ?? error?.code;
};

/** What a socket sees, and the error that it ends with; a client makes its own errors of both. */
async function overSocket(): Promise<{ received: string; error: string | undefined }> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  let received = '';
  let error: string | undefined;
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', (thrown: NodeJS.ErrnoException) => {
    error = thrown.code;
  });
  socket.write('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  return { received, error };
}

describe('the fault proxy', () => {
  it('forwards bytes and headers as they are, and keeps them', async () => {
    const body = Buffer.from([0, 255, 13, 10, 128]);
    const answer = await request(`${proxy.url}/a/b?x=%5B1%5D&x=2`, {
      dispatcher,
      method: 'PUT',
      headers: { 'X-Mixed-Case': 'Value', 'content-type': 'application/octet-stream' },
      body,
    });
    expect(await answer.body.text()).toBe(text);
    expect(answer.headers).toMatchObject({
      'x-own': 'Yes',
      'content-length': String(Buffer.byteLength(text)),
    });
    expect(target.received).toMatchObject([{ url: '/a/b?x=%5B1%5D&x=2', body }]);
    expect(target.received[0]?.rawHeaders).toEqual(proxy.requests[0]?.rawHeaders);
    expect(proxy.requests).toMatchObject([{ method: 'PUT', path: '/a/b', body, fault: undefined }]);
    expect(proxy.requests[0]?.rawHeaders).toContain('X-Mixed-Case');
    expect((await get('/empty')).status).toBe(204);
  });

  it('matches by method, path and place in the order', async () => {
    proxy.fault({ method: 'GET', path: '/a', nth: 2 }, serverError(502));
    const take = proxy.fault({ path: /^\/b/, nth: [2, 3] }, serverError(500));
    const statuses = [];
    for (const path of ['/a', '/b1', '/a', '/a', '/b2', '/b3', '/b4'])
      statuses.push((await get(path)).status);
    expect(statuses).toEqual([200, 200, 502, 200, 500, 500, 200]);
    take();
    proxy.fault({ path: '/b5' }, serverError());
    expect((await get('/b5')).status).toBe(503);
    proxy.heal();
    expect((await get('/b5')).status).toBe(200);
    expect(target.received).toHaveLength(5);
  });

  it('says 429 with Retry-After in seconds, as a date, and without', async () => {
    const at = new Date('2999-01-01T00:00:00Z');
    proxy.fault({ nth: 1 }, rateLimited(7));
    proxy.fault({ nth: 2 }, rateLimited(at));
    proxy.fault({ nth: 3 }, rateLimited());
    const answers = [await get(), await get(), await get()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429]);
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['7', at.toUTCString(), undefined]);
    expect(target.received).toEqual([]);
  });

  it.each([false, true])('never answers until the client goes (forwarded: %s)', async (forwarded) => {
    proxy.fault({}, { kind: 'timeout', forwarded });
    const gone = new AbortController();
    const asked = get('/a', { signal: gone.signal });
    await expect.poll(() => proxy.requests.length + target.received.length).toBe(forwarded ? 2 : 1);
    gone.abort();
    await expect(asked).rejects.toThrow(/abort/i);
  });

  it.each([
    { when: 'unsent', worked: 0 },
    { when: 'unanswered', worked: 1 },
  ] as const)('resets the connection $when', async ({ when, worked }) => {
    proxy.fault({}, { kind: 'reset', when });
    expect(await codeOf(get())).toBe('ECONNRESET');
    expect(target.received).toHaveLength(worked);
  });

  it('resets the connection amid the body', async () => {
    proxy.fault({}, { kind: 'reset', when: 'mid-body' });
    const { received, error } = await overSocket();
    expect(received).toContain('HTTP/1.1 200 OK');
    expect(received).toContain('"id":1');
    expect(received).not.toContain('"id":49');
    expect(error).toBe('ECONNRESET');
    await expect(get()).rejects.toThrow();
  });

  it('trickles a body', async () => {
    proxy.fault({}, { kind: 'slow', bytes: 400, everyMs: 1 });
    const answer = await request(`${proxy.url}/a`, { dispatcher });
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.concat(chunks).toString()).toBe(text);
  });

  it('holds a body back for longer than a client waits', async () => {
    proxy.fault({}, { kind: 'slow', bytes: 1, everyMs: 60_000 });
    const gone = new AbortController();
    const answer = await request(`${proxy.url}/a`, { dispatcher, signal: gone.signal });
    expect(answer.statusCode).toBe(200);
    gone.abort();
    await expect(answer.body.text()).rejects.toThrow(/abort/i);
  });

  it('cuts JSON short, with a length that says so and with one that does not', async () => {
    proxy.fault({ nth: 1 }, { kind: 'truncated', bytes: 100, honest: true });
    proxy.fault({ nth: 2 }, { kind: 'truncated', bytes: 100, honest: false });
    const { headers, body } = await get();
    expect(headers['content-length']).toBe('100');
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
    await expect(get()).rejects.toThrow();
    proxy.fault({ nth: 1 }, { kind: 'truncated', bytes: 100, honest: false });
    const { received, error } = await overSocket();
    expect(received).toMatch(new RegExp(`Content-Length: ${Buffer.byteLength(text)}`));
    expect(Buffer.byteLength(received.split('\r\n\r\n')[1] ?? '')).toBe(100);
    expect(error).toBeUndefined();
  });

  it('answers with other JSON, and with HTML', async () => {
    proxy.fault({ nth: 1 }, wrongJson());
    proxy.fault({ nth: 2 }, html());
    expect(JSON.parse((await get()).body)).toEqual({ unexpected: true });
    const page = await get();
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
    expect(() => JSON.parse(page.body)).toThrow(SyntaxError);
  });

  it('sets the clock apart', async () => {
    const hour = 3_600_000;
    const apart = async () => Date.parse(String((await get()).headers.date)) - Date.now();
    expect(Math.abs(await apart())).toBeLessThan(60_000);
    proxy.clock.skew(-2 * hour);
    expect(Math.abs((await apart()) + 2 * hour)).toBeLessThan(60_000);
    expect(Math.abs(proxy.clock.now() + 2 * hour - Date.now())).toBeLessThan(60_000);
    proxy.fault({}, serverError());
    expect(Math.abs((await apart()) + 2 * hour)).toBeLessThan(60_000);
  });

  it('refuses a token once, or until there is another', async () => {
    const refusal = { status: 401, body: { errors: [{ code: 'expired' }] } };
    const as = async (token: string, path = '/a') =>
      (await get(path, { headers: { authorization: token } })).status;
    proxy.fault({ path: '/once' }, expiredToken(refusal, 'once'));
    expect([await as('t1', '/once'), await as('t1', '/once')]).toEqual([401, 200]);
    proxy.fault({ path: '/a' }, expiredToken(refusal));
    expect([await as('t1'), await as('t1'), await as('t2'), await as('t1')]).toEqual([401, 401, 200, 401]);
    const { headers, body } = await get('/a', { headers: { authorization: 't1' } });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual(refusal.body);
  });

  it('counts requests in windows', async () => {
    for (let i = 0; i < 3; i += 1) await get('/a');
    await get('/b');
    expect(proxy.busiest(60_000)).toBe(4);
    expect(proxy.busiest(60_000, { path: '/a' })).toBe(3);
    expect(proxy.busiest(0.001)).toBe(1);
    expect(proxy.busiest(60_000, { path: '/none' })).toBe(0);
  });
});
