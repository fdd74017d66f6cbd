import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import type { Page, Reply, Site } from '#gateway/transports/site.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';

const document = 'query Seen($id: ID!) { account(id: $id) { name observedAt usage { visits } } }';
const asJson = (value: unknown) => ({ kind: 'json', status: 200, body: JSON.stringify(value) }) as const;

const pages: readonly Page[] = [
  {
    path: '/asks',
    answer: async ({ ask, query }) =>
      asJson(await ask({ document, variables: { id: query.id }, timeoutMs: 400 })),
  },
  { path: '/state', answer: async ({ subgraphs, openApi }) => asJson([await subgraphs(), openApi().paths]) },
  {
    path: '/framed',
    isEmbeddable: true,
    hasInlineStyles: true,
    answer: async () => ({ kind: 'html', status: 404, body: '<p>Nothing' }),
  },
  { path: '/moved', answer: async () => ({ kind: 'redirect', location: '/asks?id=1' }) },
  {
    path: '/broken',
    answer: async () => {
      throw new Error('The printer is on fire.');
    },
  },
];
const site: Site = {
  pages,
  asset: async (name) =>
    name === 'a-1.css' ? { contentType: 'text/css', body: Buffer.from('p{}') } : undefined,
};

let world: World;
let gateway: RunningGateway;
const get = (path: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { redirect: 'manual', ...init });

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start({ site, edge: { browser: { frameAncestors: ['https://*.crm.example'] } } });
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

describe('a page', () => {
  test('asks the graph through the pipeline', async () => {
    const answer = await get('/asks?id=1', { headers: { 'x-request-id': 'page-1' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { data, errors, sources } = (await answer.json()) as Reply;
    expect(data).toEqual({
      account: { name: 'Ada', observedAt: '2024-05-02T10:00:00Z', usage: { visits: 10 } },
    });
    expect(errors).toEqual([]);
    expect(sources).toMatchObject({ accounts: { status: 'OK', observedAt: '2024-05-02T10:00:00Z' } });
    expect(world.accounts.seen[0]?.headers['x-request-id']).toBe('page-1');
    await expect
      .poll(() => world.log)
      .toContainEqual(
        expect.objectContaining({ requestId: 'page-1', operation: 'Seen', status: 200, fetches: 2 }),
      );
  });

  test('has the rest of the answer where a subgraph is too slow', async () => {
    world.usage.behaviour = () => {};
    const { data, errors, sources } = (await (await get('/asks?id=1')).json()) as Reply;
    expect(data).toMatchObject({ account: { name: 'Ada', usage: null } });
    expect(errors).toMatchObject([{ path: ['account', 'usage'], extensions: { subgraph: 'usage' } }]);
    expect(sources.usage).toMatchObject({ status: 'TIMEOUT' });
  });

  test('gets the errors where nothing is executed', async () => {
    const { data, errors } = (await (await get('/asks')).json()) as Reply;
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'VARIABLES_INVALID' } }]);
  });

  test('may load only from here, hold no script, and stand in no frame', async () => {
    const policy = (await get('/asks?id=1')).headers.get('content-security-policy');
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
  });

  test('may stand in the frames of embedders where it is made for that', async () => {
    const answer = await get('/framed');
    expect(answer.status).toBe(404);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain('frame-ancestors https://*.crm.example');
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(policy).toContain("script-src 'self';");
    expect(answer.headers.get('x-frame-options')).toBeNull();
  });

  test('may send elsewhere', async () => {
    const answer = await get('/moved');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/asks?id=1']);
  });

  test('that cannot be made is a problem, and the cause is in the log alone', async () => {
    const answer = await get('/broken');
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', status: 500 });
    expect(text).not.toContain('printer');
    expect(JSON.stringify(world.log)).toContain('The printer is on fire.');
  });
});

test('the state of the subgraphs is asked for once in a while', async () => {
  world.usage.behaviour = (request) => void request.socket.destroy();
  world.accounts.behaviour = (_, response) => void response.writeHead(401).end('{}');
  const answers = await Promise.all([get('/state'), get('/state')]);
  for (const answer of answers) {
    expect(await answer.json()).toEqual([
      [
        { kind: 'reachable', name: 'accounts', latencyMs: expect.any(Number), checkedAt: expect.any(String) },
        { kind: 'unreachable', name: 'usage', checkedAt: expect.any(String) },
      ],
      {},
    ]);
  }
  expect(world.accounts.seen).toHaveLength(1);
});

test('files are kept by browsers, and unknown ones are not found', async () => {
  const file = await get('/assets/a-1.css');
  expect(await file.text()).toBe('p{}');
  expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(file.headers.get('content-type')).toMatch(/^text\/css/);
  expect((await get('/assets/b-2.css')).status).toBe(404);
});

test.each(['crm.example', 'https://crm.example/app', "'none'", 'https://a; script-src *'])(
  'refuses the embedder %s',
  async (embedder) => {
    await expect(world.start({ site, edge: { browser: { frameAncestors: [embedder] } } })).rejects.toThrow(
      /name origins as https/,
    );
  },
);

test('a route may not take the path of a page', async () => {
  const routes = join(world.folder, 'taken');
  await mkdir(routes);
  await writeFile(join(routes, 'List.graphql'), '{ accounts { id } }');
  await writeFile(join(routes, 'List.rest.yaml'), 'method: GET\npath: /asks\nsummary: Accounts.\n');
  await expect(world.start({ site, routes })).rejects.toThrow(/asks is served by a page already/);
});
