import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthenticationOptions } from '#gateway/identity/settings.ts';
import { mintToken, trialAuthentication } from '#gateway/identity/trial.ts';
import { type LiveSubgraph, startLiveSubgraph, ticksSdl } from '#test/harness/live-subgraph.ts';
import { type Follower, followers, poll } from './live-clients.ts';
import { alice, createLiveWorld, type LiveWorld, leadEvent } from './live-world.ts';

const changes = 'subscription { leadStatusChanged { n lead { status } } }';
const ticked = 'subscription { ticked { n lead { id status } } }';
let subgraph: LiveSubgraph;
let world: LiveWorld;
let open: Follower[] = [];
beforeEach(async () => {
  subgraph = await startLiveSubgraph();
  world = await createLiveWorld('embedded', { lingerMs: 0 }, [
    { name: 'ticks', url: subgraph.url, sdl: ticksSdl },
  ]);
});
afterEach(async () => {
  for (const follower of open) follower.leave();
  open = [];
  await world.end();
  await subgraph.stop();
});

/** The header of each fetch of entities, sorted. */
const fetched = (name = 'accept-language') => world.leads.seen.map(({ headers }) => headers[name]).toSorted();

describe.each(['websocket', 'sse'] as const)('headers of a client over %s', (transport) => {
  const start = async () => {
    const gateway = await world.startGateway({ forwardHeaders: ['accept-language'] });
    const follow = (query: string, headers: Record<string, string>) => {
      const follower = followers[transport](gateway, { query, headers });
      open.push(follower);
      return follower;
    };
    return { gateway, follow };
  };

  it('go with what is fetched for its events, which only those share who send the same', async () => {
    const { gateway, follow } = await start();
    const all = ['de', 'fr', 'de'].map((language) =>
      follow(changes, { 'accept-language': language, 'x-other': 'kept' }),
    );
    await vi.waitFor(() => expect(gateway.live().subscriptions).toBe(3));
    expect(gateway.live().groups).toBe(2);
    await world.bus.publish([leadEvent(1)]);
    await vi.waitFor(() => {
      for (const { results } of all) expect(results).toHaveLength(1);
    });
    expect(fetched()).toEqual(['de', 'fr']);
    expect(fetched('x-other')).toEqual([undefined, undefined]);
  });

  it('open the connection to a subgraph that tells by itself, one for each that differs', async () => {
    const { gateway, follow } = await start();
    const all = ['de', 'fr', 'de'].map((language) => follow(ticked, { 'accept-language': language }));
    await vi.waitFor(() => expect(subgraph.running).toHaveLength(2));
    await vi.waitFor(() => expect(gateway.live().subscriptions).toBe(3));
    expect(subgraph.seen.map(({ headers }) => headers['accept-language']).toSorted()).toEqual(['de', 'fr']);
    subgraph.tick({ n: 1, lead: { id: 'lead_1' } });
    await vi.waitFor(() => {
      for (const { results } of all) expect(results).toHaveLength(1);
    });
    expect(fetched()).toEqual(['de', 'fr']);
  });
});

describe('credentials of a client', () => {
  let folder: string;
  let authentication: AuthenticationOptions;
  const bearer = async (seconds: number) => `Bearer ${await mintToken(authentication, alice, seconds)}`;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'live-forwarded-'));
    const file = join(folder, 'secret');
    await writeFile(file, 'a secret of more than thirty-two bytes');
    authentication = trialAuthentication(file);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are those that it gave last, and nobody shares over them', async () => {
    const gateway = await world.startGateway({ authentication, forwardHeaders: ['authorization'] });
    const [first, second, fresh] = [await bearer(60), await bearer(61), await bearer(62)];
    const all = [first, second].map((authorization) =>
      followers.websocket(gateway, { query: changes, authorization }),
    );
    open.push(...all);
    await vi.waitFor(() => expect(gateway.live()).toMatchObject({ subscriptions: 2, groups: 2 }));
    await world.bus.publish([leadEvent(1)]);
    await vi.waitFor(() => expect(all.map(({ results }) => results.length)).toEqual([1, 1]));
    expect(fetched('authorization')).toEqual([first, second].toSorted());

    world.leads.seen.length = 0;
    let answer = '';
    all[0]?.socket()?.on('message', (data) => {
      if (String(data).includes('pong')) answer = String(data);
    });
    all[0]?.socket()?.send(JSON.stringify({ type: 'ping', payload: { authorization: fresh } }));
    await vi.waitFor(() => expect(answer).toContain('accepted'));
    await world.bus.publish([leadEvent(2)]);
    await vi.waitFor(() => expect(all.map(({ results }) => results.length)).toEqual([2, 2]));
    expect(fetched('authorization')).toEqual([fresh, second].toSorted());
  });

  it('go with a query over WebSocket, and with a poll that has them in its body', async () => {
    const gateway = await world.startGateway({ authentication, forwardHeaders: ['authorization'] });
    const authorization = await bearer(60);
    const query = '{ lead(id: "lead_1") { status } }';
    const asked = followers.websocket(gateway, { query, authorization });
    open.push(asked);
    await vi.waitFor(() => expect(asked.ends).toEqual(['complete']));
    const { body } = await poll(gateway, { query: changes, waitMs: 0, authorization });
    await world.bus.publish([leadEvent(1)]);
    const answer = await poll(gateway, { query: changes, cursor: body.cursor, authorization });
    expect(answer.body.results).toHaveLength(1);
    expect(new Set(fetched('authorization'))).toEqual(new Set([authorization]));
    expect(world.leads.seen).toHaveLength(2);
  });
});

it('headers of a poll go with what is fetched for it', async () => {
  const gateway = await world.startGateway({ forwardHeaders: ['accept-language'] });
  const { body } = await poll(gateway, { query: changes, waitMs: 0 });
  await world.bus.publish([leadEvent(1)]);
  const asked = { query: changes, cursor: body.cursor };
  const answer = await poll(gateway, asked, { 'accept-language': 'de' });
  expect(answer.body.results).toMatchObject([
    { data: { leadStatusChanged: { n: 1, lead: { status: 'NEW' } } } },
  ]);
  expect(fetched()).toEqual(['de']);
});
