import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { GatewayOptions } from '#gateway/main.ts';
import { createWorld, post, resetWorld, type World } from './fixture.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const query =
  'query Both($window: Window) { ada: account(id: "1") { name usage(window: $window) { visits } } bert: account(id: "2") { usage(window: DAY) { visits } } }';
const data = { ada: { name: 'Ada', usage: { visits: 10 } }, bert: { usage: { visits: 20 } } };

test('parallel fetches of one subgraph are one request', async () => {
  const gateway = await world.start();
  const answer = await post(gateway, { query, variables: { window: 'WEEK' } });
  expect(answer).toMatchObject({ data, errors: [] });
  expect(world.usage.seen.map(({ body }) => JSON.parse(body))).toEqual([
    {
      query:
        'query Both__usage__1__2($representations:[_Any!]!$representations_1:[_Any!]!$window:Window)' +
        '{_entities(representations:$representations){...on Account{usage(window:$window){visits}}}' +
        '_entities_1:_entities(representations:$representations_1){...on Account{usage(window:DAY){visits}}}}',
      operationName: 'Both__usage__1__2',
      variables: {
        representations: [{ __typename: 'Account', id: '1' }],
        representations_1: [{ __typename: 'Account', id: '2' }],
        window: 'WEEK',
      },
    },
  ]);
});

test.each<[string, Partial<GatewayOptions>, number]>([
  ['everywhere', { joining: { enabled: false } }, 2],
  ['for one subgraph', { joining: { bySubgraph: { usage: false } } }, 2],
  ['for another subgraph', { joining: { bySubgraph: { accounts: false } } }, 1],
  ['but for one subgraph', { joining: { enabled: false, bySubgraph: { usage: true } } }, 1],
])('joining can be switched off %s', async (_, options, requests) => {
  const gateway = await world.start(options);
  expect(await post(gateway, { query })).toMatchObject({ data, errors: [] });
  expect(world.usage.seen).toHaveLength(requests);
});

test('joining set for a subgraph that is not there is said at the start', async () => {
  await expect(world.start({ joining: { bySubgraph: { nowhere: false } } })).rejects.toThrow(
    'Joining is set for subgraph "nowhere"',
  );
});

test('a part that fails does not take the others with it', async () => {
  const gateway = await world.start();
  world.usage.behaviour = (_, response, body) => {
    const { variables } = JSON.parse(body);
    const isFine = variables.representations_1 === undefined && variables.representations[0].id === '1';
    response.setHeader('content-type', 'application/json');
    response.end(
      isFine
        ? '{"data":{"_entities":[{"usage":{"visits":10}}]}}'
        : '{"data":null,"errors":[{"message":"No usage of Bert.","path":["_entities"]}]}',
    );
  };
  const answer = await post(gateway, { query });
  expect(answer.data).toEqual({ ...data, bert: { usage: null } });
  expect(answer.errors).toMatchObject([{ message: 'No usage of Bert.', path: ['bert', 'usage'] }]);
  expect(world.usage.seen).toHaveLength(3);
});

test('an answer that is too large is asked for in parts, and a REST source is then as good as those', async () => {
  const routes = join(world.folder, 'joined-routes');
  const graphql = '{ account(id: "1") { usage { visits } other { usage { visits } } } }';
  await mkdir(routes);
  await writeFile(join(routes, 'Both.graphql'), `query Both ${graphql}`);
  await writeFile(join(routes, 'Both.rest.yaml'), 'method: GET\npath: /both\nsummary: Two panels.\n');
  const gateway = await world.start({ routes, limits: { answerBytes: 300 } });
  const usage = { visits: 10 };
  world.usage.behaviour = (_, response, body) => {
    const entities = { _entities: [{ usage }] };
    const isJoined = body.includes('representations_1');
    const answer = isJoined ? { ...entities, _entities_1: [{ usage }], more: ' '.repeat(300) } : entities;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: answer }));
  };
  const response = await fetch(`${gateway.url}/both`);
  expect(await response.json()).toMatchObject({
    account: { usage, other: { usage } },
    sources: { usage: { status: 'OK' } },
  });
  expect(world.usage.seen).toHaveLength(3);
  expect(world.log.filter(({ msg }) => msg === 'subgraph fetch failed')).toMatchObject([
    { askedAgain: true },
  ]);
});
