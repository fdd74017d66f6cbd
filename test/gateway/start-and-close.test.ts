import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, post, resetWorld, until, type World } from './fixture.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

const query = '{ account(id: "1") { name } }';

describe('start', () => {
  test('health and readiness', async () => {
    const gateway = await world.start();
    const health = await fetch(`${gateway.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'alive' }]);
    const ready = await fetch(`${gateway.url}/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ready',
      supergraph: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test('a busy port is one clear line with its code', async () => {
    const gateway = await world.start();
    await expect(world.start({ port: gateway.port })).rejects.toMatchObject({
      message: `Port ${gateway.port} on 127.0.0.1 is in use: end the process that holds it, or choose another port.`,
      code: 'EADDRINUSE',
    });
  });

  test.each(['0.0.0.0', '::', '192.168.1.1', 'example.com', ''])('host "%s" is refused', async (host) => {
    await expect(world.start({ host })).rejects.toMatchObject({
      message: expect.stringContaining(`"${host}"`),
      code: 'NOT_LOOPBACK',
    });
  });

  test.each(['localhost', '127.0.0.2', '::1'])('host %s is served', async (host) => {
    const gateway = await world.start({ host });
    expect((await post(gateway, { query })).data).toEqual({ account: { name: 'Ada' } });
  });

  test('a missing supergraph file is named', async () => {
    const file = join(world.folder, 'absent.graphql');
    await expect(world.start({ supergraph: file })).rejects.toThrow(
      `The supergraph file "${file}" cannot be read: it does not exist. Compose it, or name another.`,
    );
  });

  test.each([
    ['syntax', 'type Query {'],
    ['no supergraph', 'type Query { a: Int }'],
    ['nothing', ''],
  ])('a broken supergraph file is named: %s', async (_, sdl) => {
    const file = join(world.folder, 'broken.graphql');
    await writeFile(file, sdl);
    await expect(world.start({ supergraph: file })).rejects.toThrow(
      `The file "${file}" is no Federation 2 supergraph`,
    );
  });

  test('names of subgraphs that the supergraph does not have are refused', async () => {
    await expect(world.start({ subgraphUrls: { crn: 'http://127.0.0.1:1' } })).rejects.toThrow(
      /"crn".* It has accounts, usage\./,
    );
    await expect(world.start({ timeouts: { bySubgraph: { crn: 5 } } })).rejects.toThrow(
      /"crn".* It has accounts, usage\./,
    );
  });

  test('a routing URL that is none is refused', async () => {
    await expect(world.start({ subgraphUrls: { usage: 'nowhere' } })).rejects.toThrow(
      'Subgraph "usage" has the routing URL "nowhere"',
    );
  });

  test('a URL given for a subgraph replaces its routing URL', async () => {
    const gateway = await world.start({ subgraphUrls: { usage: world.accounts.url } });
    const answer = await post(gateway, { query: '{ account(id: "1") { usage { visits } } }' });
    expect(world.usage.seen).toEqual([]);
    expect(world.accounts.seen).toHaveLength(2);
    expect(answer.errors).not.toEqual([]);
  });
});

describe('close', () => {
  test('answers what is in flight, says that it drains, and refuses what is new', async () => {
    const gateway = await world.start();
    let held: ServerResponse | undefined;
    world.accounts.behaviour = (_, response) => {
      held = response;
    };
    const inFlight = post(gateway, { query });
    await until(() => held !== undefined);
    const closed = gateway.close();
    expect(gateway.close()).toBe(closed);

    const ready = await fetch(`${gateway.url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { status: 'draining' }]);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
    const refused = await post(gateway, { query });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.errors[0]?.extensions.code).toBe('GATEWAY_DRAINING');

    held?.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"account":{"name":"Ada"}}}');
    const answer = await inFlight;
    expect(answer.data).toEqual({ account: { name: 'Ada' } });
    expect(answer.headers.get('connection')).toBe('close');
    await closed;
    await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
  });

  test('ends in bounded time though a subgraph hangs and a client never sends', async () => {
    const gateway = await world.start({ timeouts: { closeMs: 50 } });
    world.accounts.behaviour = () => {};
    const idle = connect(gateway.port, '127.0.0.1');
    await once(idle, 'connect');
    const idleEnded = once(idle, 'close');
    idle.on('error', () => {});
    const asked = post(gateway, { query });
    const refused = expect(asked).rejects.toThrow();
    await until(() => world.accounts.seen.length === 1);
    await gateway.close();
    await refused;
    await idleEnded;
    await world.accounts.seen[0]?.abandoned;
  });

  test('ends its connections to the subgraphs', async () => {
    const own = await createWorld();
    try {
      const gateway = await own.start();
      await post(gateway, { query });
      expect(await own.accounts.connections()).toBe(1);
      await gateway.close();
      await expect.poll(() => own.accounts.connections(), { timeout: 1_000 }).toBe(0);
    } finally {
      await own.end();
    }
  });

  test('leaves no timer and no socket: a process that closes its gateway ends by itself', async () => {
    const script = fileURLToPath(new URL('./start-and-close.ts', import.meta.url));
    const child = spawn(process.execPath, [script, world.supergraph], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = text(child.stdout);
    const [code] = await once(child, 'exit');
    expect([code, JSON.parse(await output)]).toEqual([0, { data: { account: { name: 'Ada' } } }]);
  });
});
