import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import {
  createLiveWorld,
  type LiveWorld,
  leadEvent,
  subscribeTo,
  testSession,
} from '#test/gateway/live-world.ts';
import { busEngines } from '#test/harness/buses.ts';

const byOwner =
  'subscription ($owner: ID, $after: ID) { leadStatusChanged(ownerId: $owner, after: $after) { n } }';
const all = 'subscription ($after: ID) { leadStatusChanged(after: $after) { n } }';

const withLead = 'subscription { leadStatusChanged { n lead { status } } }';

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

describe.each(busEngines)('live queries on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('are given', () => {
    let world: LiveWorld;
    beforeEach(async () => {
      world = await createLiveWorld(engine, { lingerMs: 0 });
    });
    afterEach(() => world.end());

    it('every event that comes, with what stands behind it, and a cursor', async () => {
      const client = await world.subscribe(
        'subscription { leadStatusChanged { n cursor lead { id status } } }',
      );
      const [published] = await world.bus.publish([leadEvent(1, { leadid: 'lead_1' })]);
      await vi.waitFor(() => expect(client.messages).toHaveLength(1));
      expect(JSON.parse(client.messages[0]!.text)).toEqual({
        data: {
          leadStatusChanged: { n: 1, cursor: published!.cursor, lead: { id: 'lead_1', status: 'NEW' } },
        },
        extensions: { cursor: published!.cursor },
      });
      expect(client.subscription.cursor()).toBe(published!.cursor);
    });

    it('what the filter admits, from now on, in order', async () => {
      await world.bus.publish([leadEvent(0, { ownerid: 'usr_1' })]);
      const client = await world.subscribe(byOwner, { variables: { owner: 'usr_1' } });
      await world.bus.publish([
        leadEvent(1, { ownerid: 'usr_1' }),
        leadEvent(2, { ownerid: 'usr_2' }),
        leadEvent(3, { ownerid: 'usr_2', previousownerid: 'usr_1' }),
        leadEvent(4, { ownerid: 'usr_1', tenant: 'other' }),
        leadEvent(5, { ownerid: 'usr_1', previousownerid: 'usr_1' }),
      ]);
      await vi.waitFor(() => expect(client.numbers()).toEqual([1, 3, 5]));
    });

    it('what came behind a cursor, or an event', async () => {
      const published = await world.bus.publish([0, 1, 2, 3].map((n) => leadEvent(n)));
      const byCursor = await world.subscribe(all, { variables: { after: published[1]!.cursor } });
      const byId = await world.subscribe(all, { after: published[2]!.id });
      await vi.waitFor(() => expect(byCursor.numbers()).toEqual([2, 3]));
      await vi.waitFor(() => expect(byId.numbers()).toEqual([3]));
      await world.bus.publish([leadEvent(4)]);
      await vi.waitFor(() => expect(byCursor.numbers()).toEqual([2, 3, 4]));
      await vi.waitFor(() => expect(byId.numbers()).toEqual([3, 4]));
      expect(world.live.numbers()).toMatchObject({ groups: 1, catchingUp: 0 });
    });

    it('nothing at a cursor that is none', async () => {
      const [published] = await world.bus.publish([leadEvent(0)]);
      for (const after of ['nonsense', '018f0000-0000-7000-8000-000000000000']) {
        expect(await codeOf(world.subscribe(all, { after }))).toBe('INVALID_CURSOR');
      }
      const session = testSession({ kind: 'user', id: 'usr_3', roles: [], scopes: [], tenant: 'other' });
      for (const after of [published!.cursor, published!.id]) {
        expect(await codeOf(world.subscribe(all, { after, session }))).toBe('INVALID_CURSOR');
      }
      expect(world.live.numbers().subscriptions).toBe(0);
    });

    it('one execution for each event and group', async () => {
      const clients = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          world.subscribe(byOwner, { variables: { owner: `usr_${n % 4}` } }),
        ),
      );
      expect(world.live.numbers()).toMatchObject({ subscriptions: 20, groups: 4 });
      await world.bus.publish(
        Array.from({ length: 40 }, (_, n) => leadEvent(n, { ownerid: `usr_${n % 8}` })),
      );
      await vi.waitFor(() => {
        for (const client of clients) expect(client.messages).toHaveLength(5);
      });
      expect(world.live.numbers()).toMatchObject({ executions: 20, messages: 100 });
      expect(clients[0]!.messages[3]).toBe(clients[4]!.messages[3]);
    });

    it('nothing more after they have left, and leave nothing', async () => {
      const clients = await Promise.all([world.subscribe(all), world.subscribe(byOwner)]);
      await world.bus.publish([leadEvent(0)]);
      await vi.waitFor(() => expect(clients[0]!.messages).toHaveLength(1));
      for (const { subscription } of clients) subscription.leave();
      expect(clients.map(({ session }) => session.watchers.size)).toEqual([0, 0]);
      await vi.waitFor(() => {
        const { subscriptions, groups, catchingUp, tails } = world.live.numbers();
        expect({ subscriptions, groups, catchingUp, tails }).toEqual({
          subscriptions: 0,
          groups: 0,
          catchingUp: 0,
          tails: 0,
        });
      });
      expect(world.generations.current().leases).toBe(0);
      expect(clients.map(({ endings }) => endings)).toEqual([[], []]);
    });

    it('a gap in words where what they want is forgotten, and then what comes', async () => {
      const [first] = await world.bus.publish([0, 1, 2].map((n) => leadEvent(n)));
      await world.bus.trim(new Date(Date.now() + 1_000).toISOString());
      const client = await world.subscribe(all, { after: first!.cursor });
      await vi.waitFor(() => expect(client.messages).toHaveLength(1));
      const [gap] = client.messages;
      expect(JSON.parse(gap!.text)).toMatchObject({
        errors: [{ extensions: { code: 'EVENTS_MISSED', cursor: gap!.cursor } }],
        data: null,
        extensions: { cursor: gap!.cursor },
      });
      await world.bus.publish([leadEvent(3)]);
      await vi.waitFor(() => expect(client.numbers()).toEqual(['EVENTS_MISSED', 3]));
      const again = await world.subscribe(all, { after: gap!.cursor });
      await vi.waitFor(() => expect(again.numbers()).toEqual([3]));
    });

    it('no more than they read, and the rest when they have read', async () => {
      const live = world.openAnother({ waitingMessages: 3, recentEvents: 5, lingerMs: 0 });
      const slow = await subscribeTo(live, all);
      const quick = await subscribeTo(live, all);
      slow.stop();
      const numbers = Array.from({ length: 40 }, (_, n) => n);
      for (const n of numbers) await world.bus.publish([leadEvent(n)]);
      await vi.waitFor(() => expect(quick.numbers()).toEqual(numbers));
      expect(slow.numbers()).toEqual([0, 1, 2]);
      expect(slow.subscription.cursor()).toBe(slow.messages[2]!.cursor);
      slow.read();
      await vi.waitFor(() => expect(slow.numbers()).toEqual(numbers));
      await vi.waitFor(() => expect(live.numbers()).toMatchObject({ groups: 1, catchingUp: 0 }));
    });

    it('an end with their last cursor where what they have not read is forgotten', async () => {
      const live = world.openAnother({ waitingMessages: 1, recentEvents: 1 });
      const slow = await subscribeTo(live, all);
      slow.stop();
      await world.bus.publish([0, 1, 2, 3].map((n) => leadEvent(n)));
      await vi.waitFor(() => expect(slow.numbers()).toEqual([0]));
      await vi.waitFor(() => expect(live.numbers().events).toBe(4));
      await world.bus.trim(new Date(Date.now() + 1_000).toISOString());
      slow.read();
      await vi.waitFor(() => expect(slow.endings).toHaveLength(1));
      expect(slow.endings[0]).toMatchObject({
        kind: 'error',
        error: { code: 'SUBSCRIBER_TOO_SLOW' },
        cursor: slow.messages[0]!.cursor,
      });
      expect(live.numbers().subscriptions).toBe(0);
    });

    it('everything in order where more comes than a group executes', async () => {
      const live = world.openAnother({ groupQueue: 4, groupExecutions: 2 });
      const clients = await Promise.all([1, 2, 3].map(() => subscribeTo(live, withLead)));
      const numbers = Array.from({ length: 300 }, (_, n) => n);
      await world.bus.publish(numbers.map((n) => leadEvent(n)));
      await vi.waitFor(
        () => {
          for (const client of clients) expect(client.numbers()).toEqual(numbers);
        },
        { timeout: 5_000 },
      );
      expect(live.numbers()).toMatchObject({ executions: 300, catchingUp: 0 });
    });

    it('what came while something was being executed for somebody who has left', async () => {
      const live = world.openAnother({ waitingMessages: 1 });
      const [leaver, full] = await Promise.all([subscribeTo(live, withLead), subscribeTo(live, withLead)]);
      full.stop();
      await world.bus.publish([leadEvent(0), leadEvent(1)]);
      await vi.waitFor(() => expect(leaver.numbers()).toEqual([0, 1]));
      const after = leaver.subscription.cursor();

      const held: (() => void)[] = [];
      world.leads.behaviour = (_, response, body) => {
        const { representations } = JSON.parse(body).variables as { representations: unknown[] };
        const _entities = representations.map(() => ({ status: 'NEW' }));
        response.setHeader('content-type', 'application/json');
        held.push(() => response.end(JSON.stringify({ data: { _entities } })));
      };
      await world.bus.publish([leadEvent(2)]);
      await vi.waitFor(() => expect(held).toHaveLength(1));
      leaver.subscription.leave();
      await world.bus.publish([leadEvent(3)]);
      await vi.waitFor(() => expect(live.numbers().events).toBe(4));
      const client = await subscribeTo(live, withLead, { after });
      await new Promise(setImmediate);
      world.leads.behaviour = undefined;
      for (const answer of held.splice(0)) answer();
      await vi.waitFor(() => expect(client.numbers()).toEqual([2, 3]));
      full.read();
      await vi.waitFor(() => expect(full.numbers()).toEqual([0, 1, 2, 3]));
    });

    it('no gap after a long quiet, while others had much to tell', async () => {
      const live = world.openAnother({ quietMs: 30 });
      const client = await subscribeTo(live, all);
      await world.bus.publish([leadEvent(0, { tenant: 'theirs' }), leadEvent(1, { tenant: 'theirs' })]);
      const now = await world.bus.position('default', await world.bus.now('default'));
      const position = () => world.bus.position('default', client.subscription.cursor() ?? '');
      await expect.poll(position).toBe(now);
      await world.bus.trim(new Date(Date.now() + 1_000).toISOString());
      const cursor = client.subscription.cursor();
      await world.bus.publish([leadEvent(2)]);
      const again = await subscribeTo(live, all, { after: cursor });
      await vi.waitFor(() => expect(again.numbers()).toEqual([2]));
      await vi.waitFor(() => expect(client.numbers()).toEqual([2]));
    });

    it('no word when everything closes, and nothing is left', async () => {
      const live = world.openAnother();
      const client = await subscribeTo(live, all);
      const late = subscribeTo(live, all);
      await live.close();
      await late.catch(() => {});
      await world.bus.publish([leadEvent(0)]);
      expect(client.endings).toEqual([]);
      expect(live.numbers()).toMatchObject({ subscriptions: 0, groups: 0, tails: 0 });
      expect(await codeOf(subscribeTo(live, all))).toBe('GATEWAY_DRAINING');
    });

    it('the same from another gateway of the bus', async () => {
      const first = await world.subscribe(all);
      await world.bus.publish([leadEvent(0)]);
      await vi.waitFor(() => expect(first.numbers()).toEqual([0]));
      const cursor = first.subscription.cursor();
      first.subscription.leave();
      await world.bus.publish([leadEvent(1)]);
      const second = await subscribeTo(world.openAnother(), all, { after: cursor });
      await vi.waitFor(() => expect(second.numbers()).toEqual([1]));
    });
  });
});
