import { describe, expect, it } from 'vitest';
import { hubspotWithSdk } from './through-sdk.ts';

const defined = (associationTypeId: number) => [
  { associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId },
];

describe('associations', () => {
  it('reads them for many records, and says which have none', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const company = hubspot.portal.seed('companies', { name: 'Acme' });
    const lonely = hubspot.portal.seed('companies', { name: 'Lonely' });
    const contacts = ['a', 'b'].map((firstname) =>
      hubspot.portal.seed('contacts', { firstname, associatedcompanyid: company }),
    );
    const answer = await sdk.crm.associations.v4.batchApi.getPageWithHttpInfo('companies', 'contacts', {
      inputs: [{ id: company }, { id: lonely }],
    });
    expect(answer.httpStatusCode).toBe(207);
    expect(answer.data).toMatchObject({
      results: [{ _from: { id: company }, to: contacts.map((id) => ({ toObjectId: Number(id) })) }],
      errors: [
        {
          category: 'OBJECT_NOT_FOUND',
          subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
          context: { fromObjectId: [lonely] },
        },
      ],
    });
    expect(answer.data.results[0]?.to[0]?.associationTypes).toEqual([
      { category: 'HUBSPOT_DEFINED', typeId: 2, label: 'Primary' },
      { category: 'HUBSPOT_DEFINED', typeId: 280, label: null },
    ]);
  });

  it('pages through the associations of one record', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ associationPageSize: 2 });
    const company = hubspot.portal.seed('companies', { name: 'Acme' });
    const deals = ['a', 'b', 'c'].map((dealname) => {
      const id = hubspot.portal.seed('deals', { dealname });
      hubspot.portal.seedAssociation({ type: 'deals', id }, { type: 'companies', id: company });
      return id;
    });
    const read = async (after?: string) => {
      const inputs = [{ id: company, after } as { id: string; after: string }];
      return (await sdk.crm.associations.v4.batchApi.getPage('companies', 'deals', { inputs })).results[0];
    };
    const first = await read();
    const second = await read(first?.paging?.next?.after);
    const ids = [first, second].flatMap((page) => page?.to.map(({ toObjectId }) => String(toObjectId)));
    expect(ids).toEqual(deals);
    expect(second?.paging).toBeUndefined();
  });

  it('makes many, and the default one between two', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const [deal, contact, company] = [
      hubspot.portal.seed('deals', { dealname: 'Big' }),
      hubspot.portal.seed('contacts', { firstname: 'Ann' }),
      hubspot.portal.seed('companies', { name: 'Acme' }),
    ];
    const made = await sdk.crm.associations.v4.batchApi.createWithHttpInfo('deals', 'contacts', {
      inputs: [
        { _from: { id: deal }, to: { id: contact }, types: defined(3) },
        { _from: { id: deal }, to: { id: '404' }, types: defined(3) },
      ],
    });
    expect(made.httpStatusCode).toBe(207);
    expect(made.data).toMatchObject({
      results: [{ fromObjectTypeId: '0-3', fromObjectId: deal, toObjectTypeId: '0-1', toObjectId: contact }],
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { toObjectId: ['404'] } }],
    });
    const both = await sdk.crm.associations.v4.basicApi.createDefault(
      'contacts',
      contact,
      'companies',
      company,
    );
    expect(both.results.map(({ associationSpec }) => associationSpec.associationTypeId)).toEqual([279, 280]);
    expect(hubspot.portal.associated({ type: 'contacts', id: contact }, 'deals')).toEqual([deal]);
    expect(hubspot.portal.read('contacts', contact)?.properties.associatedcompanyid).toBe(company);
    await expect(
      sdk.crm.associations.v4.batchApi.create('deals', 'contacts', {
        inputs: [{ _from: { id: deal }, to: { id: contact }, types: defined(279) }],
      }),
    ).rejects.toMatchObject({ code: 400 });
  });

  it('keeps one primary company, and hides what is archived', async () => {
    const { hubspot } = await hubspotWithSdk();
    const { portal } = hubspot;
    const [first, second] = ['First', 'Second'].map((name) => portal.seed('companies', { name }));
    const contact = {
      type: 'contacts',
      id: portal.seed('contacts', { associatedcompanyid: first! }),
    } as const;
    portal.associate(contact, { type: 'companies', id: second! });
    expect(portal.read('contacts', contact.id)?.properties.associatedcompanyid).toBe(first);
    portal.associate(contact, { type: 'companies', id: second! }, { primary: true });
    expect(portal.read('contacts', contact.id)?.properties.associatedcompanyid).toBe(second);
    portal.archive('companies', first!);
    expect(portal.associated(contact, 'companies')).toEqual([second]);
    portal.restore('companies', first!);
    portal.dissociate(contact, { type: 'companies', id: second! });
    expect(portal.associated(contact, 'companies')).toEqual([first]);
  });
});

describe('the company of a contact', () => {
  it('is its primary association, whichever of the two is written', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const company = hubspot.portal.seed('companies', { name: 'Acme' });
    const contact = await sdk.crm.contacts.basicApi.create({ properties: { associatedcompanyid: company } });
    const companies = () => hubspot.portal.associated({ type: 'contacts', id: contact.id }, 'companies');
    expect(companies()).toEqual([company]);
    await sdk.crm.contacts.basicApi.update(contact.id, { properties: { associatedcompanyid: '' } });
    expect(companies()).toEqual([]);
    const nowhere = { properties: { firstname: 'Ann', associatedcompanyid: '404' } };
    await expect(sdk.crm.contacts.basicApi.update(contact.id, nowhere)).rejects.toMatchObject({ code: 404 });
    expect(hubspot.portal.read('contacts', contact.id)?.properties.firstname).toBeUndefined();
  });
});

describe('settings', () => {
  it('lists owners page by page, and finds one by address', async () => {
    const owners = ['ann', 'bob', 'cid'].map((firstName, n) => ({
      id: String(71 + n),
      email: `${firstName}@acme.example`,
      firstName,
      lastName: 'Example',
    }));
    const { hubspot, sdk } = await hubspotWithSdk({ owners });
    const first = await sdk.crm.owners.ownersApi.getPage(undefined, undefined, 2);
    const second = await sdk.crm.owners.ownersApi.getPage(undefined, first.paging?.next?.after, 2);
    expect([...first.results, ...second.results].map(({ id }) => id)).toEqual(['71', '72', '73']);
    expect(second.paging).toBeUndefined();
    expect((await sdk.crm.owners.ownersApi.getPage('Bob@acme.example')).results).toMatchObject([
      { id: '72' },
    ]);
    expect(await sdk.crm.owners.ownersApi.getById(73)).toMatchObject({ firstName: 'cid', archived: false });
    hubspot.portal.owners[0] = { ...hubspot.portal.owners[0]!, archived: true };
    const archived = await sdk.crm.owners.ownersApi.getPage(undefined, undefined, 100, true);
    expect(archived.results).toMatchObject([{ id: '71' }]);
  });

  it('tells which properties there are, so that a mapping can be checked', async () => {
    const { sdk } = await hubspotWithSdk({
      properties: { companies: [{ name: 'tributary_id', type: 'string', hasUniqueValue: true }] },
    });
    const { results } = await sdk.crm.properties.coreApi.getAll('companies');
    const byName = new Map(results.map((property) => [property.name, property]));
    expect(byName.get('tributary_id')).toMatchObject({ hasUniqueValue: true, hubspotDefined: false });
    expect(byName.get('lifecyclestage')?.options.map(({ value }) => value)).toContain('customer');
    expect(byName.get('hubspot_owner_id')).toMatchObject({ externalOptions: true, options: [] });
    expect(byName.get('hs_object_id')?.modificationMetadata).toMatchObject({ readOnlyValue: true });
    expect(await sdk.crm.properties.coreApi.getByName('0-136', 'hs_lead_label')).toMatchObject({
      type: 'enumeration',
    });
    await expect(sdk.crm.properties.coreApi.getByName('deals', 'nothing')).rejects.toMatchObject({
      code: 404,
    });
  });

  it('tells the pipelines with their stages', async () => {
    const { sdk } = await hubspotWithSdk();
    const { results } = await sdk.crm.pipelines.pipelinesApi.getAll('deals');
    expect(results.map(({ id }) => id)).toEqual(['default']);
    expect(results[0]?.stages.find(({ id }) => id === 'closedwon')?.metadata).toEqual({
      isClosed: 'true',
      probability: '1.0',
    });
    const leads = await sdk.crm.pipelines.pipelinesApi.getById('leads', 'lead-pipeline-id');
    expect(leads.stages).toHaveLength(5);
  });
});
