import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectLog } from '#test/harness/log.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { openStore } from '../store/store.ts';
import type { AuthHeaders, Credentials } from './credentials.ts';
import { openVendorHttp, type VendorHttp, type VendorHttpOptions, type VendorRequest } from './http.ts';
import { type CallLimitTables, createCallLimits } from './limit-store.ts';
import { openVendorCalls, type VendorCallsOptions } from './open-calls.ts';
import { rateLimitHeaders } from './retry-after.ts';

type Reply = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const ends: (() => Promise<unknown>)[] = [];
const log = collectLog();
let origin: string;
/** What the vendor does next; the last one stays. */
let replies: Reply[];
let requests: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[];

beforeEach(async () => {
  replies = [];
  requests = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    reply?.(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const says =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };
const found = says(200, { id: '7' });

/** Tokens t0, t1, … of which each refresh gives the next. */
function tokens() {
  let count = 0;
  const headers = (): AuthHeaders => ({ authorization: `Bearer secret-t${count}` });
  const credentials: Credentials = {
    headers: async () => headers(),
    refresh: async () => {
      count += 1;
      return true;
    },
  };
  return { credentials, refreshes: () => count };
}

interface Given {
  readonly http?: Partial<VendorHttpOptions>;
  readonly calls?: Partial<VendorCallsOptions<CallLimitTables>>;
}

async function opened({ http, calls }: Given = {}): Promise<VendorHttp> {
  const place = await temporaryStore('sqlite');
  ends.push(place.remove);
  const migrations = { '001_limits': createCallLimits };
  const { location } = place;
  const store = await openStore<CallLimitTables>({ name: 'limits', location, migrations });
  ends.push(store.close);
  const limits = { default: { windows: [{ points: 100, perMs: 1_000 }] } };
  const vendor = 'some';
  const made = openVendorCalls({
    vendor,
    account: 'main',
    tenant: 'acme',
    store,
    log: log.logger,
    limits,
    repetitions: 0,
    ...calls,
  });
  ends.push(made.close);
  const { credentials } = tokens();
  const client = openVendorHttp({ vendor, origin, calls: made, credentials, log: log.logger, ...http });
  ends.push(client.close);
  return client;
}

const shape = z.object({ id: z.string() });
const get = (more: Partial<VendorRequest<{ id: string }>> = {}): VendorRequest<{ id: string }> => ({
  method: 'GET',
  path: '/people/{email}',
  params: { email: 'ada@example.com' },
  endpoint: 'default',
  urgency: 'read',
  repeatable: true,
  signal: new AbortController().signal,
  answer: shape,
  ...more,
});

const unavailable = { name: 'VendorError', failure: { kind: 'unavailable' } };

describe('a request', () => {
  it('is what was asked for, and so is its answer', async () => {
    replies = [says(201, { id: '7', more: true }, { 'x-page': '2' })];
    const headers = { revision: '3', authorization: 'of nobody' };
    const client = await opened({ http: { headers } });
    const answer = await client.request(
      get({
        method: 'POST',
        query: { limit: 5, after: undefined, properties: ['a b', 'c&d'] },
        body: { name: 'Ada' },
        contentType: 'application/vnd.api+json',
      }),
    );
    expect(answer).toMatchObject({ status: 201, body: { id: '7' }, headers: { 'x-page': '2' } });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: '/people/ada%40example.com?limit=5&properties=a+b&properties=c%26d',
        body: '{"name":"Ada"}',
        headers: {
          accept: 'application/json',
          authorization: 'Bearer secret-t0',
          'content-type': 'application/vnd.api+json',
          revision: '3',
        },
      },
    ]);
  });

  it('may be answered with nothing, and by a status that is expected', async () => {
    replies = [(_, response) => response.writeHead(204).end(), says(409, { id: 'known' })];
    const client = await opened();
    const nothing = await client.request({ ...get({ method: 'DELETE' }), answer: z.undefined() });
    expect(nothing).toMatchObject({ status: 204, body: undefined });
    const conflict = await client.request(get({ expect: [409] }));
    expect(conflict).toMatchObject({ status: 409, body: { id: 'known' } });
  });

  it.each(['', '..', undefined])('goes nowhere with "%s" in its path', async (email) => {
    replies = [found];
    const client = await opened();
    await expect(client.request(get({ params: { email: email as string } }))).rejects.toThrow('"email"');
    expect(requests).toEqual([]);
  });

  it.each([
    'http://example.com',
    'ftp://127.0.0.1',
    'https://u:p@example.com',
    'https://example.com/v3',
    'https://example.com?key=1',
    'http://127.0.0.1.example.com',
    'http://127.example.com',
    'http://localhost.example.com',
    'x',
  ])('goes to no origin such as %s', async (unsafe) => {
    await expect(opened({ http: { origin: unsafe } })).rejects.toThrow('is no origin of some');
  });
});

describe('an answer that is none', () => {
  it.each<[string, Reply, string]>([
    ['of another shape', says(200, { id: 7 }), 'not what it is said to be, in id'],
    ['of no JSON', says(200, '{"id": "7'), 'no JSON'],
    ['of another type', says(200, '"<html>"', { 'content-type': 'text/html' }), 'as text/html'],
    ['without a body', says(200, ''), 'not what it is said to be, in the whole'],
    ['that is too large', says(200, { id: 'x'.repeat(5_000) }), 'UND_ERR_RES_EXCEEDED_MAX_SIZE'],
    [
      'that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"id":"7"');
        setImmediate(() => response.destroy());
      },
      'no answer',
    ],
    ['but a reset', (request) => request.socket.resetAndDestroy(), 'no answer'],
    ['but a server error', says(503, 'sorry', { 'content-type': 'text/html' }), 'answered 503'],
    ['but a time-out of theirs', says(408), 'answered 408'],
    ['as it would be too early', says(425), 'answered 425'],
  ])('%s is unavailable', async (_, reply, message) => {
    replies = [reply];
    const client = await opened({ http: { maxAnswerBytes: 2_000 } });
    const asked = client.request(get());
    await expect(asked).rejects.toMatchObject(unavailable);
    await expect(asked).rejects.toThrow(message);
  });

  it('in time is unavailable, and the request is ended', async () => {
    let isGone = false;
    replies = [
      (request) => {
        request.socket.on('close', () => {
          isGone = true;
        });
      },
    ];
    const client = await opened({ calls: { attemptMs: 50 } });
    await expect(client.request(get())).rejects.toMatchObject(unavailable);
    await expect.poll(() => isGone).toBe(true);
  });

  it('is asked for again where that is safe', async () => {
    replies = [says(503), (request) => request.socket.resetAndDestroy(), found];
    const client = await opened({ calls: { repetitions: 2 } });
    expect((await client.request(get())).body).toEqual({ id: '7' });
    replies = [says(503)];
    requests = [];
    await expect(client.request(get({ repeatable: false }))).rejects.toMatchObject(unavailable);
    expect(requests).toHaveLength(1);
    // A connection that is lost may have brought the request.
    replies = [(request) => request.socket.resetAndDestroy(), found];
    requests = [];
    await expect(client.request(get({ repeatable: false }))).rejects.toMatchObject(unavailable);
    expect(requests).toHaveLength(1);
  });

  it('where nobody listens is unavailable', async () => {
    const client = await opened({ http: { origin: 'http://127.0.0.1:1' } });
    await expect(client.request(get())).rejects.toThrow('no answer, ECONNREFUSED');
  });
});

describe('a limit', () => {
  const skewed = 'Mon, 02 Mar 2020 10:00:00 GMT';
  const inHalfAMinute = () => new Date(Date.now() + 30_500).toUTCString();
  it.each<[string, () => Record<string, string>, number | null, number]>([
    ['in seconds', () => ({ 'retry-after': '90' }), 90_000, 0],
    ['in parts of them', () => ({ 'retry-after': '90.5' }), 90_500, 0],
    [
      'as a date by a clock that is years behind ours',
      () => ({ date: skewed, 'retry-after': 'Mon, 02 Mar 2020 10:02:00 GMT' }),
      120_000,
      0,
    ],
    [
      'as a date that has passed',
      () => ({ date: skewed, 'retry-after': 'Mon, 02 Mar 2020 09:00:00 GMT' }),
      0,
      0,
    ],
    ['as a date by our clock', () => ({ date: '', 'retry-after': inHalfAMinute() }), 30_000, 5_000],
    ['as nothing', () => ({}), null, 0],
    ['as nonsense', () => ({ 'retry-after': 'soon' }), null, 0],
  ])('tells how long to wait %s', async (_, headers, expected, off) => {
    replies = [says(429, {}, headers())];
    const client = await opened();
    const error = await client.request(get()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: { kind: 'limited' } });
    const { retryAfterMs } = (error as { failure: { retryAfterMs: number | null } }).failure;
    if (expected === null || off === 0) expect(retryAfterMs).toBe(expected);
    else expect(Math.abs((retryAfterMs ?? 0) - expected)).toBeLessThan(off);
  });

  it('that is told of in any answer is kept to', async () => {
    replies = [says(200, { id: '7' }, { 'ratelimit-remaining': '0', 'ratelimit-reset': '600' })];
    const windows = [{ points: 100, perMs: 3_600_000 }];
    const client = await opened({
      http: { limitOf: rateLimitHeaders },
      calls: { limits: { default: { windows } } },
    });
    await client.request(get());
    await expect
      .poll(() => client.request(get()).catch((error: unknown) => error))
      .toMatchObject({
        failure: { kind: 'limited' },
      });
  });
});

describe('a refusal', () => {
  const reasonOf = (body: unknown) => {
    const said = z.object({ category: z.string(), message: z.string() }).safeParse(body);
    return said.success ? { code: said.data.category, reason: said.data.message } : null;
  };

  it('is told with the code and the reason of the vendor', async () => {
    replies = [says(400, { category: 'INVALID_EMAIL', message: 'ada@example.com is no address' })];
    const client = await opened({ http: { reasonOf } });
    const error = await client.request(get()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      failure: { kind: 'refused', code: 'INVALID_EMAIL' },
      reason: 'ada@example.com is no address',
    });
    expect(String(error)).toBe('VendorError: some: GET /people/{email} answered 400 INVALID_EMAIL');
  });

  it.each([
    [404, 'no JSON at all'],
    [422, { category: 'ada@example.com has no such thing', message: 'x' }],
  ])('of %i without a code has that of its status', async (status, body) => {
    replies = [says(status, body)];
    const client = await opened({ http: { reasonOf } });
    await expect(client.request(get())).rejects.toMatchObject({
      failure: { kind: 'refused', code: `HTTP_${status}` },
    });
  });

  it('is what a redirect is: credentials go to nobody else', async () => {
    replies = [says(302, '', { location: `${origin}/elsewhere` })];
    const client = await opened();
    await expect(client.request(get())).rejects.toMatchObject({
      failure: { kind: 'refused', code: 'HTTP_302' },
    });
    expect(requests).toHaveLength(1);
  });
});

describe('credentials that are refused', () => {
  it('are replaced once, and the request is sent again whatever it is', async () => {
    replies = [says(401), found];
    const { credentials, refreshes } = tokens();
    const client = await opened({ http: { credentials } });
    const answer = await client.request(get({ method: 'POST', repeatable: false }));
    expect(answer.body).toEqual({ id: '7' });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret-t0',
      'Bearer secret-t1',
    ]);
    replies = [says(401)];
    await expect(client.request(get())).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect([requests.length, refreshes()]).toEqual([4, 2]);
  });

  it('are not replaced where there are no others, or where they do not suffice', async () => {
    const { credentials, refreshes } = tokens();
    const client = await opened({ http: { credentials: { ...credentials, refresh: async () => false } } });
    replies = [says(401)];
    await expect(client.request(get())).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    replies = [says(403)];
    const other = await opened({ http: { credentials } });
    await expect(other.request(get())).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect([requests.length, refreshes()]).toEqual([2, 0]);
  });
});

describe('what nobody is to read', () => {
  it('stands in no message and in no line of the log', async () => {
    const reasonOf = () => ({ code: 'ada@example.com', reason: 'ada@example.com' });
    const breaker = { failures: 100, openMs: 1_000 };
    const client = await opened({ calls: { repetitions: 1, breaker }, http: { reasonOf } });
    const faults: Reply[] = [
      says(401),
      says(400, 'ada@example.com'),
      says(503, 'ada@example.com'),
      says(200, { id: 7, email: 'ada@example.com' }),
      (request) => request.socket.resetAndDestroy(),
    ];
    const told: string[] = [];
    for (const fault of faults) {
      replies = [fault];
      const asked = client.request(get({ query: { search: 'ada@example.com' } }));
      const error = (await asked.catch((thrown: unknown) => thrown)) as Error;
      log.logger.warn({ err: error }, 'it failed');
      told.push(String(error));
    }
    expect(told).toHaveLength(5);
    for (const text of [log.text(), ...told]) {
      expect(text).toContain('people');
      expect(text).not.toMatch(/ada|example\.com|secret-t/);
    }
  });
});
