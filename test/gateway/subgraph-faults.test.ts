import { createServer, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { type Behaviour, createWorld, post, resetWorld, until, type World } from './fixture.ts';

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start({
    timeouts: { requestMs: 5_000, subgraphMs: 2_000, bySubgraph: { usage: 500 } },
    limits: { answerBytes: 100_000 },
  });
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const query = '{ account(id: "1") { name usage { visits } } }';

function answering(body: string, contentType = 'application/json', status = 200): Behaviour {
  return (_, response) => {
    response.writeHead(status, { 'content-type': contentType }).end(body);
  };
}

const hang: Behaviour = () => {};
const html = '<html><body>secret stack trace</body></html>';
const tooLarge = JSON.stringify({ data: { _entities: ['x'.repeat(200_000)] } });

describe('an extending subgraph fails: the rest of the answer stands', () => {
  const faults: readonly [string, Behaviour, string][] = [
    ['hangs', hang, 'SUBGRAPH_TIMEOUT'],
    ['answers with HTML', answering(html, 'text/html'), 'SUBGRAPH_INVALID_ANSWER'],
    ['answers 503 with HTML', answering(html, 'text/html', 503), 'SUBGRAPH_UNAVAILABLE'],
    ['answers with truncated JSON', answering('{"data":{"_entities":['), 'SUBGRAPH_INVALID_ANSWER'],
    ['answers with nothing', answering(''), 'SUBGRAPH_INVALID_ANSWER'],
    [
      'answers with JSON under another media type',
      answering('{"data":null}', 'text/plain'),
      'SUBGRAPH_INVALID_ANSWER',
    ],
    ['answers with too few entities', answering('{"data":{"_entities":[]}}'), 'SUBGRAPH_INVALID_ANSWER'],
    ['answers with too many', answering('{"data":{"_entities":[null,null]}}'), 'SUBGRAPH_INVALID_ANSWER'],
    [
      'answers with what is no entity',
      answering('{"data":{"_entities":["secret"]}}'),
      'SUBGRAPH_INVALID_ANSWER',
    ],
    ['answers with null and no error', answering('{"data":null}'), 'SUBGRAPH_INVALID_ANSWER'],
    ['begins an answer and hangs', (_, response) => begin(response), 'SUBGRAPH_TIMEOUT'],
    ['answers with other JSON', answering('{"error":"no"}'), 'SUBGRAPH_INVALID_ANSWER'],
    ['answers too much', answering(tooLarge), 'SUBGRAPH_INVALID_ANSWER'],
    ['breaks off in the middle', (_, response) => breakOff(response), 'SUBGRAPH_INVALID_ANSWER'],
    ['closes without an answer', (request) => void request.socket.destroy(), 'SUBGRAPH_UNAVAILABLE'],
  ];

  test.each(faults)('%s', async (_, behaviour, code) => {
    world.usage.behaviour = behaviour;
    const answer = await post(gateway, { query }, { 'x-request-id': 'fault-1' });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ account: { name: 'Ada', usage: null } });
    expect(answer.errors).toHaveLength(1);
    const [error] = answer.errors;
    expect(error?.path).toEqual(['account', 'usage']);
    expect(error?.extensions).toEqual({ code, subgraph: 'usage' });
    expect(error?.message).not.toMatch(/secret|ECONN|127\.0\.0\.1|JSON/);

    const lines = world.log.filter((line) => line.msg === 'subgraph fetch failed');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 50, requestId: 'fault-1', subgraph: 'usage', code });
    expect(lines[0]?.cause ?? lines[0]?.err).toBeDefined();
  });

  function begin(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"data":');
  }

  function breakOff(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"data":', () => response.destroy());
  }

  test('the log has status and first bytes, the client has neither', async () => {
    world.usage.behaviour = answering(html, 'text/html', 500);
    const answer = await post(gateway, { query });
    expect(JSON.stringify(answer.errors)).not.toContain('secret');
    expect(world.log.find((line) => line.msg === 'subgraph fetch failed')).toMatchObject({
      status: 500,
      contentType: 'text/html',
      firstBytes: html,
      cause: 'its Content-Type is text/html',
    });
  });

  test('a subgraph that hangs has its fetch aborted', async () => {
    world.usage.behaviour = hang;
    await post(gateway, { query });
    await world.usage.seen[0]?.abandoned;
  });

  test('a GraphQL answer with an error status is an answer', async () => {
    const body = '{"data":{"_entities":[null]},"errors":[{"message":"no","path":["_entities",0]}]}';
    world.usage.behaviour = answering(body, 'application/graphql-response+json', 500);
    const answer = await post(gateway, { query });
    expect(answer.data).toEqual({ account: { name: 'Ada', usage: null } });
    expect(answer.errors[0]?.message).toBe('no');
    expect(world.log.filter((line) => line.msg === 'subgraph fetch failed')).toEqual([]);
  });

  test('a large answer within the bound is read whole', async () => {
    const name = 'n'.repeat(90_000);
    world.accounts.behaviour = answering(JSON.stringify({ data: { account: { name } } }));
    const answer = await post(gateway, { query: '{ account(id: "1") { name } }' });
    expect(answer.data).toEqual({ account: { name } });
  });
});

test('the subgraph of the root field is down: data with null, 200', async () => {
  world.accounts.behaviour = (request) => void request.socket.destroy();
  const answer = await post(gateway, { query });
  expect(answer).toMatchObject({
    status: 200,
    data: { account: null },
    errors: [{ path: ['account'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'accounts' } }],
  });
  expect(world.usage.seen).toEqual([]);
});

test('a subgraph that is not there at all, and then is', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"data":{"account":{"name":"late"}}}');
  });
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  const late = await world.start({ subgraphUrls: { accounts: `http://127.0.0.1:${port}/graphql` } });
  const byName = { query: '{ account(id: "1") { name } }' };
  expect((await post(late, byName)).errors[0]?.extensions.code).toBe('SUBGRAPH_UNAVAILABLE');
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    expect((await post(late, byName)).data).toEqual({ account: { name: 'late' } });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('the deadline of the request ends its fetches', async () => {
  const hasty = await world.start({ timeouts: { requestMs: 100 } });
  /* The deadline is for planning too, which must be over. */
  await expect.poll(async () => (await post(hasty, { query })).errors, { timeout: 10_000 }).toEqual([]);
  resetWorld(world);
  world.accounts.behaviour = hang;
  const answer = await post(hasty, { query });
  expect(answer).toMatchObject({
    status: 200,
    data: { account: null },
    errors: [{ extensions: { code: 'SUBGRAPH_TIMEOUT', subgraph: 'accounts' } }],
  });
  await world.accounts.seen[0]?.abandoned;
  expect(world.log.find((line) => line.msg === 'subgraph fetch failed')?.cause).toContain('100 ms');
});

test('a client that goes away has its fetches aborted, and its request logged as such', async () => {
  world.accounts.behaviour = hang;
  const leaving = new AbortController();
  const asked = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  await until(() => world.accounts.seen.length === 1);
  leaving.abort();
  await expect(asked).rejects.toThrow('abort');
  await world.accounts.seen[0]?.abandoned;
  await until(() => world.log.some((line) => line.msg === 'request'));
  expect(world.log.find((line) => line.msg === 'request')).toMatchObject({ status: 499, fetches: 1 });
  expect(world.log.filter((line) => line.level >= 50)).toEqual([]);
});

test('more fetches than may wait are refused, the others are answered', async () => {
  const narrow = await world.start({ limits: { connections: 1, waitingFetches: 1 } });
  const held: ServerResponse[] = [];
  world.accounts.behaviour = (_, response) => void held.push(response);
  const byName = { query: '{ account(id: "1") { name } }' };
  const first = post(narrow, byName);
  await until(() => held.length === 1);
  const second = post(narrow, byName);
  const third = post(narrow, byName);
  const refused = await Promise.race([second, third]);
  expect(refused.errors[0]?.extensions.code).toBe('SUBGRAPH_UNAVAILABLE');
  const whole = '{"data":{"account":{"name":"Ada"}}}';
  world.accounts.behaviour = answering(whole);
  held[0]?.writeHead(200, { 'content-type': 'application/json' }).end(whole);
  const answers = await Promise.all([first, second, third]);
  expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(2);
});
