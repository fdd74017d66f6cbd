import { describe, expect, it } from 'vitest';
import { hubspotWithSdk } from './hubspot/through-sdk.ts';

describe('objects', () => {
  it('makes, reads, changes and archives a company', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    hubspot.clock.freeze(Date.UTC(2026, 2, 1, 9, 30));
    const made = await sdk.crm.companies.basicApi.create({
      properties: { name: 'Acme', domain: 'ACME.example' },
    });
    expect(made.properties).toMatchObject({
      name: 'Acme',
      domain: 'acme.example',
      hs_object_id: made.id,
      createdate: '2026-03-01T09:30:00.000Z',
    });
    hubspot.clock.advance(60_000);
    const changed = await sdk.crm.companies.basicApi.update(made.id, {
      properties: { annualrevenue: '1000' },
    });
    expect(changed.updatedAt).toEqual(new Date('2026-03-01T09:31:00.000Z'));
    const read = await sdk.crm.companies.basicApi.getById(made.id, [
      'annualrevenue',
      'city',
      'nothing_of_ours',
    ]);
    expect(read.properties).toEqual({
      annualrevenue: '1000',
      city: null,
      hs_object_id: made.id,
      createdate: '2026-03-01T09:30:00.000Z',
      hs_lastmodifieddate: '2026-03-01T09:31:00.000Z',
    });
    await sdk.crm.companies.basicApi.archive(made.id);
    await expect(sdk.crm.companies.basicApi.getById(made.id)).rejects.toMatchObject({ code: 404 });
    const archived = await sdk.crm.companies.basicApi.getById(made.id, undefined, undefined, undefined, true);
    expect(archived.archived).toBe(true);
  });

  it('pages by after, a hundred at most', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    for (let n = 0; n < 205; n += 1) hubspot.portal.seed('deals', { dealname: `deal ${n}` });
    const sizes: number[] = [];
    const names = new Set<string | null | undefined>();
    let after: string | undefined;
    do {
      const page = await sdk.crm.deals.basicApi.getPage(100, after, ['dealname']);
      sizes.push(page.results.length);
      for (const { properties } of page.results) names.add(properties.dealname);
      after = page.paging?.next?.after;
    } while (after !== undefined);
    expect(sizes).toEqual([100, 100, 5]);
    expect(names.size).toBe(205);
    await expect(sdk.crm.deals.basicApi.getPage(101)).rejects.toMatchObject({ code: 400 });
  });

  it('finds a contact by address, and answers what it is associated with', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const company = hubspot.portal.seed('companies', { name: 'Acme' });
    const contact = hubspot.portal.seed('contacts', {
      email: 'Ann@Acme.example',
      associatedcompanyid: company,
    });
    const read = await sdk.crm.contacts.basicApi.getById(
      'ann@acme.example',
      ['email', 'associatedcompanyid'],
      undefined,
      ['companies', 'deals'],
      false,
      'email',
    );
    expect(read.id).toBe(contact);
    expect(read.properties.associatedcompanyid).toBe(company);
    /* Once for each type of the association: HubSpot repeats the id. */
    expect(read.associations).toEqual({
      companies: {
        results: [
          { id: company, type: 'contact_to_company' },
          { id: company, type: 'contact_to_company_unlabeled' },
        ],
      },
    });
  });

  it('works out what a deal stage means, and puts a lead into the first stage', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const deal = hubspot.portal.seed('deals', { dealname: 'Big', dealstage: 'contractsent' });
    await sdk.crm.deals.basicApi.update(deal, { properties: { dealstage: 'closedwon' } });
    expect(hubspot.portal.read('deals', deal)?.properties).toMatchObject({
      pipeline: 'default',
      hs_is_closed_won: 'true',
      hs_deal_stage_probability: '1',
    });
    const contact = hubspot.portal.seed('contacts', { email: 'ann@acme.example' });
    const lead = await sdk.crm.objects.leads.basicApi.create({
      properties: { hs_lead_name: 'Ann', hs_lead_label: 'HOT' },
      associations: [
        {
          to: { id: contact },
          types: [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 578 }],
        },
      ],
    });
    expect(lead.properties.hs_pipeline_stage).toBe('new-stage-id');
    expect(hubspot.portal.associated({ type: 'leads', id: lead.id }, 'contacts')).toEqual([contact]);
    const same = await sdk.crm.objects.basicApi.getById('0-136', lead.id, ['hs_lead_label']);
    expect(same.properties.hs_lead_label).toBe('HOT');
  });
});

describe('batches', () => {
  it('reads what there is and names what is missing', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const ids = ['a', 'b'].map((name) => hubspot.portal.seed('companies', { name }));
    const all = await sdk.crm.companies.batchApi.read({
      inputs: ids.map((id) => ({ id })),
      properties: ['name'],
      propertiesWithHistory: [],
    });
    expect(all.results.map(({ properties }) => properties.name)).toEqual(['a', 'b']);
    const some = await sdk.crm.companies.batchApi.readWithHttpInfo({
      inputs: [{ id: ids[0]! }, { id: '404' }],
      properties: ['name'],
      propertiesWithHistory: [],
    });
    expect(some.httpStatusCode).toBe(207);
    expect(some.data).toMatchObject({
      numErrors: 1,
      results: [{ id: ids[0] }],
      errors: [{ status: 'error', category: 'OBJECT_NOT_FOUND', context: { ids: ['404'] } }],
    });
  });

  it('makes several, and refuses all for one that is wrong', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const good = { properties: { email: 'a@x.example' }, associations: [] };
    const bad = { properties: { email: 'b@x.example', lifecyclestage: 'nonsense' }, associations: [] };
    await expect(sdk.crm.contacts.batchApi.create({ inputs: [good, bad] })).rejects.toMatchObject({
      code: 400,
    });
    expect(hubspot.portal.all('contacts')).toEqual([]);
    const made = await sdk.crm.contacts.batchApi.create({ inputs: [good] });
    expect(made.results).toHaveLength(1);
  });

  it('answers failures one by one where inputs have trace ids', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const taken = hubspot.portal.seed('contacts', { email: 'taken@x.example' });
    const answer = await sdk.crm.contacts.batchApi.createWithHttpInfo({
      inputs: [
        { properties: { email: 'free@x.example' }, objectWriteTraceId: 'one', associations: [] },
        { properties: { email: 'taken@x.example' }, objectWriteTraceId: 'two', associations: [] },
      ],
    });
    expect(answer.httpStatusCode).toBe(207);
    expect(answer.data).toMatchObject({
      results: [{ objectWriteTraceId: 'one' }],
      errors: [
        {
          category: 'CONFLICT',
          message: `Contact already exists. Existing ID: ${taken}`,
          context: { objectWriteTraceId: ['two'] },
        },
      ],
    });
  });

  it('updates what there is', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const id = hubspot.portal.seed('deals', { dealname: 'old' });
    const answer = await sdk.crm.deals.batchApi.updateWithHttpInfo({
      inputs: [
        { id, properties: { dealname: 'new' } },
        { id: '404', properties: { dealname: 'new' } },
      ],
    });
    expect(answer.httpStatusCode).toBe(207);
    expect(answer.data).toMatchObject({ results: [{ id }], errors: [{ context: { ids: ['404'] } }] });
    expect(hubspot.portal.read('deals', id)?.properties.dealname).toBe('new');
  });

  it('upserts by a unique property, over and over with one outcome', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({
      properties: { companies: [{ name: 'tributary_id', type: 'string', hasUniqueValue: true }] },
    });
    const input = { id: 'acc-1', idProperty: 'tributary_id', properties: { name: 'Acme' } };
    const first = await sdk.crm.companies.batchApi.upsert({ inputs: [input] });
    const second = await sdk.crm.companies.batchApi.upsert({ inputs: [input] });
    expect(first.results).toMatchObject([{ _new: true, properties: { tributary_id: 'acc-1' } }]);
    expect(second.results).toMatchObject([{ _new: false, id: first.results[0]?.id }]);
    expect(hubspot.portal.all('companies')).toHaveLength(1);
    await expect(
      sdk.crm.companies.batchApi.upsert({ inputs: [{ ...input, idProperty: 'name' }] }),
    ).rejects.toMatchObject({ code: 400 });
  });

  it('takes a hundred inputs and none twice', async () => {
    const { sdk } = await hubspotWithSdk();
    const inputs = Array.from({ length: 101 }, (_, n) => ({
      properties: { name: `c ${n}` },
      associations: [],
    }));
    await expect(sdk.crm.companies.batchApi.create({ inputs })).rejects.toMatchObject({ code: 400 });
    const made = await sdk.crm.companies.batchApi.create({ inputs: inputs.slice(1) });
    expect(made.results).toHaveLength(100);
    const twice = { id: made.results[0]!.id, properties: { name: 'x' } };
    await expect(sdk.crm.companies.batchApi.update({ inputs: [twice, twice] })).rejects.toMatchObject({
      code: 400,
      body: { message: expect.stringContaining('Duplicate IDs found in batch input') },
    });
  });
});
