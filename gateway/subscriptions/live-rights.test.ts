import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokenRunOut } from '#gateway/pipeline/subscription-errors.ts';
import {
  alice,
  bob,
  createLiveWorld,
  type LiveWorld,
  leadEvent,
  subscribeTo,
  testSession,
} from '#test/gateway/live-world.ts';

const all = 'subscription ($after: ID) { leadStatusChanged(after: $after) { n secret } }';
const secret = 'subscription { secretChanged { n } }';

let world: LiveWorld;
beforeEach(async () => {
  world = await createLiveWorld('embedded', { lingerMs: 0 });
});
afterEach(() => world.end());

describe('rights of live queries', () => {
  it('lose exactly what is denied, and those of equal rights share', async () => {
    const carol = { ...bob, id: 'usr_3' };
    const [first, second, third] = await Promise.all(
      [alice, bob, carol].map((viewer) => world.subscribe(all, { session: testSession(viewer) })),
    );
    expect(world.live.numbers().groups).toBe(2);
    await world.bus.publish([leadEvent(1)]);
    await vi.waitFor(() => expect(third!.messages).toHaveLength(1));
    expect(first!.seen()).toEqual([{ n: 1, secret: 'told' }]);
    expect(second!.seen()).toEqual([{ n: 1, secret: null }]);
    expect(JSON.parse(second!.messages[0]!.text).errors).toMatchObject([
      { path: ['leadStatusChanged', 'secret'], extensions: { code: 'FORBIDDEN' } },
    ]);
    expect(second!.messages[0]).toBe(third!.messages[0]);
    expect(world.live.numbers().executions).toBe(2);
  });

  it('refuse a field that is denied as a whole', async () => {
    const session = testSession(bob);
    await expect(world.subscribe(secret, { session })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(session.watchers.size).toBe(0);
  });

  it('are those of the viewer of the moment, without an event lost or doubled', async () => {
    const client = await world.subscribe(all, { session: testSession(alice) });
    await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    client.session.become({ ...alice, scopes: [] });
    await world.bus.publish([leadEvent(1)]);
    await vi.waitFor(() => expect(client.messages).toHaveLength(2));
    client.session.become({ ...alice });
    await world.bus.publish([leadEvent(2)]);
    await vi.waitFor(() => expect(client.messages).toHaveLength(3));
    expect(client.seen()).toEqual([
      { n: 0, secret: 'told' },
      { n: 1, secret: null },
      { n: 2, secret: 'told' },
    ]);
    expect(world.live.numbers().groups).toBe(1);
  });

  it('give nothing that was made for the rights of before to whoever is still reading the log', async () => {
    const withLead =
      'subscription ($after: ID) { leadStatusChanged(after: $after) { n secret lead { status } } }';
    const [first] = await world.bus.publish([leadEvent(0), leadEvent(1)]);
    const held: (() => void)[] = [];
    world.leads.behaviour = (_, response) => {
      response.setHeader('content-type', 'application/json');
      held.push(() => response.end(JSON.stringify({ data: { _entities: [{ status: 'NEW' }] } })));
    };
    const client = await world.subscribe(withLead, { session: testSession(alice), after: first!.cursor });
    await vi.waitFor(() => expect(held).toHaveLength(1));
    client.session.become({ ...alice, scopes: [] });
    world.leads.behaviour = undefined;
    for (const answer of held) answer();
    await vi.waitFor(() => expect(client.messages).not.toHaveLength(0));
    expect(client.seen()).toEqual([{ n: 1, secret: null, lead: { status: 'NEW' } }]);
  });

  it('end what the viewer may no longer have, with a code and the last cursor', async () => {
    const client = await world.subscribe(secret, { session: testSession(alice) });
    const [published] = await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    client.session.become({ ...alice, scopes: [] });
    await vi.waitFor(() => expect(client.endings).toHaveLength(1));
    expect(client.endings[0]).toMatchObject({
      error: { code: 'FORBIDDEN' },
      cursor: published!.cursor,
    });
    expect(client.session.watchers.size).toBe(0);
  });

  it('give nothing to whose token has run out', async () => {
    const expired = await world.subscribe(all, { session: testSession({ ...alice, expiresAt: Date.now() }) });
    await world.bus.publish([leadEvent(0)]);
    await vi.waitFor(() => expect(expired.endings).toMatchObject([{ error: { code: 'TOKEN_EXPIRED' } }]));
    expect(expired.messages).toEqual([]);
  });

  it('end with what the session says, and another tenant is another stream', async () => {
    const [lost, moved] = await Promise.all([world.subscribe(all), world.subscribe(all)]);
    for (const watcher of [...lost!.session.watchers]) watcher.viewerLost(TokenRunOut());
    moved!.session.become({ ...alice, tenant: 'theirs' });
    expect(lost!.endings).toMatchObject([{ error: { code: 'TOKEN_EXPIRED' } }]);
    expect(lost!.endings[0]).toHaveProperty('cursor', expect.any(String));
    expect(moved!.endings).toMatchObject([{ error: { code: 'FORBIDDEN' } }]);
    expect(world.live.numbers().subscriptions).toBe(0);
  });

  it('count the subscriptions of a viewer, wherever they are', async () => {
    const live = world.openAnother({ subscriptionsPerViewer: 2 });
    const clients = await Promise.all([subscribeTo(live, all), subscribeTo(live, all)]);
    await expect(subscribeTo(live, all)).rejects.toMatchObject({ code: 'SUBSCRIPTION_LIMIT_EXCEEDED' });
    await subscribeTo(live, all, { session: testSession(bob) });
    clients[0]!.subscription.leave();
    await subscribeTo(live, all);
    await expect(subscribeTo(live, all, { after: 'nonsense' })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_LIMIT_EXCEEDED',
    });
    clients[1]!.subscription.leave();
    await expect(subscribeTo(live, all, { after: 'nonsense' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
    await subscribeTo(live, all);
    expect(live.numbers().subscriptions).toBe(3);
  });

  it('count those of everybody, also of whoever has no identity', async () => {
    const live = world.openAnother({ subscriptions: 2 });
    const nobody = () =>
      testSession({ kind: 'anonymous', id: 'anonymous', roles: [], scopes: [], tenant: 'default' });
    const first = await subscribeTo(live, all, { session: nobody() });
    await subscribeTo(live, all);
    for (const session of [nobody(), testSession(bob)]) {
      await expect(subscribeTo(live, all, { session })).rejects.toMatchObject({
        code: 'SUBSCRIPTION_LIMIT_EXCEEDED',
        message: expect.stringContaining('"live.subscriptions"'),
      });
    }
    first.subscription.leave();
    await expect(subscribeTo(live, all, { after: 'nonsense' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
    await subscribeTo(live, all, { session: nobody() });
    expect(live.numbers().subscriptions).toBe(2);
  });
});
