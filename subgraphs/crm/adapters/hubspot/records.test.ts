import { describe, expect, it } from 'vitest';
import {
  byId,
  company,
  hubspotForTest,
  onlyRecord,
  options,
  pushOptions,
} from '#test/harness/vendors/hubspot-asking.ts';
import { accountProperties } from '#test/harness/vendors/hubspot-place.ts';

describe('records of HubSpot', () => {
  it('refer to the primary company, and without one always to the same', async () => {
    const place = await hubspotForTest({ hubspot: { associationPageSize: 2 } });
    const { portal } = place.hubspot;
    const companies = Array.from({ length: 5 }, () => company(portal));
    const contact = portal.seed('contacts', { email: 'a@buyer.example' });
    for (const id of companies) {
      const primary = id === companies[4];
      portal.seedAssociation({ type: 'contacts', id: contact }, { type: 'companies', id }, { primary });
    }
    const read = async () => onlyRecord(await place.system.read('contacts', byId(contact), options()));
    expect((await read()).values).toMatchObject({ accountId: companies[4], name: 'a@buyer.example' });
    portal.dissociate({ type: 'contacts', id: contact }, { type: 'companies', id: companies[4] as string });
    expect((await read()).values).toMatchObject({ accountId: companies[0] });
  });

  it('are unmapped with all that has no word, and never something else', async () => {
    const place = await hubspotForTest({
      hubspot: {
        properties: {
          ...accountProperties,
          companies: [
            ...accountProperties.companies,
            { name: 'lifecyclestage', type: 'string' },
            { name: 'numberofemployees', type: 'string' },
          ],
          deals: [...accountProperties.deals, { name: 'deal_currency_code', type: 'string' }],
        },
      },
    });
    const { portal } = place.hubspot;
    const id = company(portal, { lifecyclestage: 'constructor', numberofemployees: 'many' });
    expect(await place.system.read('accounts', byId(id), options())).toEqual([
      {
        kind: 'unmapped',
        id,
        problems: [
          { field: 'employees', property: 'numberofemployees', value: 'many' },
          { field: 'lifecycleStage', property: 'lifecyclestage', value: 'constructor' },
        ],
      },
    ]);
    const deal = portal.seed('deals', { dealname: 'Yen', amount: '10.5', deal_currency_code: 'JPY' });
    expect(await place.system.read('opportunities', byId(deal), options())).toMatchObject([
      {
        kind: 'unmapped',
        problems: [
          { field: 'stage', property: 'dealstage', value: '/' },
          { field: 'amountMinor', property: 'amount', value: '10.5 JPY' },
        ],
      },
    ]);
  });

  it('have dates of the account and amounts of its currency', async () => {
    const place = await hubspotForTest({ settings: { timeZone: 'Europe/Berlin', currency: 'EUR' } });
    const { portal } = place.hubspot;
    const created = { createdAt: Date.parse('2026-01-31T22:59:59.000Z') };
    const id = portal.seed(
      'deals',
      { dealname: 'Deal', dealstage: 'closedwon', amount: '1234.5', closedate: '2026-01-31T23:00:00Z' },
      created,
    );
    const read = async () => onlyRecord(await place.system.read('opportunities', byId(id), options())).values;
    expect(await read()).toMatchObject({
      ...{ stage: 'WON', amountMinor: 1_234_50, amountCurrency: 'EUR' },
      ...{ openDate: '2026-01-31', closeDate: '2026-02-01' },
    });
    const change = {
      kind: 'update',
      type: 'opportunities',
      id,
      values: { closeDate: '2026-03-29' },
    } as const;
    await place.system.push(change, pushOptions());
    expect(portal.read('deals', id)?.properties.closedate).toBe('2026-03-28T23:00:00.000Z');
    expect(await read()).toMatchObject({ closeDate: '2026-03-29' });
  });

  it.each([
    [
      'accounts',
      'lifecycleStage',
      'companies',
      'lifecyclestage',
      {
        subscriber: 'SUBSCRIBER',
        lead: 'LEAD',
        marketingqualifiedlead: 'MARKETING_QUALIFIED',
        salesqualifiedlead: 'SALES_QUALIFIED',
        opportunity: 'OPPORTUNITY',
        customer: 'CUSTOMER',
        evangelist: 'CUSTOMER',
        other: null,
      },
    ],
    [
      'leads',
      'status',
      'leads',
      'hs_pipeline_stage',
      {
        'new-stage-id': 'NEW',
        'attempting-stage-id': 'WORKING',
        'connected-stage-id': 'WORKING',
        'qualified-stage-id': 'QUALIFIED',
        'unqualified-stage-id': 'DISQUALIFIED',
      },
    ],
    [
      'opportunities',
      'stage',
      'deals',
      'dealstage',
      {
        appointmentscheduled: 'PROSPECTING',
        qualifiedtobuy: 'ENGAGING',
        presentationscheduled: 'PROPOSAL',
        decisionmakerboughtin: 'NEGOTIATION',
        contractsent: 'NEGOTIATION',
        closedwon: 'WON',
        closedlost: 'LOST',
      },
    ],
  ] as const)('have the words of the usual mapping: %s.%s', async (type, field, object, property, words) => {
    const place = await hubspotForTest();
    for (const [value, word] of Object.entries(words)) {
      const id = place.hubspot.portal.seed(object, {
        [property]: value,
        ...(object === 'leads' ? {} : { [object === 'deals' ? 'dealname' : 'name']: 'X' }),
      });
      const record = onlyRecord(await place.system.read(type, byId(id), options()));
      expect(record.values).toMatchObject({ [field]: word });
      if (word === null) continue;
      // What is written has the same word, though it may be another value.
      await place.system.push(
        { kind: 'update', type, id, values: { [field]: word } } as never,
        pushOptions(),
      );
      const written = place.hubspot.portal.read(object, id)?.properties[property] ?? '';
      expect(Object.hasOwn(words, written) && words[written as keyof typeof words]).toBe(word);
    }
  });

  it('refer to the lowest id as a number, where none is primary', async () => {
    const { system, hubspot, proxy } = await hubspotForTest();
    const id = hubspot.portal.seed('contacts', { firstname: 'A' });
    const end = (toObjectId: number) => ({
      toObjectId,
      associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }],
    });
    const at = '2026-03-01T09:00:00.000Z';
    const results = [{ from: { id }, to: [end(10), end(9), end(100)] }];
    proxy.fault(
      { path: /associations/ },
      {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'COMPLETE', results, startedAt: at, completedAt: at }),
      },
    );
    const record = onlyRecord(await system.read('contacts', byId(id), options()));
    expect(record.values).toMatchObject({ accountId: '9' });
  });

  it('come once, however often they are asked for', async () => {
    const { system, hubspot } = await hubspotForTest();
    const id = company(hubspot.portal);
    expect(onlyRecord(await system.read('accounts', byId(id, id), options())).id).toBe(id);
    // HubSpot refuses a batch that names one twice.
    expect(hubspot.requests[0]?.body).toMatchObject({ inputs: [{ id }] });
  });

  it('of one domain come all, whatever case it is written in', async () => {
    const { system, hubspot } = await hubspotForTest();
    const ids = Array.from({ length: 101 }, () => company(hubspot.portal, { domain: 'wide.example' }));
    const seen = await system.read('accounts', { by: 'domain', values: ['Wide.Example'] }, options());
    expect(new Set(seen.map((one) => one.kind === 'record' && one.record.id))).toEqual(new Set(ids));
    const [search] = hubspot.requests.filter(({ path }) => path.endsWith('/search'));
    expect(search?.body).toMatchObject({ filterGroups: [{ filters: [{ values: ['wide.example'] }] }] });
  });

  it('are asked for in batches of a hundred at most', async () => {
    const { system, hubspot } = await hubspotForTest();
    const ids = Array.from({ length: 100 }, () => hubspot.portal.seed('contacts', { firstname: 'A' }));
    expect(await system.read('contacts', byId(...ids), options())).toHaveLength(100);
    await expect(system.read('contacts', byId(...ids, '1'), options())).rejects.toThrow(
      '101 values are more',
    );
    const sizes = hubspot.requests.flatMap(
      ({ body }) => (body as { inputs?: unknown[] }).inputs?.length ?? [],
    );
    expect(sizes).toEqual([100, 100]);
  });
});

describe('changes of ours', () => {
  const lead = { status: 'NEW', source: 'Fair', accountId: null, ownerId: null } as const;

  it('make a lead once with its contact and company, though the answer is lost', async () => {
    const { system, hubspot, proxy, add } = await hubspotForTest();
    const accountId = company(hubspot.portal);
    const contactId = await add('contacts', {
      accountId,
      email: 'p@buyer.example',
      name: 'Pat Buyer',
      title: null,
      phone: null,
      country: null,
    });
    proxy.fault(
      { method: 'POST', path: '/crm/v3/objects/leads', nth: 1 },
      { kind: 'reset', when: 'unanswered' },
    );
    const change = {
      kind: 'create',
      type: 'leads',
      externalId: 'lea_1',
      values: { ...lead, contactId, accountId },
    } as const;
    const pushed = await system.push(change, pushOptions());
    const [made, ...others] = hubspot.portal.all('leads');
    expect(others).toEqual([]);
    expect(pushed).toEqual({ kind: 'accepted', record: { type: 'leads', id: made?.id } });
    expect(made?.properties).toMatchObject({
      tributary_id: 'lea_1',
      hs_lead_name: 'Pat Buyer',
      tributary_source: 'Fair',
    });
    expect(
      onlyRecord(await system.read('leads', { by: 'externalId', values: ['lea_1'] }, options())).values,
    ).toEqual({
      ...lead,
      contactId,
      accountId,
    });
  });

  it('are refused with a reason where HubSpot or the mapping has no place for them', async () => {
    const { system, hubspot, add } = await hubspotForTest();
    const contactId = await add('contacts', {
      accountId: null,
      email: null,
      name: 'P',
      title: null,
      phone: null,
      country: null,
    });
    const push = (change: object) => system.push(change as never, pushOptions());
    const create = (values: object) => ({
      kind: 'create',
      type: 'leads',
      externalId: 'lea_2',
      values: { ...lead, contactId, ...values },
    });
    expect(await push(create({ contactId: null }))).toMatchObject({ code: 'LEAD_WITHOUT_CONTACT' });
    expect(await push(create({ contactId: '404' }))).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await push(create({ status: 'CONVERTED' }))).toMatchObject({ code: 'UNMAPPED_VALUE' });
    expect(await push(create({ ownerId: '404' }))).toEqual({
      kind: 'rejected',
      code: 'INVALID_OWNER_ID',
      reason: 'Owner 404 does not exist',
    });
    expect(hubspot.portal.all('leads')).toEqual([]);
    const id = company(hubspot.portal);
    expect(await push({ kind: 'update', type: 'accounts', id, values: { ownerId: '404' } })).toMatchObject({
      code: 'INVALID_OWNER_ID',
    });
    expect(
      await push({ kind: 'update', type: 'accounts', id: '404', values: { ownerId: null } }),
    ).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    const deal = hubspot.portal.seed('deals', { dealname: 'D', dealstage: 'closedwon' });
    expect(
      await push({ kind: 'update', type: 'opportunities', id: deal, values: { accountId: id } }),
    ).toMatchObject({ code: 'UNSUPPORTED_CHANGE' });
    expect(
      await push({ kind: 'update', type: 'opportunities', id: deal, values: { product: 'X' } }),
    ).toMatchObject({ code: 'UNMAPPED_FIELD' });
  });
});
