import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { createWorld, post, until, type World } from './fixture.ts';
import { compose, wideOperation, wideSupergraph } from './supergraphs.ts';

let world: World;
let original: string;
let operations: string;

beforeEach(async () => {
  world = await createWorld();
  original = await readFile(world.supergraph, 'utf8');
  operations = join(world.folder, 'operations');
  await mkdir(operations);
});
afterEach(() => world.end());

const query = '{ account(id: "1") { name } }';
const strict = '{ strict(id: "1") { name } }';

/** The supergraph with its SDL changed, in place at once. */
async function publish(supergraph: string): Promise<void> {
  const draft = `${world.supergraph}.new`;
  await writeFile(draft, supergraph);
  await rename(draft, world.supergraph);
}

/** The supergraph of the world, one subgraph of which says or stands elsewhere. */
function changed(change: { accounts?: (sdl: string) => string; usageUrl?: string }): string {
  const { accounts, usage } = world;
  return compose([
    { ...accounts, sdl: change.accounts?.(accounts.sdl) ?? accounts.sdl },
    { ...usage, url: change.usageUrl ?? usage.url },
  ]);
}
const withoutStrict = () => changed({ accounts: (sdl) => sdl.replace('strict(id: ID!): Account!', '') });
const revision = (number: number) => `${original}\n# ${number}\n`;

const said = (line: string) => world.log.filter(({ msg }) => msg === line).length;

async function ready(gateway: RunningGateway) {
  const response = await fetch(`${gateway.url}/ready`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('a new supergraph', () => {
  test('is served after a reload, under its own id', async () => {
    const gateway = await world.start({ watchMs: 0 });
    expect((await post(gateway, { query: strict })).errors[0]?.extensions.code).not.toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    const before = (await ready(gateway)).body.supergraph;
    await publish(withoutStrict());
    expect((await ready(gateway)).body.supergraph).toBe(before);
    const outcome = await gateway.reload();
    expect(outcome).toMatchObject({ kind: 'reloaded', previous: before });
    expect((await ready(gateway)).body).toEqual({ status: 'ready', supergraph: outcome.supergraph });
    const refused = await post(gateway, { query: strict });
    expect(refused.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await post(gateway, { query })).data).toEqual({ account: { name: 'Ada' } });
  });

  test('is noticed when its file changes', async () => {
    const gateway = await world.start({ watchMs: 10 });
    const before = (await ready(gateway)).body.supergraph;
    await publish(withoutStrict());
    await expect
      .poll(async () => (await ready(gateway)).body.supergraph, { timeout: 10_000 })
      .not.toBe(before);
  });

  test('that says the same changes nothing', async () => {
    const gateway = await world.start({ watchMs: 0 });
    await publish(original);
    expect(await gateway.reload()).toEqual({
      kind: 'unchanged',
      supergraph: (await ready(gateway)).body.supergraph,
    });
  });

  test('asked for several times at once is read once more at most', async () => {
    const gateway = await world.start({ watchMs: 0 });
    await publish(revision(1));
    const first = gateway.reload();
    await publish(revision(2));
    const others = [gateway.reload(), gateway.reload()];
    expect(others[0]).toBe(others[1]);
    const outcomes = await Promise.all([first, ...others]);
    expect(outcomes[0]?.kind).toBe('reloaded');
    expect((await ready(gateway)).body.supergraph).toBe(outcomes[1]?.supergraph);
    expect(await gateway.reload()).toMatchObject({ kind: 'unchanged' });
  });
});

describe('a supergraph that cannot be served', () => {
  test.each([
    ['is broken', (file: string) => writeFile(file, 'type Query {'), 'no Federation 2 supergraph'],
    ['is gone', (file: string) => rm(file), 'does not exist'],
  ])('because it %s changes nothing, and is said', async (_, damage, reason) => {
    const gateway = await world.start({ watchMs: 0 });
    const { supergraph } = (await ready(gateway)).body;
    await damage(world.supergraph);
    expect(await gateway.reload()).toMatchObject({
      kind: 'failed',
      supergraph,
      reason: expect.stringContaining(reason),
    });
    const { status, body } = await ready(gateway);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ready',
      supergraph,
      failedReload: { reason: expect.stringContaining(reason), at: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect(world.log).toContainEqual(
      expect.objectContaining({ level: 50, msg: 'the reload failed: the supergraph stays as it was' }),
    );
    expect((await post(gateway, { query })).data).toEqual({ account: { name: 'Ada' } });

    await publish(original);
    expect(await gateway.reload()).toMatchObject({ kind: 'unchanged' });
    expect((await ready(gateway)).body).not.toHaveProperty('failedReload');
  });

  test('is noticed by the watch, and so is its repair', async () => {
    const gateway = await world.start({ watchMs: 10 });
    await writeFile(world.supergraph, 'type Query {');
    await expect
      .poll(async () => (await ready(gateway)).body, { timeout: 10_000 })
      .toHaveProperty('failedReload');
    await publish(withoutStrict());
    await expect
      .poll(async () => (await ready(gateway)).body, { timeout: 10_000 })
      .not.toHaveProperty('failedReload');
  });
});

describe('requests in flight', () => {
  test('end on the generation that they began on', async () => {
    const gateway = await world.start({ watchMs: 0 });
    let held: ServerResponse | undefined;
    world.accounts.behaviour = (_, response) => {
      held = response;
    };
    const inFlight = post(gateway, { query: strict });
    await until(() => held !== undefined);
    await publish(withoutStrict());
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded' });
    held?.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"strict":{"name":"Held"}}}');
    expect((await inFlight).data).toEqual({ strict: { name: 'Held' } });
  });

  test('end though the subgraph that they ask is no longer asked', async () => {
    const gateway = await world.start({ watchMs: 0 });
    let held: ServerResponse | undefined;
    world.usage.behaviour = (_, response) => {
      held = response;
    };
    const inFlight = post(gateway, { query: '{ account(id: "1") { usage { visits } } }' });
    await until(() => held !== undefined);
    await publish(changed({ usageUrl: 'http://127.0.0.1:1/graphql' }));
    await gateway.reload();
    held
      ?.writeHead(200, { 'content-type': 'application/json' })
      .end('{"data":{"_entities":[{"usage":{"visits":77}}]}}');
    expect((await inFlight).data).toEqual({ account: { usage: { visits: 77 } } });
    await expect.poll(() => world.usage.connections()).toBe(0);
  });

  test('keep the connections of subgraphs that did not move', async () => {
    const gateway = await world.start({ watchMs: 0 });
    const ports: unknown[] = [];
    world.accounts.behaviour = (request, response) => {
      ports.push(request.socket.remotePort);
      response.setHeader('content-type', 'application/json').end('{"data":{"account":{"name":"Ada"}}}');
    };
    await post(gateway, { query });
    await publish(withoutStrict());
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded' });
    await post(gateway, { query });
    expect(ports).toHaveLength(2);
    expect(ports[0]).toBe(ports[1]);
  });

  test('fail never while the supergraph is reloaded again and again', async () => {
    const gateway = await world.start({ watchMs: 0, routes: operations });
    const failures: unknown[] = [];
    let isOver = false;
    let answered = 0;
    const client = async () => {
      while (!isOver) {
        const answer = await post(gateway, { query });
        answered += 1;
        if (answer.status !== 200 || answer.errors.length > 0) {
          failures.push(answer);
        }
      }
    };
    const clients = Promise.all([client(), client(), client()]);
    for (let number = 1; number <= 10; number += 1) {
      await publish(revision(number));
      expect(await gateway.reload()).toMatchObject({ kind: 'reloaded' });
    }
    isOver = true;
    await clients;
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(10);
    expect(await world.accounts.connections()).toBeLessThanOrEqual(3);
  });
});

describe('warm-up', () => {
  const ask = async (gateway: RunningGateway, asked: string, times: number) => {
    for (let count = 0; count < times; count += 1) {
      await post(gateway, { query: asked });
    }
  };

  test('plans the operations of the folder before the gateway is ready, and again with each reload', async () => {
    await writeFile(join(operations, 'One.graphql'), 'query One { account(id: "1") { name } }');
    await writeFile(join(operations, 'Two.graphql'), 'query A { __typename } query B { __typename }');
    await writeFile(join(operations, 'Not.graphql'), '{ nothing }');
    const gateway = await world.start({ watchMs: 0, routes: operations });
    expect(world.log).toContainEqual(expect.objectContaining({ msg: 'gateway ready', plans: 3 }));
    expect(world.log).toContainEqual(
      expect.objectContaining({ level: 40, file: join(operations, 'Not.graphql') }),
    );
    await publish(revision(1));
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded', plans: 3 });
  });

  test('plans what the previous generation was asked for most', async () => {
    const gateway = await world.start({ watchMs: 0, limits: { warmedPlans: 2 } });
    await ask(gateway, 'query Cold { __typename }', 1);
    await ask(gateway, 'query Hot { account(id: "1") { name } }', 4);
    await ask(gateway, 'query Warm { account(id: "2") { name } }', 3);
    await ask(gateway, strict, 9);
    await publish(withoutStrict());
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded', plans: 1 });
    await ask(gateway, 'query Warm { account(id: "2") { name } }', 6);
    await ask(gateway, 'query New { account(id: "2") { id } }', 4);
    await publish(revision(1));
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded', plans: 2 });
  });
});

describe('REST routes', () => {
  const write = async (name: string, path: string, document: string) => {
    await writeFile(join(operations, `${name}.graphql`), document);
    await writeFile(
      join(operations, `${name}.rest.yaml`),
      `method: GET\npath: ${path}\nsummary: For a test.\nparameters: { id: { in: path } }\n`,
    );
  };
  const status = async (gateway: RunningGateway, path: string) =>
    (await fetch(`${gateway.url}${path}`)).status;
  const operation = 'query ($id: ID!) { account(id: $id) { name } }';

  test('come, change and go with a reload', async () => {
    await write('One', '/one/{id}', operation);
    const gateway = await world.start({ watchMs: 0, routes: operations });
    expect([await status(gateway, '/one/1'), await status(gateway, '/two/1')]).toEqual([200, 404]);
    await write('One', '/two/{id}', operation);
    expect(await gateway.reload()).toMatchObject({ kind: 'reloaded' });
    expect([await status(gateway, '/one/1'), await status(gateway, '/two/1')]).toEqual([404, 200]);
  });

  test('that do not fit a new supergraph keep it from being served', async () => {
    await write('One', '/one/{id}', 'query ($id: ID!) { strict(id: $id) { name } }');
    const gateway = await world.start({ watchMs: 0, routes: operations });
    await publish(withoutStrict());
    expect(await gateway.reload()).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('One.graphql'),
    });
    expect((await post(gateway, { query: strict })).errors[0]?.extensions.code).not.toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });
});

test('the memory of past generations is given back, and a process that closes the last ends by itself', async () => {
  const script = fileURLToPath(new URL('./reload-and-collect.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script, world.supergraph, query, '8'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(child.stdout);
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  const { alive, grownBytes } = JSON.parse(await output) as { alive: number; grownBytes: number };
  expect(alive).toBe(0);
  /* Caches of the engine still grow with the first reloads. */
  expect(grownBytes).toBeLessThan(1_500_000);
});

test('closing ends a reload under way, whatever it plans', async () => {
  const gateway = await world.start({
    watchMs: 0,
    routes: operations,
    timeouts: { planMs: 25_000 },
    limits: { tokens: false, fields: 100_000 },
  });
  const heavy = ['A', 'B', 'C', 'D'].map((name) => wideOperation(name, 11));
  await writeFile(join(operations, 'Heavy.graphql'), heavy.join(' '));
  await publish(wideSupergraph(world.accounts.url));
  const reloading = gateway.reload();
  /* The third is the spare that a slow operation calls for. */
  await expect.poll(() => said('planning worker started'), { timeout: 10_000 }).toBe(3);
  const startedAt = performance.now();
  await gateway.close();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(await reloading).toMatchObject({ kind: 'failed', reason: 'The gateway is closing.' });
  expect(await gateway.reload()).toMatchObject({ kind: 'failed' });
});

test('planning a pathological operation keeps nobody waiting, and it is not tried twice', async () => {
  await writeFile(world.supergraph, wideSupergraph(world.accounts.url));
  const gateway = await world.start({
    watchMs: 0,
    timeouts: { planMs: 700 },
    limits: { tokens: false, fields: 100_000 },
  });
  const small = { query: 'query Small { __typename }' };
  await post(gateway, small);
  await post(gateway, { query: wideOperation('First', 11) });
  await expect.poll(() => said('planning worker ready'), { timeout: 10_000 }).toBe(3);
  const ended: string[] = [];
  const heavy = post(gateway, { query: wideOperation('Heavy', 11) }).finally(() => ended.push('heavy'));
  const other = { query: 'query Other { __typename again: __typename }' };
  await Promise.all([post(gateway, small), post(gateway, other)]).then(() => ended.push('others'));
  const refused = await heavy;
  expect(refused.status).toBe(400);
  expect(refused.errors[0]).toMatchObject({
    message: expect.stringContaining('"Heavy"'),
    extensions: { code: 'QUERY_PLAN_TIMEOUT' },
  });
  expect(ended).toEqual(['others', 'heavy']);
  const again = await post(gateway, { query: wideOperation('Heavy', 11) });
  expect(again.errors[0]?.extensions.code).toBe('QUERY_PLAN_TIMEOUT');
  const timeouts = world.log.filter(({ msg }) => msg.startsWith('planning took too long'));
  expect(timeouts.map(({ operation }) => operation)).toEqual(['First', 'Heavy']);
});
