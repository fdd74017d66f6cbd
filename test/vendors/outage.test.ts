import { afterEach, describe, expect, it } from 'vitest';
import { serverError } from '#test/harness/vendors/faults.ts';
import { type HubspotHouse, startHubspotHouse } from '#test/harness/vendors/hubspot-house.ts';

let at: HubspotHouse;
afterEach(() => at?.close());

/** Properties that the vendor took, of one record, in the order in which it did. */
const taken = (id: string, property: string) =>
  at.calls().flatMap(({ path, status, body }) => {
    if (status >= 300 || status === 0 || !path.endsWith('/batch/update')) return [];
    const { inputs } = body as { inputs: { id: string; properties: Record<string, string> }[] };
    return inputs.flatMap((input) => (input.id === id ? (input.properties[property] ?? []) : []));
  });

const vendorId = (type: 'companies' | 'deals' | 'leads', id: string) =>
  at.hubspot.portal.all(type).find(({ properties }) => properties.tributary_id === id)?.id as string;

describe('while the vendor is down', () => {
  it('changes are answered at once, and brought to it once and in their order when it is back', async () => {
    at = await startHubspotHouse({ accounts: 5, connection: { sync: { everySeconds: 86_400 } } });
    const { portal, faults } = at.hubspot;
    const { leads, accounts, opportunities } = await at.ask(`{
      leads(first: 2, filter: { status: [NEW] }) { nodes { id owner { id } } }
      accounts(first: 5) { nodes { id owner { id } contacts(first: 1) { nodes { id } } } }
      opportunities(first: 1, filter: { stage: [PROSPECTING, ENGAGING, PROPOSAL] }) { nodes { id } }
    }`);
    const [leadId, refusedId] = leads.nodes.map(({ id }: { id: string }) => id);
    const opportunityId = opportunities.nodes[0].id;
    const account = accounts.nodes.find(
      (each: { owner: object | null; contacts: { nodes: object[] } }) =>
        each.owner && each.contacts.nodes.length > 0,
    );
    const free = portal.owners
      .map(({ id }) => `usr_${id}`)
      .filter((id) => id !== account.owner.id && id !== leads.nodes[1].owner?.id);
    // The second is somebody who left HubSpot, of which this house has not heard.
    const [ownerId, gone] = free as [string, string];
    portal.owners.splice(
      portal.owners.findIndex(({ id }) => gone === `usr_${id}`),
      1,
    );
    const leadsBefore = portal.all('leads').length;

    at.proxy.fault({}, serverError());
    const sync = '{ id syncState }';
    const send = async (name: string, field: string, input: object) => {
      const began = performance.now();
      const { data, errors } = await at.change(name, input, `${field} ${sync}`);
      expect(errors).toBeUndefined();
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(data.answer[field].syncState).toBe('PENDING');
      return data.answer[field].id as string;
    };
    const contactId = account.contacts.nodes[0].id;
    const created = await send('createLead', 'lead', { contactId, source: 'Fair' });
    await send('updateLeadStatus', 'lead', { leadId, status: 'WORKING' });
    await send('updateLeadStatus', 'lead', { leadId: created, status: 'WORKING' });
    await send('assignAccountOwner', 'account', { accountId: account.id, ownerId });
    await send('assignLeadOwner', 'lead', { leadId: refusedId, ownerId: gone });
    await send('updateLeadStatus', 'lead', { leadId, status: 'QUALIFIED' });
    await send('moveOpportunityStage', 'opportunity', { opportunityId, stage: 'LOST' });
    await expect
      .poll(() => at.proxy.requests.some(({ fault }) => fault !== undefined), { timeout: 20_000 })
      .toBe(true);
    expect(at.calls().filter(({ method }) => method !== 'GET')).toEqual([]);
    await expect.poll(at.house.vendorLog).toContain('the vendor does not answer and is left alone');

    // It takes the new lead in, and nobody hears of it.
    faults.add({ when: 'after', outcome: 'reset', calls: /^POST .*\/leads$/, times: 1 });
    at.proxy.heal();
    const state = async () => {
      const fields = '{ syncState syncReason }';
      return at.ask(
        `query ($lead: ID!, $created: ID!, $refused: ID!, $account: ID!, $deal: ID!) {
          lead(id: $lead) ${fields} created: lead(id: $created) ${fields} refused: lead(id: $refused) ${fields}
          account(id: $account) ${fields} opportunity(id: $deal) ${fields} }`,
        { lead: leadId, created, refused: refusedId, account: account.id, deal: opportunityId },
      );
    };
    const accepted = { syncState: 'ACCEPTED', syncReason: null };
    await expect.poll(state, { timeout: 90_000, interval: 200 }).toEqual({
      lead: accepted,
      created: accepted,
      account: accepted,
      opportunity: accepted,
      refused: { syncState: 'REJECTED', syncReason: expect.stringMatching(/owner/i) },
    });

    const made = vendorId('leads', created);
    expect(portal.all('leads')).toHaveLength(leadsBefore + 1);
    expect(portal.read('leads', made)?.properties).toMatchObject({
      hs_pipeline_stage: 'attempting-stage-id',
      tributary_source: 'Fair',
    });
    // Changes of a record that wait are brought as one, but for those that were on their way before.
    const stages = taken(vendorId('leads', leadId), 'hs_pipeline_stage');
    expect([['qualified-stage-id'], ['attempting-stage-id', 'qualified-stage-id']]).toContainEqual(stages);
    expect(taken(vendorId('companies', account.id), 'hubspot_owner_id')).toEqual([
      ownerId.replace('usr_', ''),
    ]);
    expect(taken(vendorId('deals', opportunityId), 'dealstage')).toEqual(['closedlost']);
    expect(taken(vendorId('leads', refusedId), 'hubspot_owner_id')).toEqual([]);
    const told = async () => (await at.told(refusedId)).map(({ type, data }) => [type.split('.')[2], data]);
    await expect.poll(told, { timeout: 20_000 }).toEqual([
      ['LeadOwnerAssigned', expect.objectContaining({ to: gone })],
      ['LeadOwnerAssigned', expect.objectContaining({ from: gone })],
      ['LeadChangeRejected', expect.objectContaining({ fields: ['ownerId'] })],
    ]);
    expect((await at.told(leadId)).map(({ type }) => type.split('.')[2])).toEqual([
      'LeadStatusChanged',
      'LeadStatusChanged',
    ]);
  }, 120_000);
});
