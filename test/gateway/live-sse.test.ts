import { once } from 'node:events';
import { request as ask } from 'node:http';
import { createClient } from 'graphql-sse';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';
import { type ScriptedLive, scriptedLive } from './scripted-live.ts';

const query = 'subscription Renamed($id: ID) { renamed(id: $id) { name } }';
const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };

/* The buffers of the kernel are filled first. */
const slowly = { timeout: 10_000, interval: 5 };

let world: World;
let live: ScriptedLive;
let aborts: AbortController[] = [];
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.end());
beforeEach(() => {
  live = scriptedLive();
});
afterEach(() => {
  for (const abort of aborts) abort.abort();
  aborts = [];
  resetWorld(world);
});

const start = (options: Partial<GatewayOptions> = {}) => world.start(options, () => live);
const opened = (count: number) => vi.waitFor(() => expect(live.opened).toHaveLength(count));

async function request(gateway: RunningGateway, init: RequestInit = {}, path = '/graphql/stream') {
  const abort = new AbortController();
  aborts.push(abort);
  const body = JSON.stringify({ query });
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers,
    ...(init.method === 'GET' ? {} : { body }),
    signal: abort.signal,
    ...init,
  });
  return { response, abort };
}

async function isEmpty(gateway: RunningGateway): Promise<void> {
  await vi.waitFor(() => {
    const { subscriptions, connections } = gateway.live();
    expect([subscriptions, connections.sse]).toEqual([0, 0]);
  });
}

describe('the client of graphql-sse', () => {
  it.each(['/graphql', '/graphql/stream'])('subscribes at %s until it wants no more', async (path) => {
    const gateway = await start();
    const client = createClient({ url: `${gateway.url}${path}`, retryAttempts: 0 });
    const results = client.iterate({ query, variables: { id: '1' } });
    const first = results.next();
    await opened(1);
    live.opened[0]?.push({ renamed: { name: 'Ada' } }, 'c1');
    expect((await first).value).toEqual({
      data: { renamed: { name: 'Ada' } },
      extensions: { cursor: 'c1' },
    });
    expect(gateway.live().connections.sse).toBe(1);
    await results.return?.();
    await isEmpty(gateway);
    client.dispose();
  });

  it('gets the end of a subscription, with its errors', async () => {
    const gateway = await start();
    const client = createClient({ url: `${gateway.url}/graphql/stream`, retryAttempts: 0 });
    const results: unknown[] = [];
    const completed = new Promise<void>((complete, error) => {
      client.subscribe({ query }, { next: (result) => results.push(result), error, complete });
    });
    await opened(1);
    live.opened[0]?.push({ renamed: null }, 'c1');
    live.opened[0]?.end({ kind: 'complete' });
    await completed;
    expect(results).toEqual([{ data: { renamed: null }, extensions: { cursor: 'c1' } }]);
    await isEmpty(gateway);
  });

  it('gets answers to queries and mutations, and what they are refused for', async () => {
    const gateway = await start();
    const client = createClient({ url: `${gateway.url}/graphql/stream`, retryAttempts: 0 });
    const ask = async (text: string) => {
      const all = [];
      for await (const result of client.iterate({ query: text })) all.push(result);
      return all;
    };
    expect(await ask('{ account(id: "1") { id usage { visits } } }')).toEqual([
      { data: { account: { id: '1', usage: { visits: 10 } } } },
    ]);
    expect(await ask('mutation { rename(id: "2", name: "Berta") { name } }')).toEqual([
      { data: { rename: { name: 'Berta' } } },
    ]);
    expect(await ask('{ nothing }')).toMatchObject([
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    ]);
    await isEmpty(gateway);
  });
});

describe('an event stream', () => {
  it('is not compressed nor kept, and beats while nothing happens', async () => {
    const gateway = await start({ edge: { compressFromBytes: 0, sse: { heartbeatMs: 20 } } });
    const { response } = await request(gateway, { headers: { ...headers, 'accept-encoding': 'br, gzip' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    await vi.waitFor(async () => {
      text += (await reader?.read())?.value ?? '';
      expect(text.split(':\n\n').length).toBeGreaterThan(10);
    });
    live.opened[0]?.pushMessage({ text: '{\n"data":null}', cursor: 'c1' });
    await vi.waitFor(async () => {
      text += (await reader?.read())?.value ?? '';
      expect(text).toContain('event: next\ndata: { "data":null}\nid: c1\n\n');
    });
  });

  it('is opened by GET where no foreign page can have sent that', async () => {
    const gateway = await start();
    const path = `/graphql/stream?${new URLSearchParams({ query, variables: '{"id":"7"}' })}`;
    const plain = await request(gateway, { method: 'GET', headers: { accept: 'text/event-stream' } }, path);
    expect(plain.response.status).toBe(400);
    expect(await plain.response.json()).toMatchObject({
      errors: [{ extensions: { code: 'PREFLIGHT_REQUIRED' } }],
    });
    const withHeader = { accept: 'text/event-stream', 'x-tributary-preflight': '1', 'last-event-id': 'c5' };
    const { response } = await request(gateway, { method: 'GET', headers: withHeader }, path);
    expect(response.status).toBe(200);
    expect(live.opened[0]?.request).toMatchObject({ after: 'c5', parameters: { variables: { id: '7' } } });
    const mutation = `/graphql/stream?${new URLSearchParams({ query: 'mutation { rename(id: "1", name: "") { id } }' })}`;
    const refused = await request(gateway, { method: 'GET', headers: withHeader }, mutation);
    expect(refused.response.status).toBe(405);
  });

  it('may be read by pages of the list and no others', async () => {
    const gateway = await start({ edge: { browser: { origins: ['https://crm.example'] } } });
    const asked = await fetch(`${gateway.url}/graphql/stream`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://crm.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,last-event-id',
      },
    });
    expect(asked.headers.get('access-control-allow-headers')).toContain('last-event-id');
    const listed = await request(gateway, { headers: { ...headers, origin: 'https://crm.example' } });
    expect(listed.response.headers.get('access-control-allow-origin')).toBe('https://crm.example');
    const foreign = await request(gateway, { headers: { ...headers, origin: 'https://evil.example' } });
    expect(foreign.response.headers.get('access-control-allow-origin')).toBeNull();
    const plain = await request(gateway, { headers: { ...headers, 'content-type': 'text/plain' } });
    expect(plain.response.status).toBe(415);
  });

  it('of a client that leaves while it is opened leaves nothing', async () => {
    let release = () => {};
    live.admit = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const gateway = await start();
    const asking = request(gateway).catch(() => {});
    await vi.waitFor(() => expect(gateway.live().connections.sse).toBe(1));
    aborts.at(-1)?.abort();
    await asking;
    await isEmpty(gateway);
    release();
    await vi.waitFor(() => expect(live.opened[0]?.isLeft).toBe(true));
  });

  it('shows what its client has not read, and is ended where that is too much', async () => {
    const gateway = await start({ edge: { webSocket: { waitingBytes: 2_000_000 } } });
    const asking = ask(`${gateway.url}/graphql/stream`, { method: 'POST', headers });
    asking.end(JSON.stringify({ query }));
    asking.on('error', () => {});
    await once(asking, 'response');
    await opened(1);
    const [subscription] = live.opened;
    const sink = subscription?.request.sink;
    const resume = vi.fn();
    sink?.whenRead(resume);
    await vi.waitFor(() => expect(resume).toHaveBeenCalledOnce());
    expect([sink?.waitingBytes(), sink?.waitingMessages()]).toEqual([0, 0]);
    const text = JSON.stringify({ data: { filler: 'x'.repeat(100_000) } });
    await vi.waitFor(() => {
      subscription?.pushMessage({ text, cursor: 'c1' });
      expect(sink?.waitingBytes()).toBeGreaterThan(300_000);
    }, slowly);
    expect(sink?.waitingMessages()).toBeGreaterThan(1);
    for (let nth = 0; nth < 30; nth += 1) subscription?.pushMessage({ text, cursor: 'c1' });
    await isEmpty(gateway);
    expect(subscription?.isLeft).toBe(true);
  });

  it('is ended where its client takes nothing any more, whatever more there is for it', async () => {
    const edge = { sse: { heartbeatMs: 50 }, webSocket: { waitingBytes: 1_000_000_000 } };
    const gateway = await start({ edge });
    const asking = ask(`${gateway.url}/graphql/stream`, { method: 'POST', headers });
    asking.end(JSON.stringify({ query }));
    asking.on('error', () => {});
    await once(asking, 'response');
    await opened(1);
    const [subscription] = live.opened;
    const text = JSON.stringify({ data: { filler: 'x'.repeat(100_000) } });
    await vi.waitFor(
      () => {
        subscription?.pushMessage({ text, cursor: 'c1' });
        expect(subscription?.isLeft).toBe(true);
      },
      { timeout: 10_000, interval: 20 },
    );
    await isEmpty(gateway);
  });

  it('is refused by status where too many are open', async () => {
    const { TooManyOperations } = await import('#gateway/pipeline/http-errors.ts');
    live.admit = () => {
      throw TooManyOperations(1);
    };
    const gateway = await start();
    const { response } = await request(gateway);
    expect(response.status).toBe(429);
    expect(response.headers.get('content-type')).toContain('json');
    await isEmpty(gateway);
  });
});
