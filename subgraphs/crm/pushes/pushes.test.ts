import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { pushRetry } from '#chassis/vendor/pushes/consumer.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { engines } from '#test/harness/stores.ts';
import { type VendorHouse, vendorHouse } from '#test/harness/vendors/vendor-house.ts';

const sync = 'syncState syncReason';
const told = (events: readonly EventEnvelope[]) => events.map(({ type }) => type.split('.')[2]);

describe.each(engines)('changes on their way to a vendor, on $engine', ({ engine, missing }) => {
  let house: VendorHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  /** A vendor with two users, an account, a contact, three leads and an opportunity, all of them read. */
  const open = async (rules?: Parameters<typeof vendorHouse>[1]): Promise<VendorHouse> => {
    house = await vendorHouse(engine, rules);
    const { vendor } = house;
    for (const id of ['1', '2']) {
      vendor.edit('users', id, { name: `User ${id}`, email: null, team: null, managerId: null });
    }
    const nothing = { industry: null, employees: null, revenueMinor: null, revenueCurrency: null };
    const company = { ...nothing, country: null, foundedYear: null, lifecycleStage: null, parentId: null };
    vendor.edit('accounts', '1', { domain: 'a.example', name: 'A', ...company, ownerId: '1' });
    const person = { email: null, name: 'P', title: null, phone: null, country: null };
    vendor.edit('contacts', '1', { ...person, accountId: '1' });
    for (const id of ['1', '2', '3']) {
      const about = { source: 'Web', contactId: '1', accountId: '1', ownerId: '1' };
      vendor.edit('leads', id, { status: 'NEW', ...about });
    }
    const worth = { amountMinor: null, amountCurrency: null, product: null };
    const deal = { name: 'Deal', stage: 'PROPOSAL', ...worth, openDate: '2026-01-10', closeDate: null };
    vendor.edit('opportunities', '1', { ...deal, accountId: '1', ownerId: '1' });
    for (const type of ['users', 'accounts', 'contacts', 'leads', 'opportunities']) await house.sync(type);
    for (const id of ['lea_1', 'lea_2', 'lea_3', 'acc_1', 'opp_1']) await house.deliver(id);
    return house;
  };
  const moved = (one: VendorHouse, leadId: string, status: string) =>
    one.change('updateLeadStatus', { leadId, status }, `lead { status version ${sync} } event { id }`);

  it.skipIf(missing)('are pending at once and accepted when the vendor has them', async () => {
    const { change, entity, deliver, vendor } = await open();
    expect(await entity('Lead', 'lea_1', sync)).toEqual({ syncState: 'ACCEPTED', syncReason: null });
    const answers = [
      await moved(house!, 'lea_1', 'WORKING'),
      await change('assignLeadOwner', { leadId: 'lea_2', ownerId: 'usr_2' }, `lead { ${sync} }`),
      await change('assignAccountOwner', { accountId: 'acc_1', ownerId: 'usr_2' }, `account { ${sync} }`),
      await change(
        'moveOpportunityStage',
        { opportunityId: 'opp_1', stage: 'WON', closeDate: '2026-02-02' },
        `opportunity { ${sync} }`,
      ),
    ];
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data.answer).toMatchObject({});
      const [entity] = Object.values(data.answer);
      expect(entity).toMatchObject({ syncState: 'PENDING', syncReason: null });
    }
    for (const id of ['lea_1', 'lea_2', 'acc_1', 'opp_1'])
      expect(await deliver(id)).toEqual({ of: 1, done: 1 });
    const update = { kind: 'update', id: '1' };
    expect(vendor.made.map(({ change }) => change)).toEqual([
      { ...update, type: 'leads', values: { status: 'WORKING' } },
      { ...update, type: 'leads', id: '2', values: { ownerId: '2' } },
      { ...update, type: 'accounts', values: { ownerId: '2' } },
      { ...update, type: 'opportunities', values: { stage: 'WON', closeDate: '2026-02-02' } },
    ]);
    expect(vendor.made[0]?.key).toBe(answers[0]?.data.answer.event.id);
    const lead = await entity('Lead', 'lea_1', `version ${sync}`);
    expect(lead).toEqual({ version: 2, syncState: 'ACCEPTED', syncReason: null });
    // What the vendor has then is nothing new, and no conflict.
    for (const type of ['accounts', 'leads', 'opportunities']) await house!.sync(type);
    expect(await entity('Lead', 'lea_1', 'version status')).toEqual({ version: 2, status: 'WORKING' });
    expect(await house!.decisions()).toEqual([]);
  });

  it.skipIf(missing)('take a new lead to the vendor and know it again', async () => {
    const { change, deliver, vendor, entity, sync: read } = await open();
    const asked = { contactId: 'con_1', source: 'Fair', ownerId: 'usr_2' };
    const { data } = await change('createLead', asked, `lead { id ${sync} }`);
    const { id, ...state } = data.answer.lead;
    expect(state).toEqual({ syncState: 'PENDING', syncReason: null });
    await moved(house!, id, 'WORKING');
    // Both wait: the vendor gets the lead as it is now.
    expect(await deliver(id)).toEqual({ of: 2, done: 2 });
    expect(vendor.made.map(({ change }) => change)).toEqual([
      {
        kind: 'create',
        type: 'leads',
        externalId: id,
        values: { status: 'WORKING', source: 'Fair', contactId: '1', accountId: '1', ownerId: '2' },
      },
    ]);
    expect(await entity('Lead', id, `version ${sync}`)).toEqual({
      version: 2,
      syncState: 'ACCEPTED',
      syncReason: null,
    });
    await moved(house!, id, 'QUALIFIED');
    await deliver(id);
    expect(vendor.made.at(-1)?.change).toMatchObject({ kind: 'update', id: `v_${id}` });
    await read('leads');
    const leads = await house!.crm.store.db.selectFrom('leads').select('id').execute();
    expect(leads).toHaveLength(4);
  });

  it.skipIf(missing)('wait out a vendor that is down, and reach it once and in their order', async () => {
    const { vendor, deliver, change, consumer, entity } = await open();
    vendor.setDown(true);
    const statuses = ['WORKING', 'QUALIFIED', 'CONVERTED'];
    for (const status of statuses) {
      for (const id of ['lea_1', 'lea_2', 'lea_3']) {
        expect((await moved(house!, id, status)).errors).toBeUndefined();
        expect((await deliver(id)).done).toBe(0);
      }
    }
    // Many times more than a lasting failure is tried.
    for (let n = 0; n <= 2 * pushRetry.attempts; n++) expect((await deliver('lea_1')).done).toBe(0);
    expect(await consumer.deadLetters.list({ tenant: 'default', after: 0, limit: 10 })).toEqual([]);
    expect(await entity('Lead', 'lea_1', 'status syncState')).toEqual({
      status: 'CONVERTED',
      syncState: 'PENDING',
    });
    const waiting = await house!.crm.store.db.selectFrom('pushes').select(['attempts', 'failure']).execute();
    expect(waiting.every(({ failure }) => failure === 'unavailable' || failure === null)).toBe(true);
    vendor.setDown(false);
    for (const id of ['lea_1', 'lea_2', 'lea_3']) expect(await deliver(id)).toEqual({ of: 3, done: 3 });
    for (const id of ['1', '2', '3']) {
      const made = vendor.made.filter(({ change }) => change.kind === 'update' && change.id === id);
      // The first was under way alone when the others were made; those wait together.
      expect(made.map(({ change }) => change.values)).toEqual([
        { status: 'WORKING' },
        { status: 'CONVERTED' },
      ]);
      expect(await entity('Lead', `lea_${id}`, sync)).toEqual({ syncState: 'ACCEPTED', syncReason: null });
    }
    await change('assignLeadOwner', { leadId: 'lea_1', ownerId: null }, 'replayed');
    await deliver('lea_1');
    expect(vendor.made).toHaveLength(7);
  });

  it.skipIf(missing)('are made once where the vendor answered and nobody heard it', async () => {
    const { vendor, deliver, entity } = await open();
    await moved(house!, 'lea_1', 'WORKING');
    vendor.fates.push({ kind: 'lost' });
    expect((await deliver('lea_1')).done).toBe(0);
    // What comes now is not what was sent under the first key.
    await moved(house!, 'lea_1', 'QUALIFIED');
    expect(await deliver('lea_1')).toEqual({ of: 2, done: 2 });
    expect(vendor.made.map(({ change }) => change.values)).toEqual([
      { status: 'WORKING' },
      { status: 'QUALIFIED' },
    ]);
    expect(vendor.keys).toEqual([vendor.keys[0], vendor.keys[0], vendor.made[1]?.key]);
    expect(await entity('Lead', 'lea_1', 'syncState')).toEqual({ syncState: 'ACCEPTED' });
  });

  it.skipIf(missing)('are made once where the answer could not be committed', async () => {
    const { vendor, deliver, entity, crm } = await open();
    await moved(house!, 'lea_1', 'WORKING');
    // The store breaks between the answer and its commit.
    const { transaction } = crm.store;
    await transaction((trx) => sql`alter table leads rename to leads_away`.execute(trx));
    expect((await deliver('lea_1')).done).toBe(0);
    expect(vendor.made).toHaveLength(1);
    await transaction((trx) => sql`alter table leads_away rename to leads`.execute(trx));
    expect(await deliver('lea_1')).toEqual({ of: 1, done: 1 });
    expect(vendor.made).toHaveLength(1);
    expect(new Set(vendor.keys).size).toBe(1);
    expect(await entity('Lead', 'lea_1', 'syncState')).toEqual({ syncState: 'ACCEPTED' });
  });

  it.skipIf(missing)('are undone where the vendor refuses them, with its reason and an event', async () => {
    const { vendor, deliver, entity, events, log } = await open();
    const refused = {
      kind: 'rejected',
      code: 'STAGE_LOCKED',
      reason: 'p@example.com may not do this',
    } as const;
    vendor.fates.push(refused);
    await house!.change(
      'moveOpportunityStage',
      { opportunityId: 'opp_1', stage: 'WON', closeDate: '2026-02-02' },
      'replayed',
    );
    const before = (await events('opp_1')).length;
    expect(await deliver('opp_1')).toEqual({ of: 1, done: 1 });
    const fields = `stage closeDate version ${sync}`;
    const back = { stage: 'PROPOSAL', closeDate: null, version: 3 };
    expect(await entity('Opportunity', 'opp_1', fields)).toEqual({
      ...back,
      syncState: 'REJECTED',
      syncReason: refused.reason,
    });
    const news = (await events('opp_1')).slice(before);
    expect(told(news)).toEqual(['OpportunityStageMoved', 'OpportunityChangeRejected']);
    expect(news.map(({ entityversion }) => entityversion)).toEqual([3, 3]);
    expect(news[0]).toMatchObject({ data: { from: 'WON', to: 'PROPOSAL' }, actor: 'consumer:crm.push' });
    expect(news[1]?.data).toEqual({ fields: ['stage', 'closeDate'], code: 'STAGE_LOCKED' });
    // What the vendor says may quote a person: it stands with the row alone.
    expect(JSON.stringify(await events('opp_1')) + log()).not.toContain('example.com');
    const pushes = await house!.crm.store.db.selectFrom('pushes').selectAll().execute();
    expect(pushes).toMatchObject([{ state: 'REJECTED', code: 'STAGE_LOCKED' }]);
    expect(JSON.stringify(pushes)).not.toContain('example.com');
    // Its own events have nothing to push; and the next change begins anew.
    await deliver('opp_1');
    expect(vendor.keys).toHaveLength(1);
    const next = { opportunityId: 'opp_1', stage: 'ENGAGING' };
    const { data } = await house!.change('moveOpportunityStage', next, `opportunity { ${sync} }`);
    expect(data.answer.opportunity).toEqual({ syncState: 'PENDING', syncReason: null });
  });

  it.skipIf(missing)(
    'give back a field to what the vendor has, and not to what it refused before',
    async () => {
      const { vendor, deliver, entity } = await open();
      vendor.fates.push({
        kind: 'meanwhile',
        act: async () => {
          await moved(house!, 'lea_1', 'QUALIFIED');
          throw new Error('the call breaks off');
        },
      });
      await moved(house!, 'lea_1', 'WORKING');
      expect((await deliver('lea_1')).done).toBe(0);
      const refusal = { kind: 'rejected', code: 'NO', reason: 'no' } as const;
      vendor.fates.push(refusal, refusal);
      expect((await deliver('lea_1')).of).toBe(2);
      expect(await entity('Lead', 'lea_1', 'status syncState')).toEqual({
        status: 'NEW',
        syncState: 'REJECTED',
      });
    },
  );

  it.skipIf(missing)(
    'leave a lead here that the vendor does not take in, and offer it whole again',
    async () => {
      const { vendor, deliver, entity, events, change } = await open();
      vendor.fates.push({ kind: 'rejected', code: 'DUPLICATE', reason: 'There is one.' });
      const { data } = await change('createLead', { accountId: 'acc_1', source: 'Fair' }, 'lead { id }');
      const { id } = data.answer.lead;
      await deliver(id);
      expect(await entity('Lead', id, `status ${sync}`)).toEqual({
        status: 'NEW',
        syncState: 'REJECTED',
        syncReason: 'There is one.',
      });
      expect(told(await events(id))).toEqual(['LeadCreated', 'LeadChangeRejected']);
      await moved(house!, id, 'WORKING');
      await deliver(id);
      expect(vendor.made.at(-1)?.change).toEqual({
        kind: 'create',
        type: 'leads',
        externalId: id,
        values: { status: 'WORKING', source: 'Fair', contactId: null, accountId: '1', ownerId: null },
      });
      expect(await entity('Lead', id, 'syncState')).toEqual({ syncState: 'ACCEPTED' });
    },
  );

  it.skipIf(missing)('are refused without a call where the vendor cannot be told of them', async () => {
    const { vendor, deliver, entity, crm, change } = await open();
    await crm.store.transaction((trx) =>
      sql`update vendor_links set gone_at = observed_at where type = 'users' and vendor_id = '2'`.execute(
        trx,
      ),
    );
    await change('assignLeadOwner', { leadId: 'lea_1', ownerId: 'usr_2' }, 'replayed');
    await deliver('lea_1');
    expect(vendor.keys).toEqual([]);
    expect(await entity('Lead', 'lea_1', 'owner { id } syncState syncReason')).toEqual({
      owner: { id: 'usr_1' },
      syncState: 'REJECTED',
      syncReason: 'The vendor has no record for ownerId "usr_2".',
    });
  });

  it.skipIf(missing)(
    'refuse what the vendor refuses by an error, and park what is broken for good',
    async () => {
      const { vendor, deliver, entity, consumer } = await open();
      await moved(house!, 'lea_1', 'WORKING');
      vendor.fates.push({ kind: 'fails', failure: { kind: 'refused', code: 'HTTP_422' } });
      await deliver('lea_1');
      expect(await entity('Lead', 'lea_1', 'status syncState')).toEqual({
        status: 'NEW',
        syncState: 'REJECTED',
      });

      await moved(house!, 'lea_2', 'WORKING');
      const broken = { kind: 'meanwhile', act: () => Promise.reject(new Error('a defect')) } as const;
      for (let n = 1; n < pushRetry.attempts; n++) {
        vendor.fates.push(broken, { kind: 'fails' });
        expect((await deliver('lea_2')).done).toBe(0);
        expect((await deliver('lea_2')).done).toBe(0);
      }
      vendor.fates.push(broken);
      expect(await deliver('lea_2')).toEqual({ of: 1, done: 1 });
      const letters = await consumer.deadLetters.list({ tenant: 'default', after: 0, limit: 10 });
      expect(letters).toHaveLength(1);
      // The next change of the record takes it along.
      await moved(house!, 'lea_2', 'QUALIFIED');
      await deliver('lea_2');
      expect(vendor.record('leads', '2')?.values.status).toBe('QUALIFIED');
      expect(await entity('Lead', 'lea_2', 'syncState')).toEqual({ syncState: 'ACCEPTED' });
    },
  );
});
