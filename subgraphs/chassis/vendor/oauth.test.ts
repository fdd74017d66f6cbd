import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import type { Engine, StoreLocation } from '../store/store.ts';
import { openStore } from '../store/store.ts';
import { type OAuthCredentials, type OAuthOptions, oauthCredentials } from './oauth.ts';
import { newSealingKey, openSealing } from './sealing.ts';
import { createVendorTokens, type VendorTokenTables } from './token-store.ts';

type Reply = (response: ServerResponse, given: URLSearchParams) => void;

const ends: (() => Promise<unknown>)[] = [];
const log = collectLog();
const sealing = openSealing([newSealingKey()]);
const { signal } = new AbortController();
let url: string;
let reply: Reply;
let grants: { readonly form: URLSearchParams; readonly authorization?: string }[];
let now: number;

/** Access token a<n> for a refresh token r<n-1>, which is replaced by r<n>; for half an hour. */
const rotating: Reply = (response, given) => {
  const held = Number(given.get('refresh_token')?.slice(1));
  if (held !== grants.length - 1) return json(response, 400, { error: 'invalid_grant' });
  json(response, 200, {
    access_token: `a${grants.length}`,
    refresh_token: `r${grants.length}`,
    token_type: 'bearer',
    expires_in: 1_800,
  });
};

function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

beforeEach(async () => {
  reply = rotating;
  grants = [];
  now = Date.now();
  process.env.TEST_OAUTH_SECRET = 'client-secret';
  process.env.TEST_OAUTH_REFRESH = 'r0';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    grants.push({ form, authorization: request.headers.authorization });
    reply(response, form);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
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
  delete process.env.TEST_OAUTH_SECRET;
  delete process.env.TEST_OAUTH_REFRESH;
});

async function place(engine: Engine = 'sqlite'): Promise<StoreLocation> {
  const temporary = await temporaryStore(engine);
  ends.push(temporary.remove);
  return temporary.location;
}

type Given = Partial<OAuthOptions<VendorTokenTables>>;

async function opened(location: StoreLocation, options: Given = {}): Promise<OAuthCredentials> {
  const migrations = { '001_tokens': createVendorTokens };
  const store = await openStore<VendorTokenTables>({ name: 'tokens', location, migrations });
  ends.push(store.close);
  const credentials = await oauthCredentials({
    vendor: 'some',
    account: 'main',
    tenant: 'acme',
    store,
    sealing,
    log: log.logger,
    url,
    clientId: 'client',
    clientSecret: { env: 'TEST_OAUTH_SECRET' },
    refreshToken: { env: 'TEST_OAUTH_REFRESH' },
    now: () => now,
    ...options,
  });
  ends.push(credentials.close);
  return credentials;
}

const tokenOf = async (credentials: OAuthCredentials) => (await credentials.headers(signal)).authorization;

describe.each(engines)('access tokens on $engine', ({ engine, missing }) => {
  it.skipIf(missing)('are got once for all who need one, in this process and in others', async () => {
    const location = await place(engine);
    const processes = [await opened(location), await opened(location)];
    const all = () => Promise.all(Array.from({ length: 10 }, (_, n) => tokenOf(processes[n % 2]!)));
    expect(new Set(await all())).toEqual(new Set(['Bearer a1']));
    now += 1_801_000;
    expect(new Set(await all())).toEqual(new Set(['Bearer a2']));
    expect(grants.map(({ form }) => Object.fromEntries(form))).toEqual(
      ['r0', 'r1'].map((refresh_token) => ({
        grant_type: 'refresh_token',
        refresh_token,
        client_id: 'client',
        client_secret: 'client-secret',
      })),
    );
  });

  it.skipIf(missing)('outlive the process, sealed', async () => {
    const location = await place(engine);
    await tokenOf(await opened(location));
    const next = await opened(location);
    expect(await tokenOf(next)).toBe('Bearer a1');
    expect(grants).toHaveLength(1);
    const store = await openStore<VendorTokenTables>({
      name: 'tokens',
      location,
      migrations: { '001_tokens': createVendorTokens },
    });
    ends.push(store.close);
    const rows = await store.db.selectFrom('vendorTokens').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toMatch(/"r0|"r1|"a1|Token/);
  });
});

describe('access tokens', () => {
  it('are renewed ahead of their end, without anybody waiting for it', async () => {
    const credentials = await opened(await place());
    await tokenOf(credentials);
    now += 1_499_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
    expect(grants).toHaveLength(1);
    now += 2_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
    await expect.poll(() => tokenOf(credentials)).toBe('Bearer a2');
    expect(grants).toHaveLength(2);
  });

  it('serve until their end where they cannot be renewed', async () => {
    const credentials = await opened(await place());
    await tokenOf(credentials);
    reply = (response) => json(response, 503, {});
    now += 1_700_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
    await expect.poll(() => log.text()).toContain('no new tokens were got');
    now += 101_000;
    await expect(tokenOf(credentials)).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
  });

  it('live by our own clock, whatever the time is at the vendor', async () => {
    reply = (response) =>
      json(
        response,
        200,
        { access_token: `a${grants.length}`, token_type: 'Bearer', expires_in: '60' },
        { date: 'Mon, 02 Mar 2020 10:00:00 GMT' },
      );
    const credentials = await opened(await place());
    await tokenOf(credentials);
    now += 40_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
    now += 21_000;
    expect(await tokenOf(credentials)).toBe('Bearer a2');
    // The vendor gave no other refresh token, so that the first one stays.
    expect(grants.map(({ form }) => form.get('refresh_token'))).toEqual(['r0', 'r0']);
  });

  it('are looked for once by a process, however many of it ask at the same time', async () => {
    const location = await place();
    const migrations = { '001_tokens': createVendorTokens };
    const store = await openStore<VendorTokenTables>({ name: 'tokens', location, migrations });
    ends.push(store.close);
    let transactions = 0;
    const briefly: typeof store.briefly = (work) => {
      transactions += 1;
      return store.briefly(work);
    };
    const credentials = await opened(location, { store: { engine: 'sqlite', briefly } });
    await Promise.all(Array.from({ length: 20 }, () => tokenOf(credentials)));
    // It is read, leased and kept.
    expect(transactions).toBe(3);
  });

  it('live from when they were asked for, however long the answer takes', async () => {
    reply = (response, given) => {
      now += 60_000;
      rotating(response, given);
    };
    const credentials = await opened(await place());
    expect(await tokenOf(credentials)).toBe('Bearer a1');
    now += 1_741_000;
    expect(await tokenOf(credentials)).toBe('Bearer a2');
  });

  it('that are refused are replaced once, and not where they are new', async () => {
    const location = await place();
    const [mine, theirs] = [await opened(location), await opened(location)];
    const [refused] = await Promise.all([mine.headers(signal), theirs.headers(signal)]);
    expect(await mine.refresh(signal, refused)).toBe(false);
    now += 60_000;
    const answers = [mine, theirs, mine].map((credentials) => credentials.refresh(signal, refused));
    expect(await Promise.all(answers)).toEqual([true, true, true]);
    expect(await mine.refresh(signal, refused)).toBe(true);
    expect([await tokenOf(mine), await tokenOf(theirs)]).toEqual(['Bearer a2', 'Bearer a2']);
    expect(grants).toHaveLength(2);
  });

  it('come of a refresh token that is configured anew', async () => {
    const location = await place();
    await tokenOf(await opened(location));
    reply = (response, given) => {
      const token = given.get('refresh_token');
      const life = { token_type: 'bearer', expires_in: 60 };
      json(response, 200, { access_token: `of-${token}`, refresh_token: `${token}-next`, ...life });
    };
    process.env.TEST_OAUTH_REFRESH = 'again';
    expect(await tokenOf(await opened(location))).toBe('Bearer of-again');
    // A process that was started before must not bring back what it was started with.
    process.env.TEST_OAUTH_REFRESH = 'r0';
    now += 61_000;
    expect(await tokenOf(await opened(location))).toBe('Bearer of-again-next');
  });

  it('are asked for with the secret where the vendor wants it', async () => {
    await tokenOf(await opened(await place(), { clientAuthentication: 'basic' }));
    // RFC 6749 has both form-encoded first, the hyphen too.
    const expected = Buffer.from('client:client%2Dsecret').toString('base64');
    expect(grants[0]?.authorization).toBe(`Basic ${expected}`);
    expect(grants[0]?.form.has('client_secret')).toBe(false);
  });
});

describe('a process that gets tokens', () => {
  it('is waited for, and followed where it fails', async () => {
    const location = await place();
    const [mine, theirs] = [await opened(location), await opened(location)];
    const { promise, resolve } = Promise.withResolvers<void>();
    reply = async (response) => {
      await promise;
      reply = rotating;
      grants.pop();
      json(response, 503, {});
    };
    const failed = tokenOf(mine);
    failed.catch(() => {});
    await expect.poll(() => grants.length).toBe(1);
    const followed = tokenOf(theirs);
    resolve();
    await expect(failed).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    expect(await followed).toBe('Bearer a1');
  });

  it('does not lose them to a store that is away for a moment', async () => {
    const location = await place();
    const migrations = { '001_tokens': createVendorTokens };
    const store = await openStore<VendorTokenTables>({ name: 'tokens', location, migrations });
    ends.push(store.close);
    let failures = 0;
    const briefly: typeof store.briefly = (work) => {
      if (grants.length === 0 || failures === 2) return store.briefly(work);
      failures += 1;
      return Promise.reject(new Error('the store is away'));
    };
    expect(await tokenOf(await opened(location, { store: { engine: 'sqlite', briefly } }))).toBe('Bearer a1');
    expect(failures).toBe(2);
    expect(await tokenOf(await opened(location))).toBe('Bearer a1');
  });

  it('is no longer waited for by whoever gives up', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    reply = resolve;
    const location = await place();
    const credentials = await opened(location);
    const leaving = new AbortController();
    const asked = credentials.headers(leaving.signal);
    await expect.poll(() => grants.length).toBe(1);
    const reason = new Error('enough');
    leaving.abort(reason);
    await expect(asked).rejects.toBe(reason);
    // What they did not wait for is kept all the same, even by a process that ends.
    const closed = credentials.close();
    rotating(await promise, grants[0]!.form);
    await closed;
    expect(await tokenOf(await opened(location))).toBe('Bearer a1');
    expect(grants).toHaveLength(1);
  });
});

describe('a token endpoint', () => {
  it.each<[string, Reply, string, RegExp]>([
    [
      'that does not know the refresh token',
      (response) => json(response, 400, { error: 'invalid_grant', error_description: 'r0 is gone' }),
      'unauthorized',
      /invalid_grant: authorise the account again/,
    ],
    [
      'that says so in words of its own',
      (response) => json(response, 400, { status: 'BAD_REFRESH_TOKEN', message: 'r0 is gone' }),
      'unauthorized',
      /answered 400: authorise the account again/,
    ],
    [
      'that says a sentence for a code',
      (response) => json(response, 400, { error: 'r0 is gone' }),
      'unauthorized',
      /answered an error$/,
    ],
    ['with a limit', (response) => json(response, 429, {}, { 'retry-after': '7' }), 'limited', /429/],
    ['with an error', (response) => json(response, 500, {}), 'unavailable', /500/],
    ['that breaks off', (response) => response.destroy(), 'unavailable', /gave no tokens/],
    ['with no JSON', (response) => response.end('<html>'), 'unavailable', /gave no tokens/],
    [
      'without a token',
      (response) => json(response, 200, { refresh_token: 'secret-r9', token_type: 'bearer' }),
      'unavailable',
      /gave no tokens/,
    ],
    [
      'that sends too much',
      (response) => json(response, 200, { access_token: 'x'.repeat(100_000), token_type: 'bearer' }),
      'unavailable',
      /gave no tokens/,
    ],
  ])('%s', async (_, answer, kind, message) => {
    reply = answer;
    const credentials = await opened(await place());
    const error = (await tokenOf(credentials).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ name: 'VendorError', failure: { kind } });
    expect(error.message).toMatch(message);
    log.logger.warn({ err: error }, 'no tokens');
    expect(`${error}${log.text()}`).not.toMatch(/client-secret|r0|secret-r9/);
    // Nor can whoever looks closer find them.
    expect(inspect(error, { depth: 10 })).not.toMatch(/client-secret|secret-r9/);
    // The lease was given back: the next one does not have to wait for its end.
    reply = rotating;
    await expect(tokenOf(credentials)).rejects.toBe(error);
    expect(grants).toHaveLength(1);
    grants = [];
    now += 10_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
  });

  it('is left alone for as long as it asks', async () => {
    reply = (response) => json(response, 429, {}, { 'retry-after': '60' });
    const credentials = await opened(await place());
    const limited = { failure: { kind: 'limited', retryAfterMs: 60_000 } };
    await expect(tokenOf(credentials)).rejects.toMatchObject(limited);
    now += 59_000;
    await expect(tokenOf(credentials)).rejects.toMatchObject(limited);
    expect(grants).toHaveLength(1);
    grants = [];
    reply = rotating;
    now += 1_000;
    expect(await tokenOf(credentials)).toBe('Bearer a1');
  });

  it('gets no secrets over a wire that others can read', async () => {
    const location = await place();
    await expect(opened(location, { url: 'http://example.com/token' })).rejects.toThrow('give an https URL');
  });

  it('is not asked before its secret is there', async () => {
    const location = await place();
    const clientSecret = { env: 'TEST_OAUTH_NONE' };
    await expect(opened(location, { clientSecret })).rejects.toThrow('TEST_OAUTH_NONE holds no secret');
  });
});
