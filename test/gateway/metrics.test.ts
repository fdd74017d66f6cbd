import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintToken } from '#gateway/identity/trial.ts';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { createWorld, type World } from './fixture.ts';

const metrics = { contentType: 'text/plain; version=0.0.4', read: async () => 'events 7\n' };
const scraper: Viewer = {
  kind: 'machine',
  id: 'scraper',
  roles: [],
  scopes: ['metrics:read'],
  tenant: 'acme',
};

let world: World;
const secret = () => join(world.folder, 'secret');
const authentication = () => ({
  secret: { file: secret() },
  issuer: 'https://id.example',
  audience: 'tributary',
});
beforeAll(async () => {
  world = await createWorld();
  await writeFile(secret(), 'a secret of more than thirty-two bytes');
});
afterAll(() => world.end());

async function read(options: Partial<GatewayOptions>, viewer?: Viewer): Promise<Response> {
  const gateway: RunningGateway = await world.start(options);
  try {
    const headers: Record<string, string> =
      viewer === undefined
        ? {}
        : { authorization: `Bearer ${await mintToken(authentication(), viewer, 60)}` };
    const response = await fetch(`${gateway.url}/metrics`, { headers });
    return new Response(await response.text(), { status: response.status, headers: response.headers });
  } finally {
    await gateway.close();
  }
}

describe('/metrics', () => {
  it('is for whoever uses this machine while nobody is authenticated', async () => {
    const response = await read({ metrics });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(metrics.contentType);
    const text = await response.text();
    expect(text).toMatch(/^events 7\n/);
    expect(text).toContain('tributary_live_connections{transport="websocket"} 0');
  });

  it('is for viewers with the scope metrics:read, and for no others', async () => {
    const options = { metrics, authentication: authentication() };
    expect((await read(options, scraper)).status).toBe(200);
    const refused = await read(options, { ...scraper, scopes: ['contact:read'] });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'FORBIDDEN',
      detail: expect.stringContaining('metrics:read'),
    });
    expect((await read(options)).status).toBe(401);
  });

  it('tells nothing of why it cannot be read', async () => {
    const broken = { ...metrics, read: () => Promise.reject(new Error('/var/lib is full')) };
    const response = await read({ metrics: broken });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('/var/lib');
  });

  it('and why a reload failed are for the same viewers', async () => {
    const supergraph = join(world.folder, 'own.graphql');
    await copyFile(world.supergraph, supergraph);
    const gateway = await world.start({ supergraph, watchMs: 0, authentication: authentication() });
    await writeFile(supergraph, 'type Query {');
    await gateway.reload();
    const ready = async (headers: Record<string, string> = {}) =>
      ((await (await fetch(`${gateway.url}/ready`, { headers })).json()) as { failedReload: object })
        .failedReload;
    expect(await ready()).toEqual({ at: expect.any(String) });
    expect(await ready({ authorization: 'Bearer nonsense' })).toEqual({ at: expect.any(String) });
    const authorization = `Bearer ${await mintToken(authentication(), scraper, 60)}`;
    expect(await ready({ authorization })).toMatchObject({ reason: expect.stringContaining('own.graphql') });
    await gateway.close();
  });

  it('is nothing where no numbers are given', async () => {
    expect((await read({})).status).toBe(404);
  });
});
