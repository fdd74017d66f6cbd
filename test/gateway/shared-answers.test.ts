import { mkdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Client } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import { createWorld, type GraphQLAnswer, resetWorld, until, type World } from './fixture.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

type Answer = Omit<GraphQLAnswer, 'status' | 'headers'>;

interface Sent {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends requests so that the gateway reads them in one turn of its event loop: pipelined on one connection, all of
 * them written before this process, which is the gateway's too, reads anything.
 */
function sendTogether(gateway: RunningGateway, sent: readonly Sent[]): readonly Promise<Answer>[] {
  const client = new Client(gateway.url, { pipelining: sent.length });
  const answers = sent.map(async ({ query, variables, headers }) => {
    const { body } = await client.request({
      path: '/graphql',
      method: 'POST',
      idempotent: true,
      blocking: false,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return (await body.json()) as Answer;
  });
  void Promise.allSettled(answers).then(() => client.close());
  return answers;
}

function postTogether(gateway: RunningGateway, sent: readonly Sent[]): Promise<readonly Answer[]> {
  return Promise.all(sendTogether(gateway, sent));
}

const query =
  'query($id: ID!, $window: Window) { account(id: $id) { name usage(window: $window) { visits window } } }';
const whole = (id: string, window: string) => ({ query, variables: { id, window } });

test('requests that share an answer do not see what is merged into it for another', async () => {
  const gateway = await world.start();
  const answers = await postTogether(gateway, [whole('1', 'DAY'), whole('1', 'WEEK'), whole('1', 'DAY')]);
  expect(answers.map(({ data }) => data)).toEqual(
    ['DAY', 'WEEK', 'DAY'].map((window) => ({
      account: { name: 'Ada', usage: { visits: 10, window } },
    })),
  );
  expect(world.accounts.seen).toHaveLength(1);
  expect(world.usage.seen).toHaveLength(2);
});

test('nor where the other had more luck with the rest', async () => {
  const gateway = await world.start();
  const unlucky: ServerResponse[] = [];
  world.usage.behaviour = (_, response, body) => {
    if (body.includes('"DAY"')) {
      unlucky.push(response);
    } else {
      const entity = { usage: { visits: 10, window: 'WEEK' } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: { _entities: [entity] } }));
    }
  };
  const [lucky, other] = sendTogether(gateway, [whole('1', 'WEEK'), whole('1', 'DAY')]);
  expect((await lucky)?.data).toEqual({ account: { name: 'Ada', usage: { visits: 10, window: 'WEEK' } } });
  await until(() => unlucky.length === 1);
  unlucky[0]?.writeHead(500).end('<html>');
  expect(await other).toMatchObject({
    data: { account: { name: 'Ada', usage: null } },
    errors: [{ path: ['account', 'usage'] }],
  });
  expect(world.accounts.seen).toHaveLength(1);
});

test('requests for different accounts are one fetch of each subgraph', async () => {
  const gateway = await world.start();
  const answers = await postTogether(
    gateway,
    ['1', '2', '3', '1'].map((id) => whole(id, 'DAY')),
  );
  expect(answers).toEqual([
    { data: { account: { name: 'Ada', usage: { visits: 10, window: 'DAY' } } } },
    { data: { account: { name: 'Bert', usage: { visits: 20, window: 'DAY' } } } },
    { data: { account: null } },
    { data: { account: { name: 'Ada', usage: { visits: 10, window: 'DAY' } } } },
  ]);
  expect([world.accounts.seen.length, world.usage.seen.length]).toEqual([1, 1]);
});

test('an error is told where it is in each request', async () => {
  const gateway = await world.start();
  const answers = await postTogether(
    gateway,
    ['1', 'malformed', 'broken'].map((id) => whole(id, 'DAY')),
  );
  expect(answers[0]).toMatchObject({ data: { account: { name: 'Ada' } } });
  expect(answers[0]?.errors).toBeUndefined();
  expect(answers[1]?.errors).toMatchObject([
    { path: ['account'], extensions: { code: 'BAD_USER_INPUT', subgraph: 'accounts' } },
  ]);
  expect(answers[2]?.errors).toMatchObject([{ message: 'The table is gone.', path: ['account'] }]);
  expect(world.accounts.seen).toHaveLength(1);
});

test.each<[string, Partial<GatewayOptions>, number, number]>([
  ['everywhere', { sharing: { enabled: false } }, 3, 3],
  ['for one subgraph', { sharing: { bySubgraph: { usage: false } } }, 1, 3],
  ['but for one subgraph', { sharing: { enabled: false, bySubgraph: { accounts: true } } }, 1, 3],
  ['where a credential of the client is forwarded', { forwardHeaders: ['Authorization'] }, 3, 3],
])('sharing can be switched off %s', async (_, options, accounts, usage) => {
  const gateway = await world.start(options);
  await postTogether(gateway, Array(3).fill(whole('1', 'DAY')));
  expect([world.accounts.seen.length, world.usage.seen.length]).toEqual([accounts, usage]);
});

test('sharing set for a subgraph that is not there is said at the start', async () => {
  await expect(world.start({ sharing: { bySubgraph: { nowhere: true } } })).rejects.toThrow('"nowhere"');
});

test.each([
  [{ inFlight: 0 }, 'sharing.inFlight is 0'],
  [{ queueMs: -1 }, 'sharing.queueMs is -1'],
  [{ representations: 1.5 }, 'sharing.representations is 1.5'],
  [{ rootRequests: Number.NaN }, 'sharing.rootRequests is NaN'],
])('%o is refused', async (sharing, message) => {
  await expect(world.start({ sharing })).rejects.toThrow(message);
});

describe('mutations', () => {
  const rename =
    'mutation($name: String!) { rename(id: "1", name: $name) { name usage(window: DAY) { visits } } }';

  test('neither they nor what they read afterwards is shared', async () => {
    const gateway = await world.start();
    const answers = await postTogether(gateway, [
      { query: rename, variables: { name: 'Ada' } },
      { query: rename, variables: { name: 'Ada' } },
    ]);
    expect(answers).toEqual(Array(2).fill({ data: { rename: { name: 'Ada', usage: { visits: 10 } } } }));
    expect([world.accounts.seen.length, world.usage.seen.length]).toEqual([2, 2]);
  });

  test('what they read afterwards does not queue behind what others read', async () => {
    const gateway = await world.start({ sharing: { inFlight: 1, queueMs: 60_000 } });
    const held: ServerResponse[] = [];
    world.usage.behaviour = (_, response) => void held.push(response);
    const reading = sendTogether(gateway, [
      { query: '{ account(id: "1") { name usage(window: DAY) { visits } } }' },
    ]);
    await until(() => held.length === 1);
    const writing = sendTogether(gateway, [{ query: rename, variables: { name: 'Ada' } }]);
    await until(() => held.length === 2);
    for (const response of held) {
      response.setHeader('content-type', 'application/json');
      response.end('{"data":{"_entities":[{"usage":{"visits":10}}]}}');
    }
    const [first, second] = await Promise.all([...reading, ...writing]);
    expect(first?.data).toEqual({ account: { name: 'Ada', usage: { visits: 10 } } });
    expect(second?.data).toEqual({ rename: { name: 'Ada', usage: { visits: 10 } } });
  });
});

describe('forwarded headers', () => {
  const headersOf = (name: string) => world.accounts.seen.map(({ headers }) => headers[name]).toSorted();

  test('only those of the list reach subgraphs, and only equal ones share', async () => {
    const gateway = await world.start({ forwardHeaders: ['X-Locale', 'x-market'] });
    const asking = (headers: Readonly<Record<string, string>>) => ({ ...whole('1', 'DAY'), headers });
    await postTogether(gateway, [
      asking({ 'x-locale': 'de', 'x-other': '1' }),
      asking({ 'x-locale': 'de', 'x-other': '2' }),
      asking({ 'x-locale': 'fr' }),
      asking({ 'x-market': 'de' }),
    ]);
    expect(headersOf('x-locale')).toEqual(['de', 'fr', undefined]);
    expect(headersOf('x-market')).toEqual(['de', undefined, undefined]);
    expect(headersOf('x-other')).toEqual([undefined, undefined, undefined]);
  });

  test('none by default', async () => {
    const gateway = await world.start();
    await postTogether(gateway, [{ ...whole('1', 'DAY'), headers: { 'x-locale': 'de', cookie: 'a=1' } }]);
    expect([...headersOf('x-locale'), ...headersOf('cookie')]).toEqual([undefined, undefined]);
  });

  test.each([
    ['x locale', 'is no name of an HTTP header'],
    ['', 'is no name of an HTTP header'],
    ['Content-Length', 'the gateway writes it itself'],
    ['traceparent', 'the gateway writes it itself'],
  ])('"%s" cannot be forwarded', async (name, reason) => {
    await expect(world.start({ forwardHeaders: [name] })).rejects.toThrow(reason);
  });
});

test('the sources of a REST answer are those of its own part', async () => {
  const graphql = 'query Panel($id: ID!) { account(id: $id) { name observedAt usage { observedAt } } }';
  const rest = 'method: GET\npath: /panels/{id}\nsummary: A panel.\nparameters:\n  id: { in: path }\n';
  const routes = join(world.folder, 'sharing-routes');
  await mkdir(routes);
  await writeFile(join(routes, 'Panel.graphql'), graphql);
  await writeFile(join(routes, 'Panel.rest.yaml'), rest);
  const gateway = await world.start({ routes });
  const client = new Client(gateway.url, { pipelining: 2 });
  const read = async (id: string) => {
    const { body } = await client.request({ path: `/panels/${id}`, method: 'GET', blocking: false });
    return (await body.json()) as { readonly sources: Readonly<Record<string, object>> };
  };
  const [ada, bert] = await Promise.all(['1', '2'].map(read));
  await client.close();
  expect(ada?.sources).toMatchObject({
    accounts: { status: 'OK', observedAt: '2024-05-02T10:00:00Z' },
    usage: { status: 'OK', observedAt: '2024-04-01T00:00:00Z' },
  });
  expect(bert?.sources).toMatchObject({
    accounts: { status: 'OK', observedAt: '2024-05-01T10:00:00Z' },
    usage: { status: 'OK', observedAt: '2024-03-01T00:00:00Z' },
  });
  expect([world.accounts.seen.length, world.usage.seen.length]).toEqual([1, 1]);
});
