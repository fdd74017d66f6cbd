import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPagePasses } from '#gateway/identity/page-pass.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { mintToken } from '#gateway/identity/trial.ts';
import type { RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Page, Site } from '#gateway/transports/site.ts';
import { createWorld, post, resetWorld, type World } from './fixture.ts';

const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'acme' };
const document = 'query Seen($id: ID!) { account(id: $id) { name } }';

const showing: Page['answer'] = async ({ ask, passFor, query }) => {
  const { data, errors } = await ask({ document, variables: { id: query.id }, timeoutMs: 400 });
  const pass = await passFor({ id: String(query.id) });
  return { kind: 'json', status: 200, body: JSON.stringify({ data, errors, pass }) };
};
const site: Site = {
  pages: [
    { path: '/card', isEmbeddable: true, answer: showing },
    { path: '/other-card', isEmbeddable: true, answer: showing },
    { path: '/whole', answer: showing },
  ],
  asset: async () => undefined,
};

let world: World;
let gateway: RunningGateway;
const authentication = () => ({
  secret: { file: join(world.folder, 'secret') },
  issuer: 'https://id.example',
  audience: 'tributary',
});
const bearer = async () => ({ authorization: `Bearer ${await mintToken(authentication(), ada, 60)}` });
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
  gateway = await world.start({ site, authentication: authentication() });
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

async function order(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/passes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function open(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url + path, { headers });
  return (await response.json()) as {
    data: unknown;
    errors: readonly { extensions: object }[];
    pass?: string;
  };
}

const given = async () =>
  (await order({ page: '/card', query: { id: '1' } }, await bearer())).body.url as string;
const refused = { data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'PASS_REFUSED' } }] };

describe('a pass', () => {
  it('opens one page with its parameters for the viewer who asked for it', async () => {
    const url = await given();
    expect(url).toMatch(/^\/card\?id=1&pass=/);
    expect(await open(url)).toMatchObject({ data: { account: { name: 'Ada' } }, errors: [] });
    expect(await open(`${url}&days=30`)).toMatchObject({ errors: [] });
    expect(world.log.find(({ operation }) => operation === 'Seen')).toMatchObject({
      viewer: 'ada',
      tenant: 'acme',
    });
  });

  it('opens nothing else: no other page, no other parameters, no graph', async () => {
    const url = await given();
    const token = new URL(url, gateway.url).searchParams.get('pass') as string;
    expect(await open(url.replace('/card', '/other-card'))).toMatchObject(refused);
    expect(await open(url.replace('id=1', 'id=2'))).toMatchObject(refused);
    expect(await open(`/card?pass=${token}`)).toMatchObject(refused);
    expect(await open(url.replace('/card', '/whole'))).toMatchObject({
      errors: [{ extensions: { reason: 'TOKEN_MISSING' } }],
    });
    for (const scheme of ['Bearer', 'Pass']) {
      const answer = await post(
        gateway,
        { query: '{ account(id: "1") { name } }' },
        { authorization: `${scheme} ${token}` },
      );
      expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
  });

  it('is renewed by each reading, and taken from a header too', async () => {
    const { pass } = await open(await given());
    const again = await open('/card?id=1', { authorization: `Pass ${pass}` });
    expect(again).toMatchObject({ data: { account: { name: 'Ada' } } });
    expect(again.pass).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('is refused where somebody else made or changed it', async () => {
    const url = await given();
    expect(await open(url.slice(0, -4))).toMatchObject(refused);
    const { token } = await openPagePasses(ephemeralKeys(), { passSeconds: 60, passSessionSeconds: 60 }).give(
      {
        viewer: ada,
        path: '/card',
        query: { id: '1' },
      },
    );
    expect(await open(`/card?id=1&pass=${token}`)).toMatchObject(refused);
    expect(await open('/card?id=1&pass=nonsense')).toMatchObject(refused);
  });

  it('is given to viewers with a token, for embeddable pages, and for nothing that is no order', async () => {
    expect(await order({ page: '/card' })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    for (const wrong of [
      '{',
      [],
      { page: '/whole' },
      { page: '/card', query: { id: 1 } },
      { page: '/card', to: 1 },
    ]) {
      expect(await order(wrong, await bearer())).toMatchObject({
        status: 400,
        body: { code: 'PASS_NOT_GIVEN' },
      });
    }
  });

  it('is not given where everybody is the local viewer, who needs none', async () => {
    const local = await world.start({ site });
    const response = await fetch(`${local.url}/passes`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await (await fetch(`${local.url}/card?id=1&pass=x`)).json()).toMatchObject({ errors: [] });
  });
});

describe('the time of a pass', () => {
  const keys = ephemeralKeys();
  let seconds = 1_800_000_000;
  const passes = openPagePasses(keys, { passSeconds: 60, passSessionSeconds: 300 }, () => seconds * 1_000);

  it('is short for each, and as long as its session for all that follow from it', async () => {
    const first = await passes.give({ viewer: ada, path: '/card', query: {} });
    expect(first.expiresAt).toBe(new Date((seconds + 60) * 1_000).toISOString());
    let pass = await passes.read(first.token);
    for (let minute = 0; minute < 4; minute += 1) {
      seconds += 59;
      pass = await passes.read((await passes.renew(pass)).token);
    }
    seconds += 59;
    const last = await passes.renew(pass);
    expect(last.expiresAt).toBe(new Date(pass.until * 1_000).toISOString());
    seconds += 20;
    await expect(passes.read(last.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(passes.read(first.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
