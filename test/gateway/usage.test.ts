import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { mintToken } from '#gateway/identity/trial.ts';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import type { Page, Reply } from '#gateway/transports/site.ts';
import type { MostUsed, UsageBatch, UsageSink } from '#gateway/usage/types.ts';
import { createWorld, post, resetWorld, type World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
const running: RunningGateway[] = [];
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
  resetWorld(world);
});
afterAll(() => world.end());

interface Recorded {
  readonly gateway: RunningGateway;
  readonly batches: UsageBatch[];
  /** Client, version, name of the operation, requests and errors. */
  readonly rows: () => readonly (readonly [string, string, string | undefined, number, number])[];
}

async function start(
  options: Partial<GatewayOptions> = {},
  mostUsed: UsageSink['mostUsed'] = async () => [],
): Promise<Recorded> {
  const batches: UsageBatch[] = [];
  const usage: UsageSink = {
    write: async (batch) => {
      batches.push(batch);
    },
    mostUsed,
  };
  const gateway = await world.start({ usage, ...options });
  running.push(gateway);
  return {
    gateway,
    batches,
    rows: () =>
      batches.flatMap(({ operations, counts }) =>
        counts.map(({ client, clientVersion, hash, requests, errors }) => {
          const name = operations.find((operation) => operation.hash === hash)?.name;
          return [client, clientVersion, name, requests, errors] as const;
        }),
      ),
  };
}

const query = 'query One($id: ID!) { account(id: $id) { name } }';

describe('what is executed', () => {
  it('is counted with its client over HTTP, and told when the gateway closes', async () => {
    const { gateway, rows } = await start();
    const named = { 'x-client-name': 'desk', 'x-client-version': '1.2' };
    await post(gateway, { query, variables: { id: '1' } }, named);
    await post(gateway, { query, variables: { id: 'broken' } }, named);
    await post(gateway, { query, variables: { id: '1' } });
    await post(gateway, { query, variables: { id: '1' } }, { 'x-client-name': 'jane@acme.example' });
    const inUrl = new URLSearchParams({ query: '{ accounts { id } }' });
    await fetch(`${gateway.url}/graphql?${inUrl}`, { headers: { ...named, 'x-tributary-preflight': '1' } });
    await gateway.close();
    expect(rows().toSorted()).toEqual([
      ['desk', '1.2', undefined, 1, 0],
      ['desk', '1.2', 'One', 2, 1],
      ['unknown', 'unknown', 'One', 2, 0],
    ]);
  });

  it('is counted over WebSockets with the client of connection_init', async () => {
    const { gateway, rows } = await start();
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const types: string[] = [];
    socket.on('message', (data) => types.push(JSON.parse(String(data)).type));
    socket.on('open', () => {
      socket.send(
        JSON.stringify({ type: 'connection_init', payload: { clientName: 'live desk', clientVersion: '3' } }),
      );
    });
    await expect.poll(() => types).toEqual(['connection_ack']);
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { id: '1' } } }));
    await expect.poll(() => types).toEqual(['connection_ack', 'next', 'complete']);
    socket.close();
    await gateway.close();
    expect(rows()).toEqual([['live desk', '3', 'One', 1, 0]]);
  });

  it('is nothing that was refused, nor what only asks for the schema', async () => {
    const { gateway, batches } = await start();
    await post(gateway, { query: '{ nothing }' });
    await post(gateway, { query });
    await post(gateway, { query: '{ __schema { types { name } } }' });
    await gateway.close();
    expect(batches).toEqual([]);
  });

  it('leaves nothing of a client behind, whatever is in the document and the variables', async () => {
    const { gateway, batches } = await start();
    const secret = 'jane.doe@acme.example';
    await post(gateway, { query: `{ jane_doe: account(id: "${secret}") { name } }` });
    await post(gateway, {
      query: `query Q($id: ID = "${secret}") {
        accounts(first: 77) { id }
        account(id: $id) { other { id @skip(if: false) } usage(window: DAY) { visits } }
        acme: strict(id: """${secret}""") { id }
      }`,
    });
    await post(gateway, { query, variables: { id: secret } });
    await post(gateway, { query }, { 'x-client-name': secret, 'x-client-version': secret });
    await gateway.close();
    expect(batches.flatMap(({ operations }) => operations)).toHaveLength(3);
    expect(JSON.stringify(batches)).not.toMatch(/jane|acme|first:77/);
  });

  it('is lost in a crash for the time since the last flush alone', async () => {
    const { gateway, rows } = await start({ usageLimits: { flushMs: 20 } });
    await post(gateway, { query, variables: { id: '1' } }, { 'x-client-name': 'desk' });
    /* Not closed: what is there is what a crash leaves. */
    await expect.poll(rows).toEqual([['desk', 'unknown', 'One', 1, 0]]);
  });
});

describe('a page', () => {
  const used: MostUsed = {
    ...{ client: 'desk', hash: 'h', name: 'One', kind: 'query' },
    ...{ requests: 3, errors: 0 },
  };
  const asJson = (value: unknown) => ({ kind: 'json', status: 200, body: JSON.stringify(value) }) as const;
  const pages: readonly Page[] = [
    { path: '/usage', answer: async ({ usage }) => asJson(await usage()) },
    {
      path: '/asks',
      answer: async ({ ask }) =>
        asJson((await ask({ document: '{ accounts { id } }', timeoutMs: 500 })) satisfies Reply),
    },
  ];
  const site = { pages, asset: async () => undefined };
  const read = async ({ gateway }: Recorded, headers: Record<string, string> = {}) =>
    (await fetch(`${gateway.url}/usage`, { headers })).json();

  it('is told what the clients of its tenant ask most', async () => {
    const questions: unknown[] = [];
    const recorded = await start({ site }, async (question) => {
      questions.push(question);
      return [used];
    });
    expect(await read(recorded)).toEqual({ kind: 'counted', days: 30, operations: [used] });
    await read(recorded);
    expect(questions).toEqual([{ tenant: 'default', days: 30, limit: 10 }]);
  });

  it('is told nothing for viewers who may not read numbers', async () => {
    const secret = { file: join(world.folder, 'secret') };
    await writeFile(secret.file, 'a secret of more than thirty-two bytes');
    const trust = { secret, issuer: 'test', audience: 'test', anonymous: true, defaultTenant: 'default' };
    const recorded = await start({ site, authentication: trust }, async () => [used]);
    const token = async (scopes: readonly string[]) => {
      const viewer = { kind: 'machine', id: 'scraper', roles: [], scopes, tenant: 'acme' } as const;
      return { authorization: `Bearer ${await mintToken(trust, viewer, 60)}` };
    };
    expect(await read(recorded, await token(['metrics:read']))).toMatchObject({ kind: 'counted' });
    expect(await read(recorded, await token(['contacts:read']))).toEqual({ kind: 'hidden' });
    expect(await read(recorded)).toEqual({ kind: 'hidden' });
    expect(await read(recorded, { authorization: 'Bearer nothing' })).toEqual({ kind: 'hidden' });
  });

  it('is told that it failed, or that nothing is counted', async () => {
    const failing = await start({ site }, async () => {
      throw new Error('The disk is gone.');
    });
    expect(await read(failing)).toEqual({ kind: 'failed' });
    expect(world.log.some(({ msg }) => msg === 'usage cannot be read')).toBe(true);
    const silent = await start({ site }, () => new Promise(() => {}));
    expect(await read(silent)).toEqual({ kind: 'failed' });
    const off = await world.start({ site });
    running.push(off);
    expect(await (await fetch(`${off.url}/usage`)).json()).toEqual({ kind: 'off' });
  });

  it('is a client by its path', async () => {
    const recorded = await start({ site });
    await fetch(`${recorded.gateway.url}/asks`);
    await recorded.gateway.close();
    expect(recorded.rows()).toEqual([['page /asks', 'unknown', undefined, 1, 0]]);
  });
});
