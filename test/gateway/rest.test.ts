import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { type Behaviour, createWorld, resetWorld, type World } from './fixture.ts';

let world: World;
let gateway: RunningGateway;

const operation = `query Snapshot($id: ID!, $window: Window) {
  account(id: $id) { id name observedAt usage(window: $window) { visits window observedAt } }
}`;
const route = `method: GET
path: /accounts/{id}/snapshot
summary: One account, from every subgraph that knows it.
parameters:
  id: { in: path, description: The account's id. }
  window: { in: query }
timeouts:
  subgraphMs: 900
  bySubgraph: { usage: 500 }
`;
const listOperation = 'query ($first: Int!) { accounts(first: $first) { id usage { observedAt } } }';
const listRoute = `method: GET
path: /accounts
summary: The first accounts.
parameters:
  count: { in: query, variable: first }
`;

beforeAll(async () => {
  world = await createWorld();
  const routes = join(world.folder, 'operations');
  await mkdir(routes);
  await writeFile(join(routes, 'Snapshot.graphql'), operation);
  await writeFile(join(routes, 'Snapshot.rest.yaml'), route);
  await writeFile(join(routes, 'List.graphql'), listOperation);
  await writeFile(join(routes, 'List.rest.yaml'), listRoute);
  await writeFile(join(routes, 'WithoutRoute.graphql'), '{ account(id: "1") { id } }');
  gateway = await world.start({ routes });
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const hang: Behaviour = () => {};
const down: Behaviour = (request) => void request.socket.destroy();
const html: Behaviour = (_, response) => void response.setHeader('content-type', 'text/html').end('<p>');

/** The members of an answer or of a problem that the tests look into one by one. */
interface Body {
  readonly code?: string;
  readonly accounts?: readonly unknown[];
  readonly sources: Readonly<Record<string, { readonly latencyMs: number; readonly observedAt: string }>>;
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url + path, { headers });
  const body = (await response.json()) as Body;
  return { status: response.status, headers: response.headers, body };
}

describe('200', () => {
  test('has the root field and what each subgraph contributed', async () => {
    const { status, headers, body } = await get('/accounts/1/snapshot?window=DAY', {
      'x-request-id': 'panel',
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(headers.get('x-request-id')).toBe('panel');
    expect(body).toEqual({
      account: {
        id: '1',
        name: 'Ada',
        observedAt: '2024-05-02T10:00:00Z',
        usage: { visits: 10, window: 'DAY', observedAt: '2024-04-01T00:00:00Z' },
      },
      sources: {
        accounts: {
          status: 'OK',
          latencyMs: expect.any(Number),
          observedAt: '2024-05-02T10:00:00Z',
          ageMs: null,
        },
        usage: {
          status: 'OK',
          latencyMs: expect.any(Number),
          observedAt: '2024-04-01T00:00:00Z',
          ageMs: null,
        },
      },
    });
    expect(body.sources.usage?.latencyMs).toBeGreaterThan(0);
  });

  test('names the oldest observation of a subgraph, and numbers are read from the query', async () => {
    const { body } = await get('/accounts?count=2');
    expect(body.accounts).toHaveLength(2);
    expect(body.sources.usage?.observedAt).toBe('2024-03-01T00:00:00Z');
    expect(body.sources.accounts?.observedAt).toBeNull();
  });

  test('a subgraph that there was nothing to ask for is named so', async () => {
    const { body } = await get('/accounts?count=0');
    expect(body).toMatchObject({
      accounts: [],
      sources: { usage: { status: 'NOT_ASKED', latencyMs: null, observedAt: null, ageMs: null } },
    });
  });

  test.each([
    ['is down', down, 'UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE'],
    ['hangs, at the deadline of the route', hang, 'TIMEOUT', 'SUBGRAPH_TIMEOUT'],
    ['answers with HTML', html, 'UNAVAILABLE', 'SUBGRAPH_INVALID_ANSWER'],
  ])('when an extending subgraph %s', async (_, behaviour, status, code) => {
    world.usage.behaviour = behaviour;
    const answer = await get('/accounts/1/snapshot');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      account: { id: '1', name: 'Ada', usage: null },
      sources: { accounts: { status: 'OK' }, usage: { status, observedAt: null } },
      errors: [{ path: ['account', 'usage'], extensions: { code, subgraph: 'usage' } }],
    });
  });

  test('when an extending subgraph answers with an error', async () => {
    world.usage.behaviour = (_, response) =>
      void response
        .setHeader('content-type', 'application/json')
        .end('{"data":{"_entities":[null]},"errors":[{"message":"no rows","path":["_entities",0]}]}');
    const answer = await get('/accounts/1/snapshot');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      sources: { usage: { status: 'ERROR' } },
      errors: [{ message: 'no rows' }],
    });
  });
});

test('what a subgraph says to be old is not passed off as new', async () => {
  const observedAt = '2024-04-01T00:00:00Z';
  const body = { data: { _entities: [{ usage: { visits: 1 } }] }, extensions: { stale: { observedAt } } };
  world.usage.behaviour = (_, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  const { status, body: answer } = await get('/accounts/1/snapshot');
  expect(status).toBe(200);
  expect(answer.sources.usage).toMatchObject({ status: 'STALE', observedAt, ageMs: expect.any(Number) });
  expect(answer.sources.accounts).toMatchObject({ status: 'OK', ageMs: null });
});

describe('problems', () => {
  test('503 with Retry-After where the system behind the subgraph does not answer', async () => {
    const error = { message: 'later', path: ['account'], extensions: { code: 'VENDOR_UNAVAILABLE' } };
    world.accounts.behaviour = (_, response) =>
      void response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ data: { account: null }, errors: [error] }));
    const answer = await get('/accounts/1/snapshot');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBeTruthy();
    expect(answer.body).toMatchObject({ code: 'SOURCE_UNAVAILABLE', detail: 'later' });
  });

  test('404 where the root field is null without an error', async () => {
    const answer = await get('/accounts/77/snapshot?window=DAY', { 'x-request-id': 'p-1' });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toEqual({
      type: 'urn:tributary:problem:not-found',
      title: 'Not Found',
      status: 404,
      detail: 'There is no account under this path.',
      instance: '/accounts/77/snapshot',
      code: 'NOT_FOUND',
      requestId: 'p-1',
    });
  });

  test.each([
    ['is down', down, 'UNAVAILABLE'],
    ['hangs', hang, 'TIMEOUT'],
    ['answers with HTML', html, 'UNAVAILABLE'],
  ])('503 with Retry-After where the subgraph of the root field %s', async (_, behaviour, status) => {
    world.accounts.behaviour = behaviour;
    const answer = await get('/accounts/1/snapshot');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      title: 'Service Unavailable',
      sources: { accounts: { status }, usage: { status: 'NOT_ASKED' } },
    });
  });

  test('502 where the subgraph of the root field answers with an error', async () => {
    const answer = await get('/accounts/broken/snapshot');
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ code: 'SOURCE_FAILED', sources: { accounts: { status: 'ERROR' } } });
  });

  test.each([
    [
      'an enum value that there is none of',
      '/accounts/1/snapshot?window=YEAR',
      'VARIABLES_INVALID',
      '$window',
    ],
    ['a number that is none', '/accounts?count=two', 'VARIABLES_INVALID', '$first'],
    ['a required parameter left out', '/accounts', 'VARIABLES_INVALID', '$first'],
    ['a parameter given twice', '/accounts/1/snapshot?window=DAY&window=WEEK', 'BAD_PARAMETER', '"window"'],
    [
      'an unknown parameter',
      '/accounts/1/snapshot?windows=DAY',
      'BAD_PARAMETER',
      '"windows" is unknown: there are window',
    ],
    ['an empty path parameter', '/accounts//snapshot', 'BAD_PARAMETER', '"id" is empty'],
    ['what the subgraph calls bad input', '/accounts/malformed/snapshot', 'BAD_PARAMETER', 'malformed'],
  ])('400 for %s', async (_, path, code, detail) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ code, detail: expect.stringContaining(detail), status: 400 });
  });

  test('406 for a client that takes no JSON', async () => {
    const answer = await get('/accounts/1/snapshot', { accept: 'text/html' });
    expect([answer.status, answer.body.code]).toEqual([406, 'NOT_ACCEPTABLE']);
  });

  test.each(['POST', 'PUT', 'DELETE', 'HEAD'])('405 for %s', async (method) => {
    const response = await fetch(`${gateway.url}/accounts/1/snapshot`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

test('the request is one line of log', async () => {
  await get('/accounts/1/snapshot', { 'x-request-id': 'rest-1' });
  expect(world.log).toMatchObject([
    { msg: 'request', requestId: 'rest-1', operation: 'Snapshot', status: 200, fetches: 2 },
  ]);
});
