import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePlans } from '#gateway/supergraph/plan-file.ts';
import { readOperations } from '#gateway/supergraph/sources.ts';
import { createWorld, post, type World } from './fixture.ts';

let world: World;
let operations: string;

const known =
  'subscription Renamed($id: ID) { relabelled(id: $id) { from account { name usage { visits } } } }';
const newsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Query { latestRename: ID }
  type Subscription { relabelled(id: ID): Renamed }
  type Renamed { from: String account: Account }
  type Account @key(fields: "id", resolvable: false) { id: ID! }
`;

beforeEach(async () => {
  world = await createWorld();
  const news = { name: 'news', url: 'http://127.0.0.1:1/graphql', sdl: newsSdl };
  const composed = composeServices(
    [world.accounts, world.usage, news].map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  await writeFile(world.supergraph, composed.supergraphSdl ?? '');
  operations = join(world.folder, 'operations');
  await mkdir(operations);
  await writeFile(join(operations, 'Renamed.graphql'), known);
});
afterEach(() => world.end());

const logged = (msg: string) => world.log.filter((line) => line.msg === msg);

test('a subscription is not answered by one response, and its error says where it is', async () => {
  const gateway = await world.start();
  const answer = await post(gateway, { query: known });
  expect(answer.errors).toEqual([
    {
      message: expect.stringMatching(/WebSocket.*text\/event-stream.*\/graphql\/poll/),
      extensions: { code: 'SUBSCRIPTION_NOT_SERVED' },
    },
  ]);
  expect([...world.accounts.seen, ...world.usage.seen]).toEqual([]);
});

test('a list of operations counts for subscriptions too', async () => {
  const gateway = await world.start({ routes: operations, persistedOnly: true });
  const codeOf = async (query: string) => (await post(gateway, { query })).errors[0]?.extensions.code;
  expect(await codeOf(known)).toBe('SUBSCRIPTION_NOT_SERVED');
  expect(await codeOf('subscription { relabelled { from } }')).toBe('PERSISTED_ONLY');
});

test('the known ones are planned before the gateway is ready, or taken from the plan file', async () => {
  await world.start({ routes: operations });
  expect(logged('gateway ready')).toMatchObject([{ plans: 1 }]);
  const plans = join(world.folder, 'plans.json');
  expect(await writePlans(world.supergraph, await readOperations(operations), plans)).toEqual({
    plans: 1,
    refused: [],
  });
  world.log.length = 0;
  await world.start({ routes: operations, plans });
  expect(logged('gateway ready')).toMatchObject([{ plans: 1 }]);
  expect(logged('planning worker started')).toEqual([]);
});

test('a URL for the subscriptions of a subgraph that is not there is refused', async () => {
  await expect(world.start({ subscriptionUrls: { newz: 'ws://127.0.0.1:1' } })).rejects.toThrow(
    'A subscription URL is given for subgraph "newz", which is not in the supergraph. It has accounts, news, usage.',
  );
});
