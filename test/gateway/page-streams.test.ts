import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mintToken } from '#gateway/identity/trial.ts';
import type { RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Page, Site } from '#gateway/transports/site.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';
import { type ScriptedLive, scriptedLive } from './scripted-live.ts';

const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'acme' };
const document = 'subscription Changes($id: ID!) { changed(id: $id) { id } }';
const answer: Page['answer'] = async () => ({ kind: 'json', status: 200, body: '{}' });
const site: Site = {
  pages: [
    { path: '/card', isEmbeddable: true, answer, live: { document, variables: ({ id }) => ({ id }) } },
    { path: '/still', isEmbeddable: true, answer },
  ],
  asset: async () => undefined,
};

let world: World;
let gateway: RunningGateway;
let live: ScriptedLive;
const authentication = () => ({
  secret: { file: join(world.folder, 'secret') },
  issuer: 'https://id.example',
  audience: 'tributary',
});
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
  live = scriptedLive();
  const edge = { browser: { passSeconds: 2 } };
  gateway = await world.start({ site, authentication: authentication(), edge }, () => live);
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

async function given(page = '/card'): Promise<string> {
  const response = await fetch(`${gateway.url}/passes`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await mintToken(authentication(), ada, 60)}`,
    },
    body: JSON.stringify({ page, query: { id: '1' } }),
  });
  return ((await response.json()) as { url: string }).url.replace(page, `${page}/live`);
}

/** Opens a stream and collects its text. */
async function open(path: string, headers: Record<string, string> = {}) {
  const control = new AbortController();
  const response = await fetch(gateway.url + path, { headers, signal: control.signal });
  const told = { text: '', isOver: false };
  const reading = (async () => {
    for await (const chunk of response.body ?? []) told.text += Buffer.from(chunk).toString();
  })();
  reading
    .catch(() => {})
    .finally(() => {
      told.isOver = true;
    });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    told,
    leave: () => control.abort(),
  };
}

describe('the stream of a page', () => {
  it('brings the results of its own subscription, for the viewer of its pass', async () => {
    const { status, type, told, leave } = await open(await given());
    expect([status, type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const subscription = live.opened.at(-1);
    expect(subscription?.request).toMatchObject({
      parameters: { query: document, variables: { id: '1' } },
      isOwnDocument: true,
    });
    expect(subscription?.request.session.viewer()).toMatchObject({
      id: 'ada',
      tenant: 'acme',
      roles: ['rep'],
    });
    subscription?.push({ changed: { id: '1' } }, 'c1');
    await expect
      .poll(() => told.text)
      .toContain(
        'event: next\ndata: {"data":{"changed":{"id":"1"}},"extensions":{"cursor":"c1"}}\nid: c1\n\n',
      );
    leave();
    await expect.poll(() => subscription?.isLeft).toBe(true);
    expect(gateway.live().connections.sse).toBe(0);
  });

  it('goes on behind the event that a browser has seen last', async () => {
    const url = await given();
    const again = await open(url, { 'last-event-id': 'c7' });
    expect(live.opened.at(-1)?.request.after).toBe('c7');
    const renewed = await open(`${url}&after=c8`);
    expect(live.opened.at(-1)?.request.after).toBe('c8');
    again.leave();
    renewed.leave();
    await expect.poll(() => gateway.live().connections.sse).toBe(0);
  });

  it('ends with the pass', async () => {
    const { told } = await open(await given());
    await expect.poll(() => told.isOver, { timeout: 10_000 }).toBe(true);
    expect(told.text).toContain('"code":"TOKEN_EXPIRED"');
    expect(told.text).toContain('event: complete');
    expect(gateway.live().connections.sse).toBe(0);
  });

  it('is refused without a pass or a token, with the pass of other parameters, and from a foreign page', async () => {
    const url = await given();
    const count = live.opened.length;
    expect(await open('/card/live?id=1')).toMatchObject({ status: 401 });
    expect(await open(url.replace('id=1', 'id=2'))).toMatchObject({ status: 401 });
    expect(await open(url.slice(0, -4))).toMatchObject({ status: 401 });
    expect(await open(url, { origin: 'https://foreign.example' })).toMatchObject({ status: 403 });
    expect(await open((await given('/still')).replace('/still', '/card'))).toMatchObject({ status: 401 });
    expect(await open(await given('/still'))).toMatchObject({ status: 404 });
    live.admit = () => {
      throw new Error('Inside.');
    };
    expect(await open(await given())).toMatchObject({
      status: 500,
      type: expect.stringContaining('problem'),
    });
    live.admit = undefined;
    expect(live.opened).toHaveLength(count);
    expect(gateway.live().connections.sse).toBe(0);
  });
});
