import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { createWorld, post, resetWorld, until, type World } from './fixture.ts';

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start();
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const query = 'query Whole($id: ID!) { account(id: $id) { name usage { visits } } }';
const body = { query, variables: { id: '1' } };
const traceId = '0af7651916cd43dd8448eb211c80319c';

function seen() {
  return [world.accounts.seen[0]?.headers, world.usage.seen[0]?.headers];
}

test('the request id of the client reaches every subgraph and comes back', async () => {
  const answer = await post(gateway, body, { 'x-request-id': 'crm.panel-7' });
  expect(answer.headers.get('x-request-id')).toBe('crm.panel-7');
  expect(seen().map((headers) => headers?.['x-request-id'])).toEqual(['crm.panel-7', 'crm.panel-7']);
});

test.each(['two words', 'x'.repeat(129), '"quoted"'])('a request id like %s is replaced', async (id) => {
  const answer = await post(gateway, body, { 'x-request-id': id });
  const made = answer.headers.get('x-request-id');
  expect(made).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen().map((headers) => headers?.['x-request-id'])).toEqual([made, made]);
});

test('the trace goes on under a span of the gateway, with its state', async () => {
  const parent = '00f067aa0ba902b7';
  await post(gateway, body, {
    traceparent: `00-${traceId}-${parent}-00`,
    tracestate: 'vendor=1',
  });
  for (const headers of seen()) {
    expect(headers?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(headers?.traceparent).not.toContain(parent);
    expect(headers?.tracestate).toBe('vendor=1');
  }
});

test('a trace is started where there is none, or a broken one', async () => {
  await post(gateway, body, {
    traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    tracestate: 'vendor=1',
  });
  const [first, second] = seen();
  expect(first?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(first?.traceparent).not.toContain('0'.repeat(32));
  expect(second?.traceparent).toBe(first?.traceparent);
  expect(first?.tracestate).toBeUndefined();
});

test('a request is one line of log, without the values of its variables', async () => {
  const secret = 'value-of-a-variable';
  await post(gateway, { query, variables: { id: secret } }, { 'x-request-id': 'line-1' });
  await post(gateway, { query, variables: { id: { secret } } }, { 'x-request-id': 'line-2' });
  await until(() => world.log.length === 2);
  expect(world.log).toMatchObject([
    { msg: 'request', requestId: 'line-1', operation: 'Whole', status: 200, fetches: 1, tenant: 'default' },
    {
      msg: 'request',
      requestId: 'line-2',
      operation: 'Whole',
      status: 400,
      fetches: 0,
      codes: ['VARIABLES_INVALID'],
    },
  ]);
  expect(world.log[0]?.ms).toBeGreaterThan(0);
  expect(JSON.stringify(world.log)).not.toContain(secret);
});

test('a refused body is one line of log as well', async () => {
  await post(gateway, 'x', { 'content-type': 'text/plain', 'x-request-id': 'line-3' });
  expect(world.log).toMatchObject([
    { msg: 'request', requestId: 'line-3', status: 415, codes: ['UNSUPPORTED_MEDIA_TYPE'] },
  ]);
});
