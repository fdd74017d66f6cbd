import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, type GraphqlAnswer, serveForTest } from '#test/harness/subgraph.ts';
import { type Crm, openCrm } from '../main.ts';
import { writeRows } from '../store/rows.ts';
import { leadTransitions, stageTransitions } from './transitions.ts';

const seen = '2026-03-01T00:00:00.000Z';
const today = () => new Date().toISOString().slice(0, 10);

const payloads = {
  createLead: 'lead { id status source contact { id } account { id } owner { id } version }',
  updateLeadStatus: 'lead { id status version updatedAt observedAt }',
  assignLeadOwner: 'lead { id owner { id name } version }',
  assignAccountOwner: 'account { id owner { id } ownerSource version }',
  moveOpportunityStage: 'opportunity { id stage closeDate version }',
} as const;

type Name = keyof typeof payloads;

const account = (id: string, extra: object = {}) => ({
  id,
  domain: null,
  name: id,
  industry: null,
  employees: null,
  revenueMinor: 9_007_199_254_740_991,
  revenueCurrency: 'USD',
  country: null,
  foundedYear: null,
  lifecycleStage: null,
  parentId: null,
  ownerId: null,
  ownerSource: null,
  ...extra,
});

describe.each(engines)('mutations of the crm on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let crm: Crm;
  let running: RunningSubgraph;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    crm = await openCrm({ location: place.location });
    running = await serveForTest(crm.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  /** The same world before each test: rows at version 1, nothing in the outbox, no key used. */
  beforeEach(async () => {
    if (missing) return;
    await crm.store.transaction(async (trx) => {
      for (const table of [
        'users',
        'accounts',
        'contacts',
        'leads',
        'opportunities',
        'outbox',
        'idempotency',
      ] as const) {
        await trx.deleteFrom(table).execute();
      }
      const user = (id: string) => ({ id, name: `User ${id}`, email: null, team: null, managerId: null });
      await writeRows(trx, 'users', 'default', [user('usr_1'), user('usr_2')], seen);
      await writeRows(trx, 'users', 'other', [user('usr_theirs')], seen);
      const derived = { ownerId: 'usr_1', ownerSource: 'DERIVED' as const };
      await writeRows(trx, 'accounts', 'default', [account('acc_1'), account('acc_2', derived)], seen);
      const contact = {
        id: 'con_1',
        accountId: 'acc_1',
        email: null,
        name: 'Person',
        title: null,
        phone: null,
      };
      await writeRows(trx, 'contacts', 'default', [{ ...contact, country: null }], seen);
      const lead = { status: 'NEW' as const, source: 'Web', contactId: 'con_1', accountId: 'acc_1' };
      await writeRows(trx, 'leads', 'default', [{ id: 'lea_1', ...lead, ownerId: 'usr_1' }], seen);
      await writeRows(trx, 'leads', 'other', [{ id: 'lea_theirs', ...lead, ownerId: null }], seen);
      const deal = {
        name: 'Deal',
        amountMinor: null,
        amountCurrency: null,
        product: null,
        accountId: 'acc_1',
      };
      const opened = { stage: 'PROPOSAL' as const, openDate: '2026-01-10', closeDate: '2026-06-30' };
      await writeRows(
        trx,
        'opportunities',
        'default',
        [{ id: 'opp_1', ...deal, ...opened, ownerId: null }],
        seen,
      );
    });
  });

  /** Asks for a change, under a new key unless one is given. */
  const change = async (name: Name, input: object): Promise<GraphqlAnswer> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    return ask(
      running.url,
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${payloads[name]} event { id type } replayed } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
    );
  };

  const done = async (name: Name, input: object) => {
    const { data, errors } = await change(name, input);
    expect(errors).toBeUndefined();
    return data[name];
  };

  const refused = async (name: Name, input: object) => {
    const { data, errors } = await change(name, input);
    expect(data).toEqual({ [name]: null });
    expect(errors).toHaveLength(1);
    return { message: errors?.[0]?.message, ...errors?.[0]?.extensions };
  };

  const events = () => waitingEvents(crm.store);

  /** Puts a row into a state that no mutation leads to. */
  const put = (table: 'leads' | 'opportunities', id: string, values: object) =>
    crm.store.transaction((trx) =>
      trx.updateTable(table).set(values).where('id', '=', id).where('tenant', '=', 'default').execute(),
    );

  describe('createLead', () => {
    it.skipIf(missing)('takes down a lead with its contact, account and owner, and tells of it', async () => {
      const input = { source: 'Organic Search', contactId: 'con_1', ownerId: 'usr_2' };
      const { lead, event, replayed } = await done('createLead', input);
      expect(lead).toEqual({
        id: expect.stringMatching(/^lea_[0-9a-f-]{36}$/),
        status: 'NEW',
        source: 'Organic Search',
        contact: { id: 'con_1' },
        account: { id: 'acc_1' },
        owner: { id: 'usr_2' },
        version: 1,
      });
      expect(replayed).toBe(false);
      expect(await events()).toMatchObject([
        {
          id: event.id,
          type: 'tributary.crm.LeadCreated.v1',
          subject: lead.id,
          partitionkey: lead.id,
          entityversion: 1,
          leadid: lead.id,
          contactid: 'con_1',
          accountid: 'acc_1',
          ownerid: 'usr_2',
          actor: 'local',
          data: { status: 'NEW', source: 'Organic Search' },
        },
      ]);
    });

    it.skipIf(missing)('answers the same lead for a repeated key, as it is then', async () => {
      const input = { idempotencyKey: 'once', accountId: 'acc_2', status: 'WORKING' };
      const first = await done('createLead', input);
      await done('updateLeadStatus', { leadId: first.lead.id, status: 'QUALIFIED' });
      const again = await done('createLead', input);
      expect(again.event).toEqual(first.event);
      expect(again.replayed).toBe(true);
      expect(again.lead).toEqual({ ...first.lead, status: 'QUALIFIED', version: 2 });
      expect(await events()).toHaveLength(2);
      expect(await refused('createLead', { ...input, status: 'NEW' })).toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
        idempotencyKey: 'once',
      });
    });

    it.skipIf(missing).each([
      [{ contactId: 'con_9' }, 'NOT_FOUND', { field: 'contactId', value: 'con_9', typename: 'Contact' }],
      [{ accountId: 'acc_9' }, 'NOT_FOUND', { field: 'accountId', value: 'acc_9', typename: 'Account' }],
      [{ accountId: 'acc_1', ownerId: 'usr_theirs' }, 'NOT_FOUND', { field: 'ownerId', value: 'usr_theirs' }],
      [{ source: 'Web' }, 'INVALID_ARGUMENT', { field: 'contactId', value: null }],
      [{ accountId: 'acc_1', source: ' ' }, 'INVALID_ARGUMENT', { field: 'source', value: ' ' }],
      [{ accountId: 'acc_1', source: 'x'.repeat(101) }, 'INVALID_ARGUMENT', { field: 'source' }],
      [{ accountId: 'acc_1', source: 'ada@example.com' }, 'INVALID_ARGUMENT', { field: 'source' }],
      [
        { accountId: 'acc_1', status: 'CONVERTED' },
        'INVALID_ARGUMENT',
        { field: 'status', value: 'CONVERTED', allowed: ['NEW', 'WORKING', 'QUALIFIED'] },
      ],
      [{ accountId: 'acc_1', idempotencyKey: 'ada@example.com' }, 'INVALID_ARGUMENT', {}],
    ])('refuses %j with %s', async (input, code, extensions) => {
      expect(await refused('createLead', input)).toMatchObject({ code, ...extensions });
      expect(await events()).toEqual([]);
    });
  });

  describe('updateLeadStatus', () => {
    it.skipIf(missing)('moves a lead, one version on, and tells from where to where', async () => {
      const { lead, event } = await done('updateLeadStatus', {
        leadId: 'lea_1',
        status: 'WORKING',
        ifVersion: 1,
      });
      expect(lead).toMatchObject({ status: 'WORKING', version: 2 });
      expect(lead.updatedAt > seen && lead.observedAt === lead.updatedAt).toBe(true);
      expect(await events()).toMatchObject([
        {
          ...event,
          subject: 'lea_1',
          entityversion: 2,
          contactid: 'con_1',
          accountid: 'acc_1',
          ownerid: 'usr_1',
          data: { from: 'NEW', to: 'WORKING' },
        },
      ]);
    });

    const statuses = Object.keys(leadTransitions) as (keyof typeof leadTransitions)[];
    it.skipIf(missing).each(statuses)('goes from %s where it may, and nowhere else', async (from) => {
      for (const to of statuses) {
        await put('leads', 'lea_1', { status: from });
        if (to === from || leadTransitions[from].includes(to)) {
          const { lead, event } = await done('updateLeadStatus', { leadId: 'lea_1', status: to });
          expect([lead.status, event?.type]).toEqual([
            to,
            to === from ? undefined : 'tributary.crm.LeadStatusChanged.v1',
          ]);
        } else {
          expect(await refused('updateLeadStatus', { leadId: 'lea_1', status: to })).toMatchObject({
            code: 'TRANSITION_NOT_ALLOWED',
            field: 'status',
            value: to,
            from,
            allowed: leadTransitions[from],
          });
        }
      }
    });

    it.skipIf(missing)('changes nothing where the lead has that status, and says so for good', async () => {
      const input = { idempotencyKey: 'same', leadId: 'lea_1', status: 'NEW' };
      expect(await done('updateLeadStatus', input)).toMatchObject({ lead: { version: 1 }, event: null });
      await done('updateLeadStatus', { leadId: 'lea_1', status: 'WORKING' });
      expect(await done('updateLeadStatus', input)).toMatchObject({
        lead: { version: 2, status: 'WORKING' },
        event: null,
        replayed: true,
      });
    });

    it.skipIf(missing)(
      'refuses a stale version with the present state, and takes the key again',
      async () => {
        const input = { idempotencyKey: 'mine', leadId: 'lea_1', status: 'QUALIFIED', ifVersion: 1 };
        await done('updateLeadStatus', { leadId: 'lea_1', status: 'WORKING' });
        expect(await refused('updateLeadStatus', input)).toMatchObject({
          code: 'VERSION_CONFLICT',
          version: 2,
          ifVersion: 1,
          present: { status: 'WORKING' },
        });
        expect(await done('updateLeadStatus', { ...input, ifVersion: 2 })).toMatchObject({ replayed: false });
      },
    );

    it.skipIf(missing).each(['lea_9', 'lea_theirs'])('knows no lead %s', async (leadId) => {
      expect(await refused('updateLeadStatus', { leadId, status: 'WORKING' })).toMatchObject({
        code: 'NOT_FOUND',
        typename: 'Lead',
        id: leadId,
      });
    });

    it.skipIf(missing)('lets one of two win who go by the same version', async () => {
      const answers = await Promise.all(
        ['WORKING', 'QUALIFIED'].map((status) =>
          change('updateLeadStatus', { leadId: 'lea_1', status, ifVersion: 1 }),
        ),
      );
      const codes = answers.map(({ errors }) => errors?.[0]?.extensions?.code ?? 'done');
      expect(codes.toSorted()).toEqual(['VERSION_CONFLICT', 'done']);
      expect(await events()).toHaveLength(1);
    });
  });

  describe('assignLeadOwner', () => {
    it.skipIf(missing)('gives a lead to another user, then to nobody', async () => {
      expect(await done('assignLeadOwner', { leadId: 'lea_1', ownerId: 'usr_2' })).toMatchObject({
        lead: { owner: { id: 'usr_2', name: 'User usr_2' }, version: 2 },
      });
      expect(await done('assignLeadOwner', { leadId: 'lea_1', ownerId: null })).toMatchObject({
        lead: { owner: null, version: 3 },
      });
      const [given, taken] = await events();
      expect(given).toMatchObject({
        type: 'tributary.crm.LeadOwnerAssigned.v1',
        ownerid: 'usr_2',
        previousownerid: 'usr_1',
        data: { from: 'usr_1', to: 'usr_2' },
      });
      expect(taken).toMatchObject({ previousownerid: 'usr_2', data: { from: 'usr_2', to: null } });
      expect(taken).not.toHaveProperty('ownerid');
    });

    it.skipIf(missing)('has nothing to tell where the owner is that one', async () => {
      expect(await done('assignLeadOwner', { leadId: 'lea_1', ownerId: 'usr_1' })).toMatchObject({
        lead: { version: 1 },
        event: null,
      });
      expect(await events()).toEqual([]);
    });

    it.skipIf(missing).each([
      [{ ownerId: 'usr_9' }, { code: 'NOT_FOUND', typename: 'User', field: 'ownerId', value: 'usr_9' }],
      [{ ownerId: 'usr_theirs' }, { code: 'NOT_FOUND', typename: 'User' }],
      [{}, { code: 'INVALID_ARGUMENT', field: 'ownerId', value: null }],
      [
        { ownerId: 'usr_2', ifVersion: 7 },
        { code: 'VERSION_CONFLICT', version: 1, present: { ownerId: 'usr_1' } },
      ],
      [
        { leadId: 'lea_theirs', ownerId: 'usr_2' },
        { code: 'NOT_FOUND', typename: 'Lead' },
      ],
    ])('refuses %j', async (input, extensions) => {
      expect(await refused('assignLeadOwner', { leadId: 'lea_1', ...input })).toMatchObject(extensions);
      expect(await events()).toEqual([]);
    });
  });

  describe('assignAccountOwner', () => {
    it.skipIf(missing)('records the owner, and forgets how it was known with it', async () => {
      expect(await done('assignAccountOwner', { accountId: 'acc_1', ownerId: 'usr_2' })).toMatchObject({
        account: { owner: { id: 'usr_2' }, ownerSource: 'RECORDED', version: 2 },
      });
      expect(await done('assignAccountOwner', { accountId: 'acc_1', ownerId: null })).toMatchObject({
        account: { owner: null, ownerSource: null, version: 3 },
      });
      expect(await events()).toMatchObject([
        { subject: 'acc_1', accountid: 'acc_1', ownerid: 'usr_2', data: { from: null, to: 'usr_2' } },
        { subject: 'acc_1', previousownerid: 'usr_2', data: { from: 'usr_2', to: null } },
      ]);
    });

    it.skipIf(missing)('records an owner who was only derived, once', async () => {
      const input = { accountId: 'acc_2', ownerId: 'usr_1' };
      expect(await done('assignAccountOwner', input)).toMatchObject({
        account: { ownerSource: 'RECORDED', version: 2 },
        event: { type: 'tributary.crm.AccountOwnerAssigned.v1' },
      });
      expect(await done('assignAccountOwner', input)).toMatchObject({ account: { version: 2 }, event: null });
      expect(await events()).toMatchObject([{ data: { from: 'usr_1', to: 'usr_1' } }]);
    });

    it.skipIf(missing).each([
      [{ ownerId: 'usr_9' }, { code: 'NOT_FOUND', field: 'ownerId', value: 'usr_9' }],
      [{}, { code: 'INVALID_ARGUMENT', field: 'ownerId' }],
      [
        { accountId: 'acc_9', ownerId: null },
        { code: 'NOT_FOUND', typename: 'Account', id: 'acc_9' },
      ],
      [
        { ownerId: 'usr_1', ifVersion: 2 },
        { code: 'VERSION_CONFLICT', version: 1, present: { ownerId: null, ownerSource: null } },
      ],
    ])('refuses %j', async (input, extensions) => {
      expect(await refused('assignAccountOwner', { accountId: 'acc_1', ...input })).toMatchObject(extensions);
    });
  });

  describe('moveOpportunityStage', () => {
    const stages = Object.keys(stageTransitions) as (keyof typeof stageTransitions)[];
    it.skipIf(missing).each(stages)('goes from %s where it may, and nowhere else', async (from) => {
      for (const to of stages) {
        await put('opportunities', 'opp_1', { stage: from });
        if (to === from || stageTransitions[from].includes(to)) {
          const { opportunity, event } = await done('moveOpportunityStage', {
            opportunityId: 'opp_1',
            stage: to,
          });
          expect([opportunity.stage, event === null]).toEqual([to, to === from]);
        } else {
          expect(await refused('moveOpportunityStage', { opportunityId: 'opp_1', stage: to })).toMatchObject({
            code: 'TRANSITION_NOT_ALLOWED',
            field: 'stage',
            value: to,
            from,
            allowed: stageTransitions[from],
          });
        }
      }
    });

    const move = async (input: object) =>
      (await done('moveOpportunityStage', { opportunityId: 'opp_1', ...input })).opportunity;

    it.skipIf(missing)('keeps the day that is expected while open, and takes the day it closed', async () => {
      expect(await move({ stage: 'NEGOTIATION' })).toMatchObject({ closeDate: '2026-06-30', version: 2 });
      const before = today();
      const { closeDate } = await move({ stage: 'LOST' });
      expect([before, today()]).toContain(closeDate);
      expect(await move({ stage: 'ENGAGING' })).toMatchObject({ closeDate: null });
      expect(await move({ stage: 'WON', closeDate: '2026-02-03' })).toMatchObject({
        closeDate: '2026-02-03',
      });
      expect(await events()).toMatchObject(
        [
          ['PROPOSAL', 'NEGOTIATION'],
          ['NEGOTIATION', 'LOST'],
          ['LOST', 'ENGAGING'],
          ['ENGAGING', 'WON'],
        ].map(([from, to], n) => ({
          type: 'tributary.crm.OpportunityStageMoved.v1',
          entityversion: n + 2,
          opportunityid: 'opp_1',
          accountid: 'acc_1',
          data: { from, to },
        })),
      );
    });

    it.skipIf(missing).each([
      [
        { stage: 'WON', closeDate: '2999-01-01' },
        { field: 'closeDate', value: '2999-01-01' },
      ],
      [
        { stage: 'LOST', closeDate: '2026-01-09' },
        { field: 'closeDate', value: '2026-01-09' },
      ],
      [
        { stage: 'ENGAGING', closeDate: '2026-02-01' },
        { field: 'closeDate', value: '2026-02-01' },
      ],
    ])('refuses %j', async (input, extensions) => {
      const answer = await refused('moveOpportunityStage', { opportunityId: 'opp_1', ...input });
      expect(answer).toMatchObject({ code: 'INVALID_ARGUMENT', ...extensions });
      expect(await events()).toEqual([]);
    });

    it.skipIf(missing)('refuses what is unknown or stale', async () => {
      const stage = 'WON';
      expect(await refused('moveOpportunityStage', { opportunityId: 'opp_9', stage })).toMatchObject({
        code: 'NOT_FOUND',
        id: 'opp_9',
      });
      expect(
        await refused('moveOpportunityStage', { opportunityId: 'opp_1', stage, ifVersion: 3 }),
      ).toMatchObject({
        code: 'VERSION_CONFLICT',
        version: 1,
        present: { stage: 'PROPOSAL', closeDate: '2026-06-30' },
      });
    });
  });

  it.skipIf(missing)('shows after each of several mutations of one request what holds then', async () => {
    const { data, errors } = await ask(
      running.url,
      `mutation {
        a: updateLeadStatus(input: { idempotencyKey: "a", leadId: "lea_1", status: WORKING }) { lead { status account { owner { id } } } }
        b: assignAccountOwner(input: { idempotencyKey: "b", accountId: "acc_1", ownerId: "usr_2" }) { account { leads { nodes { status } } } }
        c: updateLeadStatus(input: { idempotencyKey: "c", leadId: "lea_1", status: QUALIFIED }) { lead { status account { owner { id } leads { nodes { status } } } } }
        d: updateLeadStatus(input: { idempotencyKey: "d", leadId: "lea_1", status: NEW }) { lead { status } }
      }`,
    );
    expect(data).toEqual({
      a: { lead: { status: 'WORKING', account: { owner: null } } },
      b: { account: { leads: { nodes: [{ status: 'WORKING' }] } } },
      c: {
        lead: {
          status: 'QUALIFIED',
          account: { owner: { id: 'usr_2' }, leads: { nodes: [{ status: 'QUALIFIED' }] } },
        },
      },
      d: null,
    });
    expect(errors?.map(({ path }) => path)).toEqual([['d']]);
    expect(await events()).toHaveLength(3);
  });

  it.skipIf(missing)('does once what is asked many times at once', async () => {
    const input = { idempotencyKey: 'storm', leadId: 'lea_1', status: 'WORKING' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => done('updateLeadStatus', input)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ event }) => event.id)).size).toBe(1);
    expect(await events()).toHaveLength(1);
  });
});
