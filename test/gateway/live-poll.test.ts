import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { mintToken } from '#gateway/identity/trial.ts';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import { TokenRunOut } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';
import { type ScriptedLive, scriptedLive } from './scripted-live.ts';

const query = 'subscription Renamed($id: ID) { renamed(id: $id) { name } }';
const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'acme' };

let world: World;
let live: ScriptedLive;
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
});
afterAll(() => world.end());
beforeEach(() => {
  live = scriptedLive();
});
afterEach(() => resetWorld(world));

const start = (options: Partial<GatewayOptions> = {}) => world.start(options, () => live);
const opened = (count: number) => vi.waitFor(() => expect(live.opened).toHaveLength(count));

async function poll(gateway: RunningGateway, body: Record<string, unknown> = {}, signal?: AbortSignal) {
  const response = await fetch(`${gateway.url}/graphql/poll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, ...body }),
    ...(signal && { signal }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function isEmpty(gateway: RunningGateway): Promise<void> {
  await vi.waitFor(() => {
    const { subscriptions, connections, watchedSessions } = gateway.live();
    expect([subscriptions, connections.poll, watchedSessions]).toEqual([0, 0, 0]);
  });
}

const result = (cursor: string) => ({ data: { renamed: null }, extensions: { cursor } });
const codeOf = (answer: { readonly body: { readonly errors?: readonly { extensions: object }[] } }) =>
  answer.body.errors?.[0]?.extensions;

describe('a poll', () => {
  it('is answered with what comes together, and where to go on', async () => {
    const gateway = await start();
    const asking = poll(gateway, { cursor: 'c0', variables: { id: '1' } });
    await opened(1);
    expect(live.opened[0]?.request).toMatchObject({ after: 'c0', parameters: { variables: { id: '1' } } });
    live.opened[0]?.push({ renamed: null }, 'c1');
    live.opened[0]?.push({ renamed: null }, 'c2');
    const answer = await asking;
    expect(answer.body).toEqual({ results: [result('c1'), result('c2')], cursor: 'c2', complete: false });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await isEmpty(gateway);
  });

  it('is answered when it has waited long enough, with where its subscription has come to', async () => {
    const gateway = await start();
    const asking = poll(gateway, { waitMs: 100 });
    await opened(1);
    if (live.opened[0]) live.opened[0].cursor = 'c9';
    expect((await asking).body).toEqual({ results: [], cursor: 'c9', complete: false });
    await isEmpty(gateway);
  });

  it.each([
    ['results', { results: 2 }, 2],
    ['bytes', { bytes: 100 }, 2],
  ])('takes so many %s and leaves the rest for the next', async (_, bounds, count) => {
    const gateway = await start({ edge: { poll: bounds } });
    const asking = poll(gateway);
    await opened(1);
    for (let nth = 1; nth <= 5; nth += 1) live.opened[0]?.push({ renamed: null }, `c${nth}`);
    const { results, cursor } = (await asking).body;
    expect([results.length, cursor]).toEqual([count, `c${count}`]);
    await isEmpty(gateway);
  });

  it('says how a subscription ended, behind what it brought', async () => {
    const gateway = await start();
    const first = poll(gateway);
    await opened(1);
    live.opened[0]?.push({ renamed: null }, 'c1');
    live.opened[0]?.end({ kind: 'error', error: TokenRunOut(), cursor: 'c2' });
    expect((await first).body).toMatchObject({
      results: [result('c1'), { errors: [{ extensions: { code: 'TOKEN_EXPIRED', cursor: 'c2' } }] }],
      cursor: 'c2',
      complete: true,
    });
    const second = poll(gateway);
    await opened(2);
    live.opened[1]?.end({ kind: 'complete' });
    expect((await second).body).toEqual({ results: [], cursor: 'c0', complete: true });
  });

  it('leaves nothing of a client that goes away', async () => {
    const gateway = await start();
    const abort = new AbortController();
    const asking = poll(gateway, {}, abort.signal).catch(() => {});
    await opened(1);
    expect(gateway.live().connections.poll).toBe(1);
    abort.abort();
    await asking;
    await isEmpty(gateway);
    expect(live.opened[0]?.isLeft).toBe(true);
  });

  it('is refused where a subscription has no cursors', async () => {
    live.now = undefined;
    const gateway = await start();
    const answer = await poll(gateway);
    expect([answer.status, codeOf(answer)]).toEqual([400, { code: 'POLL_NEEDS_CURSOR' }]);
    await isEmpty(gateway);
  });

  it.each([
    [{ cursor: 5 }, 'BAD_POLL'],
    [{ waitMs: -1 }, 'BAD_POLL'],
    [{ waitMs: 25_001 }, 'BAD_POLL'],
    [{ waitMs: '1' }, 'BAD_POLL'],
    [{ authorization: 7 }, 'BAD_POLL'],
    [{ query: 'mutation { rename(id: "1", name: "x") { id } }' }, 'POLL_NEEDS_SUBSCRIPTION'],
    [{ query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ])('is refused as %j', async (body, code) => {
    const gateway = await start();
    const answer = await poll(gateway, body);
    expect([answer.status, codeOf(answer)]).toMatchObject([400, { code }]);
    await isEmpty(gateway);
  });

  it('may say in its body who asks, and counts as one request', async () => {
    const authentication = {
      secret: { file: join(world.folder, 'secret') },
      issuer: 'https://id.example',
      audience: 'tributary',
    };
    const gateway = await start({ authentication, edge: { rates: { viewer: 1 } } });
    const nobody = await poll(gateway);
    expect([nobody.status, codeOf(nobody)]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
    const authorization = `Bearer ${await mintToken(authentication, ada, 60)}`;
    const first = await poll(gateway, { authorization, waitMs: 0 });
    expect([first.status, live.opened[0]?.request.session.viewer().id]).toEqual([200, 'ada']);
    const second = await poll(gateway, { authorization, waitMs: 0 });
    expect([second.status, codeOf(second)]).toEqual([429, { code: 'RATE_LIMITED' }]);
    await isEmpty(gateway);
  });
});
