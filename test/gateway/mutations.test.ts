import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { type Behaviour, createWorld, post, resetWorld, until, type World } from './fixture.ts';

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start({ timeouts: { requestMs: 5_000, subgraphMs: 300 } });
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const mutation = 'mutation { rename(id: "1", name: "Ada") { name } }';
const close = ({ socket }: IncomingMessage) => void socket.destroy();
const begin = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 }).write('{"data":');
};

const faults: readonly [string, Behaviour, string][] = [
  ['closes the connection', close, 'SUBGRAPH_UNAVAILABLE'],
  ['hangs', () => {}, 'SUBGRAPH_TIMEOUT'],
  ['begins an answer and hangs', (_, response) => begin(response), 'SUBGRAPH_TIMEOUT'],
  [
    'is not there for a proxy',
    (_, response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('away'),
    'SUBGRAPH_UNAVAILABLE',
  ],
  [
    'answers what cannot be read',
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    'SUBGRAPH_INVALID_ANSWER',
  ],
];

test.each(faults)('a mutation is sent once where the subgraph %s', async (_, behaviour, code) => {
  // The connection that it goes out on was used before, as one that a server may close at any time.
  await post(gateway, { query: '{ account(id: "1") { name } }' });
  world.accounts.seen.length = 0;
  world.accounts.behaviour = behaviour;
  const { data, errors } = await post(gateway, { query: mutation });
  expect(data).toEqual({ rename: null });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  // Whatever else the gateway wants there comes after what it would have sent again.
  world.accounts.behaviour = undefined;
  await post(gateway, { query: '{ account(id: "2") { name } }' });
  const kinds = world.accounts.seen.map(({ body }) => JSON.parse(body).query.trimStart().slice(0, 8));
  expect(kinds.filter((kind) => kind.startsWith('mutation'))).toHaveLength(1);
});

test('mutations that were sent before their client went away are not sent again', async () => {
  world.accounts.behaviour = () => {};
  const client = new AbortController();
  const sent = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: mutation }),
    signal: client.signal,
  });
  const gone = expect(sent).rejects.toThrow();
  await until(() => world.accounts.seen.length === 1);
  client.abort();
  await gone;
  await world.accounts.seen[0]?.abandoned;
  world.accounts.behaviour = undefined;
  await post(gateway, { query: '{ account(id: "2") { name } }' });
  expect(world.accounts.seen).toHaveLength(2);
});
