import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Behaviour, createWorld, post, resetWorld, until, type World } from './fixture.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.end());

const query =
  'query($id: ID!, $window: Window) { account(id: $id) { name usage(window: $window) { visits window } } }';
const clients = 16;
const requestsOfEach = 25;

/** Numbers that look random and are the same in every run. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

const faults: readonly Behaviour[] = [
  () => {},
  (request) => void request.socket.destroy(),
  (request) => void request.socket.resetAndDestroy(),
  (_, response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('<html>'),
  (_, response) => void response.setHeader('content-type', 'application/json').end('{"data":{"_ent'),
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"data":', () => response.destroy());
  },
];

test('subgraphs that hang, break and lie at random crash nothing and leave nothing behind', async () => {
  const dice = createDice(7);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const gateway = await world.start({ timeouts: { subgraphMs: 250, requestMs: 400 } });
  // Once planned: with so short a deadline the planning of a loaded machine would end the first requests.
  await vi.waitFor(async () => {
    const planned = await post(gateway, { query, variables: { id: '1', window: 'DAY' } });
    expect(planned.status).toBe(200);
  }, 20_000);
  const timersBefore = timers();
  for (const subgraph of [world.accounts, world.usage]) {
    subgraph.choose = () => (dice(4) === 0 ? faults[dice(faults.length)] : undefined);
  }
  let whole = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let sent = 0; sent < requestsOfEach; sent += 1) {
        const id = String(1 + dice(2));
        const window = dice(2) === 0 ? 'DAY' : 'WEEK';
        if (dice(8) === 0) {
          await leaveEarly(gateway.url, { id, window });
          continue;
        }
        const { status, data, errors } = await post(gateway, { query, variables: { id, window } });
        expect(status).toBe(200);
        if (errors.length === 0) {
          whole += 1;
          const name = id === '1' ? 'Ada' : 'Bert';
          expect(data).toEqual({ account: { name, usage: { visits: Number(id) * 10, window } } });
        }
      }
    }),
  );
  expect(whole).toBeGreaterThan(0);
  expect(world.log.filter((line) => line.msg === 'request failed inside')).toEqual([]);
  resetWorld(world);
  const { data } = await post(gateway, { query, variables: { id: '1', window: 'DAY' } });
  expect(data).toEqual({ account: { name: 'Ada', usage: { visits: 10, window: 'DAY' } } });
  await until(() => timers() <= timersBefore);
  await gateway.close();
  await vi.waitFor(async () => {
    expect(await Promise.all([world.accounts.connections(), world.usage.connections()])).toEqual([0, 0]);
  });
});

/** Asks and goes away while the gateway is at it. */
async function leaveEarly(url: string, variables: object): Promise<void> {
  const leaving = new AbortController();
  const asked = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: leaving.signal,
  });
  await new Promise(setImmediate);
  leaving.abort();
  await asked.catch(() => undefined);
}
