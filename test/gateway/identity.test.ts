import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RequestContext } from '#chassis/context.ts';
import { type RunningSubgraph, serveSubgraph } from '#chassis/serve.ts';
import { askFor } from '#gateway/fetching/asked-for.ts';
import { viewerSigner } from '#gateway/identity/internal-token.ts';
import { rotateKeyFile } from '#gateway/identity/key-file.ts';
import type { AuthenticationOptions } from '#gateway/identity/settings.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { mintToken } from '#gateway/identity/trial.ts';
import type { RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Site } from '#gateway/transports/site.ts';
import { createWorld, post, resetWorld, type World } from './fixture.ts';
import { account, startHeldSubgraph } from './held-subgraph.ts';

const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: ['read'], tenant: 'acme' };
const query = '{ account(id: "1") { name usage { visits } } }';

let world: World;
let authentication: AuthenticationOptions;
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
  await mkdir(join(world.folder, 'routes'));
  await writeFile(
    join(world.folder, 'routes/One.graphql'),
    'query One($id: ID!) { account(id: $id) { name } }',
  );
  await writeFile(
    join(world.folder, 'routes/One.rest.yaml'),
    'method: GET\npath: /accounts/{id}\nsummary: One.\nparameters: { id: { in: path } }\n',
  );
  authentication = {
    secret: { file: join(world.folder, 'secret') },
    issuer: 'https://id.example',
    audience: 'tributary',
  };
});
afterAll(() => world.end());
afterEach(() => resetWorld(world));

const bearer = async (viewer: Viewer = ada) => ({
  authorization: `Bearer ${await mintToken(authentication, viewer, 60)}`,
});
const viewerTokens = () =>
  [world.accounts, world.usage].flatMap(({ seen }) =>
    seen.map(({ headers }) => String(headers['x-tributary-viewer'])),
  );

describe('a gateway with authentication', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await world.start({ authentication, forwardHeaders: ['accept-language'] });
  });

  test('answers who has a token, and vouches for it before every subgraph', async () => {
    const headers = await bearer();
    const answer = await post(gateway, { query }, { ...headers, 'x-request-id': 'request-1' });
    expect(answer.data).toEqual({ account: { name: 'Ada', usage: { visits: 10 } } });
    const published = await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json();
    const keys = createLocalJWKSet(published as JSONWebKeySet);
    for (const { name, seen } of [world.accounts, world.usage]) {
      const [fetched] = seen;
      expect(fetched?.headers.authorization).toBeUndefined();
      const token = String(fetched?.headers['x-tributary-viewer']);
      const { payload } = await jwtVerify(token, keys, { audience: name });
      expect(payload).toMatchObject({
        sub: 'ada',
        kind: 'user',
        tenant: 'acme',
        roles: ['rep'],
        scope: 'read',
        jti: 'request-1',
      });
    }
    expect(world.log.find(({ msg }) => msg === 'request')).toMatchObject({ tenant: 'acme', viewer: 'ada' });
  });

  test.each(['application/json', 'application/graphql-response+json'])(
    'refuses who has none, as %s',
    async (accept) => {
      const answer = await post(gateway, { query }, { accept });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tributary"');
      expect(answer.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
      expect(world.accounts.seen).toEqual([]);
    },
  );

  test('tells nobody whether an operation is valid before it knows who asks', async () => {
    const answer = await post(gateway, { query: '{ nothing }' });
    expect([answer.status, answer.errors.length]).toEqual([401, 1]);
  });

  test('refuses a bad token, and neither answer nor log hold any of it', async () => {
    const { authorization } = await bearer();
    const forged = `${authorization.slice(0, -6)}AAAAAA`;
    const answer = await post(gateway, { query }, { authorization: forged });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(answer.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_BAD_SIGNATURE' });
    expect(world.log.find(({ msg }) => msg === 'request refused')).toMatchObject({
      code: 'UNAUTHENTICATED',
      cause: 'signature verification failed',
    });
    const told = JSON.stringify([world.log, answer.errors, [...answer.headers]]);
    for (const part of authorization.slice('Bearer '.length).split('.')) {
      expect(told).not.toContain(part.slice(0, 40));
    }
  });

  test('logs no token, neither of a client nor of its own', async () => {
    world.usage.behaviour = (_, response) => response.destroy();
    const headers = await bearer();
    await post(gateway, { query }, headers);
    const mine = viewerTokens();
    expect(mine).toHaveLength(2);
    expect(world.log.some(({ msg }) => msg === 'subgraph fetch failed')).toBe(true);
    for (const token of [headers.authorization.slice('Bearer '.length), ...mine]) {
      for (const part of token.split('.')) {
        expect(JSON.stringify(world.log)).not.toContain(part);
      }
    }
  });

  test('takes no viewer from a client that says it is one', async () => {
    const headers = { ...(await bearer()), 'x-tributary-viewer': 'forged' };
    await post(gateway, { query }, headers);
    expect(viewerTokens().map((token) => decodeJwt(token).sub)).toEqual(['ada', 'ada']);
  });

  test('tells its client of a subgraph that does not believe it only that it is not there', async () => {
    world.usage.behaviour = (_, response) => {
      response
        .writeHead(401, {
          'content-type': 'application/json',
          'www-authenticate': 'x-tributary-viewer realm="x"',
        })
        .end('{"errors":[{"message":"unknown key","extensions":{"code":"UNAUTHENTICATED"}}]}');
    };
    const answer = await post(gateway, { query }, await bearer());
    expect(answer.data).toEqual({ account: { name: 'Ada', usage: null } });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'usage' });
    expect(world.log.find(({ msg }) => msg === 'subgraph fetch failed')?.cause).toContain('unknown key');
  });
});

test('every route of REST is authenticated too', async () => {
  const gateway = await world.start({ authentication, routes: join(world.folder, 'routes') });
  const refused = await fetch(`${gateway.url}/accounts/1`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="tributary"');
  expect(await refused.json()).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
  const found = await fetch(`${gateway.url}/accounts/1`, { headers: await bearer() });
  expect(found.status).toBe(200);
  expect(decodeJwt(viewerTokens()[0] as string).tenant).toBe('acme');
});

test('anonymous viewers are let in where they may be, without any right', async () => {
  const gateway = await world.start({
    authentication: { ...authentication, anonymous: true, defaultTenant: 'public' },
  });
  expect((await post(gateway, { query })).status).toBe(200);
  const { sub, kind, tenant, roles, scope } = decodeJwt(viewerTokens()[0] as string);
  expect({ sub, kind, tenant, roles, scope }).toEqual({
    sub: undefined,
    kind: 'anonymous',
    tenant: 'public',
    roles: [],
    scope: '',
  });
  expect((await post(gateway, { query }, { authorization: 'Bearer bad' })).status).toBe(401);
});

test('requests of two viewers share no fetch', async () => {
  const gateway = await world.start({ authentication });
  const headers = await Promise.all(['ada', 'bert', 'cleo'].map((id) => bearer({ ...ada, id })));
  await Promise.all([...headers, ...headers].map((each) => post(gateway, { query }, each)));
  for (const { seen } of [world.accounts, world.usage]) {
    const subjects = seen.map((fetched) => decodeJwt(String(fetched.headers['x-tributary-viewer'])).sub);
    expect(new Set(subjects)).toEqual(new Set(['ada', 'bert', 'cleo']));
  }
});

test('an issuer whose keys are out of reach is a 503, and waits no longer than the request', async () => {
  const server = createServer(() => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const { secret: _, ...common } = authentication;
  const start = (timeoutMs: number, requestMs: number) =>
    world.start({
      authentication: { ...common, jwks: { url, timeoutMs } },
      timeouts: { requestMs },
    });
  /* Whatever is signed by no shared secret: the keys are asked for first. */
  const token = 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA';
  const headers = { authorization: `Bearer ${token}` };
  const unavailable = await post(await start(100, 10_000), { query }, headers);
  expect([unavailable.status, unavailable.errors[0]?.extensions.code]).toEqual([503, 'IDENTITY_UNAVAILABLE']);
  expect(unavailable.headers.get('retry-after')).toBe('5');
  expect(
    world.log.some(({ msg, code }) => msg === 'request refused' && code === 'IDENTITY_UNAVAILABLE'),
  ).toBe(true);
  expect(JSON.stringify(world.log)).not.toContain(token);
  const late = await post(await start(10_000, 100), { query }, headers);
  expect([late.status, late.errors[0]?.extensions.code]).toEqual([504, 'REQUEST_TIMEOUT']);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a gateway without authentication', () => {
  test('serves everybody on loopback as the local viewer, and tells subgraphs nothing', async () => {
    const gateway = await world.start();
    const answer = await post(gateway, { query }, { authorization: 'Bearer of-somebody-else' });
    expect(answer.status).toBe(200);
    expect(viewerTokens()).toEqual(['undefined', 'undefined']);
    expect(world.log.find(({ msg }) => msg === 'request')).toMatchObject({ viewer: 'local' });
    expect((await fetch(`${gateway.url}/.well-known/jwks.json`)).status).toBe(404);
  });

  test.each(['0.0.0.0', '::'])('is not bound to %s', async (host) => {
    await expect(world.start({ host })).rejects.toMatchObject({
      code: 'NOT_LOOPBACK',
      message: expect.stringContaining('authentication'),
    });
  });

  test('is bound to any host once there is authentication', async () => {
    const gateway = await world.start({ host: '0.0.0.0', authentication });
    const response = await fetch(`http://127.0.0.1:${gateway.port}/graphql?query={__typename}`, {
      headers: { 'x-tributary-preflight': '1' },
    });
    expect(response.status).toBe(401);
  });

  test('counts what a viewer asks by every transport, pages too', async () => {
    const site: Site = {
      pages: [
        {
          path: '/page',
          answer: async ({ ask }) => {
            const { data } = await ask({ document: query, timeoutMs: 1_000 });
            return { kind: 'json', status: 200, body: JSON.stringify(data) };
          },
        },
      ],
      asset: async () => undefined,
    };
    const edge = { rates: { viewer: 1 } };
    for (const path of ['/page', '/accounts/1']) {
      const routes = join(world.folder, 'routes');
      const gateway = await world.start({ authentication, site, edge, routes });
      const ask = async () => fetch(gateway.url + path, { headers: await bearer() });
      const [first, second] = [await ask(), await ask()];
      expect([first.status, first.headers.get('ratelimit-remaining')]).toEqual([200, '0']);
      expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([
        429,
        'RATE_LIMITED',
      ]);
    }
  });

  test('lets tokens for trying stand for others', async () => {
    const trialSecret = join(world.folder, 'secret');
    const gateway = await world.start({ trialSecret, internalKeys: ephemeralKeys() });
    const token = await mintToken(
      { secret: { file: trialSecret }, issuer: 'tributary', audience: 'tributary' },
      { ...ada, tenant: 'globex' },
      60,
    );
    await post(gateway, { query }, { authorization: `Bearer ${token}` });
    await post(gateway, { query });
    const seen = world.accounts.seen.map(({ headers }) => decodeJwt(String(headers['x-tributary-viewer'])));
    expect(seen.map(({ sub, tenant, roles }) => [sub, tenant, roles])).toEqual([
      ['ada', 'globex', ['rep']],
      ['local', 'default', ['admin']],
    ]);
    expect((await post(gateway, { query }, { authorization: 'Bearer bad' })).status).toBe(401);
  });
});

test('the header that vouches cannot be forwarded', async () => {
  await expect(world.start({ forwardHeaders: ['X-Tributary-Viewer'] })).rejects.toThrow(
    'the gateway writes it itself',
  );
});

test('who waits for one fetch is vouched for by what all of them have', async () => {
  const subgraph = await startHeldSubgraph();
  const sign = viewerSigner(ephemeralKeys());
  const viewers = [ada, { ...ada, id: 'bert', roles: ['admin', 'rep'], scopes: [] }];
  const asked = viewers.map((viewer, index) => {
    const one = subgraph.ask({ representations: [account(index)] });
    askFor(one.scope, viewer, sign);
    return one;
  });
  await subgraph.received(1);
  const [call] = subgraph.calls;
  const { sub, roles, scope, tenant, jti } = decodeJwt(String(call?.headers['x-tributary-viewer']));
  expect({ sub, roles, scope, tenant }).toEqual({
    sub: undefined,
    roles: ['rep'],
    scope: '',
    tenant: 'acme',
  });
  expect(jti).toBe(call?.headers['x-request-id']);
  expect(asked.map((one) => one.scope.id)).not.toContain(jti);
  call?.answer({ data: { _entities: [{ name: 'A' }, { name: 'B' }] } });
  await Promise.all(asked.map((one) => one.answer));
  await subgraph.end();
});

test('viewers of two tenants would each ask for themselves, whatever the key says', async () => {
  const subgraph = await startHeldSubgraph();
  const sign = viewerSigner(ephemeralKeys());
  const asked = [ada, { ...ada, tenant: 'globex' }].map((viewer, index) => {
    const one = subgraph.ask({ representations: [account(index)] });
    askFor(one.scope, viewer, sign);
    return one;
  });
  await subgraph.received(2);
  const tenants = subgraph.calls.map(
    ({ headers }) => decodeJwt(String(headers['x-tributary-viewer'])).tenant as string,
  );
  expect(tenants.sort()).toEqual(['acme', 'globex']);
  for (const call of subgraph.calls) {
    call.answer({ data: { _entities: [{ name: 'A' }] } });
  }
  expect(await Promise.all(asked.map((one) => one.answer))).toMatchObject([
    { kind: 'answer' },
    { kind: 'answer' },
  ]);
  await subgraph.end();
});

describe('internal keys', () => {
  let subgraph: RunningSubgraph;
  let gateway: RunningGateway;
  let keyFile: string;
  /* Stands for the name that subgraphs know the gateways by. */
  const front = createServer(async (_, response) => {
    response.end(await (await fetch(`${gateway.url}/.well-known/jwks.json`)).text());
  });

  beforeEach(async () => {
    await once(front.listen(0, '127.0.0.1'), 'listening');
    const { port } = front.address() as AddressInfo;
    const sdl = 'type Query { tenant: String }';
    subgraph = await serveSubgraph(
      {
        name: 'tenants',
        sdl,
        resolvers: { Query: { tenant: (_: unknown, __: unknown, { tenant }: RequestContext) => tenant } },
        context: (request) => request,
        ping: async () => {},
        close: async () => {},
      },
      {
        host: '127.0.0.1',
        port: 0,
        log: world.logger,
        keys: { kind: 'url', url: new URL(`http://127.0.0.1:${port}/`) },
      },
    );
    const composed = composeServices([{ name: 'tenants', url: subgraph.url, typeDefs: parse(sdl) }]);
    const supergraph = join(world.folder, 'tenants.graphql');
    await writeFile(supergraph, composed.supergraphSdl as string);
    keyFile = join(world.folder, 'internal-keys.json');
    await rotateKeyFile(keyFile);
    gateway = await world.start({ supergraph, authentication, internalKeys: keyFile, watchMs: 10 });
  });
  afterEach(async () => {
    await subgraph.close();
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
  });

  test('are rotated while all runs, and the subgraph believes the new one', { timeout: 30_000 }, async () => {
    const tenantOf = async () => (await post(gateway, { query: '{ tenant }' }, await bearer())).data;
    expect(await tenantOf()).toEqual({ tenant: 'acme' });
    const [newest, previous] = await rotateKeyFile(keyFile);
    const published = async () => {
      const { keys } = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
      return keys.map(({ kid }) => kid);
    };
    await expect.poll(published).toEqual([newest.kid, previous?.kid]);
    expect(await tenantOf()).toEqual({ tenant: 'acme' });
    /* The first key is gone from the file now, so that the second signs at once, which the subgraph has to ask for. */
    const [third] = await rotateKeyFile(keyFile);
    await expect.poll(published).toEqual([third.kid, newest.kid]);
    await expect.poll(tenantOf, { timeout: 10_000 }).toEqual({ tenant: 'acme' });
  });
});
