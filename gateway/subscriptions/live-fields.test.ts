import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  alice,
  bob,
  createLiveWorld,
  type LiveWorld,
  leadEvent,
  leadStates,
  subscribeTo,
  testSession,
} from '#test/gateway/live-world.ts';

const updates =
  'subscription ($lead: ID, $after: ID) { leadUpdated(leadId: $lead, initial: true, after: $after) { version lead { status } event { n } } }';
const byAccount = 'subscription ($account: ID) { leadStatusChanged(accountId: $account) { n } }';

let world: LiveWorld;
beforeEach(async () => {
  leadStates.clear();
  world = await createLiveWorld('embedded', { lingerMs: 0 });
});
afterEach(() => world.end());

const lookupsAsked = () => world.leads.seen.filter(({ body }) => body.includes('contact(')).length;

describe('a subscription that begins with its entity', () => {
  it('shows it with its version, and then what is above that', async () => {
    leadStates.set('lead_1', { version: 3, status: 'WORKING' });
    const before = await world.bus.now('default');
    const client = await world.subscribe(updates, { variables: { lead: 'lead_1' } });
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    expect(client.messages[0]!.cursor).toBe(before);
    const version = (n: number, entityversion: number) => leadEvent(n, { leadid: 'lead_1', entityversion });
    await world.bus.publish([version(1, 2), version(2, 3), version(3, 4), version(4, 5)]);
    await vi.waitFor(() => expect(client.messages).toHaveLength(3));
    expect(client.seen()).toEqual([
      { version: 3, lead: { status: 'WORKING' }, event: null },
      { version: 4, lead: { status: 'WORKING' }, event: { n: 3 } },
      { version: 5, lead: { status: 'WORKING' }, event: { n: 4 } },
    ]);
  });

  it('begins with nothing of it where it goes on', async () => {
    const after = await world.bus.now('default');
    await world.bus.publish([leadEvent(1, { leadid: 'lead_1' })]);
    const client = await world.subscribe(updates, { variables: { lead: 'lead_1', after } });
    await vi.waitFor(() => expect(client.seen()).toMatchObject([{ event: { n: 1 } }]));
  });

  it('needs to know which one', async () => {
    await expect(world.subscribe(updates)).rejects.toMatchObject({ code: 'INITIAL_NEEDS_ENTITY' });
  });

  it.each([
    [
      'the entity’s version',
      (sdl: string) => sdl.replace('version: Int!', 'version: Int! @requiresScopes(scopes: [["secrets"]])'),
    ],
    [
      'the entity',
      (sdl: string) =>
        sdl.replace(
          'type Lead @key(fields: "id")',
          'type Lead @key(fields: "id") @requiresScopes(scopes: [["secrets"]])',
        ),
    ],
  ])('tells no version to whom %s is denied, and leaves out nothing', async (_, deny) => {
    await world.republish('', undefined, deny);
    leadStates.set('lead_1', { version: 3, status: 'WORKING' });
    const query = 'subscription { leadUpdated(leadId: "lead_1", initial: true) { version event { n } } }';
    const [allowed, denied] = await Promise.all(
      [alice, bob].map((viewer) => world.subscribe(query, { session: testSession(viewer) })),
    );
    await vi.waitFor(() =>
      expect([allowed!.messages, denied!.messages].map(({ length }) => length)).toEqual([1, 1]),
    );
    await world.bus.publish(
      [3, 4].map((entityversion) => leadEvent(entityversion, { leadid: 'lead_1', entityversion })),
    );
    await vi.waitFor(() =>
      expect([allowed!.messages, denied!.messages].map(({ length }) => length)).toEqual([2, 3]),
    );
    expect(allowed!.seen()).toEqual([
      { version: 3, event: null },
      { version: 4, event: { n: 4 } },
    ]);
    expect(denied!.seen()).toEqual([
      { version: null, event: null },
      { version: 3, event: { n: 3 } },
      { version: 4, event: { n: 4 } },
    ]);
    expect(denied!.messages[0]!.text).not.toContain('errors');
  });

  it('goes on where the entity cannot be read, and says so', async () => {
    world.leads.behaviour = (_, response) => response.writeHead(500).end();
    const client = await world.subscribe(updates, { variables: { lead: 'lead_1' } });
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    expect(JSON.parse(client.messages[0]!.text)).toMatchObject({
      errors: [{ extensions: { code: 'SUBGRAPH_INVALID_ANSWER' } }],
    });
    world.leads.behaviour = undefined;
    await world.bus.publish([leadEvent(1, { leadid: 'lead_1' })]);
    await vi.waitFor(() => expect(client.seen()[1]).toMatchObject({ event: { n: 1 } }));
  });
});

describe('a filter whose value the event does not have', () => {
  it('is found out once for each event, whoever listens, and in order', async () => {
    const clients = await Promise.all(
      ['acc_1', 'acc_1', 'acc_2'].map((account) => world.subscribe(byAccount, { variables: { account } })),
    );
    await world.bus.publish([
      leadEvent(0, { contactid: 'con_1' }),
      leadEvent(1, { accountid: 'acc_1', contactid: 'con_2' }),
      leadEvent(2, { contactid: 'con_2' }),
      leadEvent(3, { contactid: 'con_1' }),
      leadEvent(4),
    ]);
    await vi.waitFor(() => {
      expect(clients.map((client) => client.numbers())).toEqual([[0, 1, 3], [0, 1, 3], [2]]);
    });
    expect(lookupsAsked()).toBe(1);
    expect(world.live.numbers().executions).toBe(4);
  });

  it('asks nobody where nobody listens by it', async () => {
    const client = await world.subscribe('subscription { leadStatusChanged(accountId: null) { n } }');
    await world.bus.publish([leadEvent(0, { contactid: 'con_1' })]);
    await vi.waitFor(() => expect(client.numbers()).toEqual([0]));
    expect(lookupsAsked()).toBe(0);
  });

  it('is asked for again, and told of where it stays unknown', async () => {
    const live = world.openAnother({ lookupMs: 700, lingerMs: 0 });
    const client = await subscribeTo(live, byAccount, { variables: { account: 'acc_1' } });
    let failures = 2;
    world.leads.choose = () => (failures-- > 0 ? (_, response) => response.writeHead(503).end() : undefined);
    await world.bus.publish([leadEvent(0, { contactid: 'con_1' })]);
    await vi.waitFor(() => expect(client.numbers()).toEqual([0]));
    failures = Number.POSITIVE_INFINITY;
    await world.bus.publish([
      leadEvent(1, { contactid: 'con_2' }),
      leadEvent(2, { accountid: 'acc_2' }),
      leadEvent(3, { accountid: 'acc_1' }),
    ]);
    await vi.waitFor(() => expect(client.numbers()).toEqual([0, 'EVENTS_MAY_BE_MISSED', 3]), {
      timeout: 3_000,
    });
  });

  it('is found out for whoever catches up too', async () => {
    const after = await world.bus.now('default');
    await world.bus.publish([leadEvent(0, { contactid: 'con_1' }), leadEvent(1, { contactid: 'con_2' })]);
    const client = await world.subscribe(byAccount, { variables: { account: 'acc_2' }, after });
    await vi.waitFor(() => expect(client.numbers()).toEqual([1]));
  });
});
