import { afterEach, describe, expect, it } from 'vitest';
import type { Replica } from '#chassis/vendor/replica/replica.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import type { Tables } from '#subgraphs/crm/store/tables.ts';
import { type Place, places } from '#test/harness/event-places.ts';
import type { WebhookEvent } from '#test/harness/vendors/hubspot/events.ts';
import { type HubspotHouse, startHubspotHouse } from '#test/harness/vendors/hubspot-house.ts';

let at: HubspotHouse;
let place: Place | undefined;
afterEach(async () => {
  await at?.close();
  await place?.remove();
  place = undefined;
});

/** So that all that becomes known comes by webhooks. */
const unpolled = { connection: { sync: { everySeconds: 86_400 } } };

/** Numbers that look like chance and are the same each time. */
function seeded(state: number): () => number {
  let next = state;
  return () => {
    next = (next * 1_103_515_245 + 12_345) % 2_147_483_648;
    return next / 2_147_483_648;
  };
}

const crm = () => at.house.parts.crm;
const receipts = () => crm().store.db.selectFrom('webhookReceipts').selectAll().execute();
const notices = () => crm().store.db.selectFrom('webhookNotices').selectAll().execute();

/** Waits until so many deliveries have had their effect. */
async function worked(deliveries: number): Promise<void> {
  const left = async () => {
    const parsed = (await receipts()).filter(({ state }) => state === 'parsed').length;
    const waiting = (await notices()).filter(({ state }) => state !== 'done').length;
    return [parsed, waiting];
  };
  await expect.poll(left, { timeout: 60_000 }).toEqual([deliveries, 0]);
}

/** Each event in a delivery of its own, some under way at once; answers the statuses. */
async function post(events: readonly WebhookEvent[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  const queue = [...events];
  const senders = Array.from({ length: 8 }, async () => {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      const { url, headers, body } = at.hubspot.webhooks.request([event]);
      statuses.push((await fetch(url, { method: 'POST', headers, body })).status);
    }
  });
  await Promise.all(senders);
  return statuses;
}

/** Changes of people at HubSpot, until so many events told of them. */
function edit(count: number, random: () => number): readonly WebhookEvent[] {
  const { portal, webhooks } = at.hubspot;
  const one = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const idIn = (type: 'companies' | 'contacts' | 'deals' | 'leads') => one(portal.all(type)).id;
  const edits: readonly (() => void)[] = [
    () => portal.edit('companies', idIn('companies'), { name: `Company ${random()}` }),
    () => portal.edit('companies', idIn('companies'), { hubspot_owner_id: one(portal.owners).id }),
    () => portal.edit('contacts', idIn('contacts'), { jobtitle: `Title ${random()}` }),
    () => portal.edit('deals', idIn('deals'), { dealstage: one(['closedwon', 'closedlost']) }),
    () =>
      portal.edit('leads', idIn('leads'), { hs_pipeline_stage: one(['new-stage-id', 'qualified-stage-id']) }),
  ];
  portal.archive('deals', idIn('deals'));
  while (webhooks.pending().length < count) one(edits)();
  return webhooks.lose();
}

describe.each(places)('webhooks of a vendor, $name', ({ open, missing }) => {
  const start = async (accounts: number) => {
    place = await open();
    at = await startHubspotHouse({ accounts, events: place.env, ...unpolled });
  };

  it.skipIf(missing)(
    'leave the replica as the vendor is, though doubled, out of order, forged and outdated',
    async () => {
      await start(10);
      const { portal, webhooks } = at.hubspot;
      const random = seeded(11);
      const events = edit(1_000, random);
      expect(events.length).toBeGreaterThanOrEqual(1_000);
      const order = [...events];
      for (let place = 1; place < order.length; place += 1) {
        if (random() < 0.2) order.splice(place - 1, 0, ...order.splice(place, 1));
      }
      const sent = order.flatMap((event) => (random() < 0.2 ? [event, event] : [event]));
      const sending = post(sent);
      const forged = events.slice(0, 5).map((event) => ({ ...event, propertyValue: 'forged' }));
      const forgeries = [
        'wrong secret',
        'changed body',
        'other uri',
        'stale',
        'from the future',
        'unsigned',
      ] as const;
      for (const forgery of forgeries) {
        expect([forgery, (await webhooks.forge(forgery, forged)).outcome]).toEqual([forgery, 401]);
      }
      expect(await sending).toEqual(sent.map(() => 202));
      // One receipt for each genuine delivery, and none for the others.
      await worked(sent.length);

      const { signal } = new AbortController();
      const compared = await reconcile(
        crm().replica as Replica<Tables>,
        { tenant: 'default' },
        { onProgress: () => {}, signal },
      );
      expect(compared.counts).toEqual({ missing: 0, differs: 0, ahead: 0, gone: 0, unmapped: 0 });
      // The same seen without the adapter's words.
      const { db } = crm().store;
      const theirs = (type: 'companies' | 'contacts' | 'deals', property: string) =>
        Object.fromEntries(
          portal.all(type).map((each) => [each.properties.tributary_id, each.properties[property]]),
        );
      const accounts = await db.selectFrom('accounts').select(['id', 'name']).execute();
      expect(Object.fromEntries(accounts.map(({ id, name }) => [id, name]))).toEqual(
        theirs('companies', 'name'),
      );
      const contacts = await db.selectFrom('contacts').select(['id', 'title']).execute();
      expect(Object.fromEntries(contacts.map(({ id, title }) => [id, title ?? undefined]))).toEqual(
        theirs('contacts', 'jobtitle'),
      );
      const deals = await db.selectFrom('opportunities').select('id').execute();
      expect(deals.map(({ id }) => id).sort()).toEqual(Object.keys(theirs('deals', 'dealname')).sort());

      // What HubSpot says once more is received, and is no news.
      const [known, calls, told] = [(await notices()).length, at.calls().length, (await at.told()).length];
      expect(await post(events.slice(0, 20))).toEqual(events.slice(0, 20).map(() => 202));
      await worked(sent.length + 20);
      expect([(await notices()).length, at.calls().length, (await at.told()).length]).toEqual([
        known,
        calls,
        told,
      ]);
    },
    120_000,
  );

  it.skipIf(missing)(
    'that tell of what was pushed there are no echo',
    async () => {
      await start(5);
      const { webhooks } = at.hubspot;
      const { leads, accounts, opportunities } = await at.ask(`{
      leads(first: 1, filter: { status: [NEW] }) { nodes { id } }
      accounts(first: 5) { nodes { id owner { id } } }
      opportunities(first: 1, filter: { stage: [PROSPECTING, ENGAGING, PROPOSAL] }) { nodes { id } }
    }`);
      const [leadId, opportunityId] = [leads.nodes[0].id, opportunities.nodes[0].id];
      const owners = accounts.nodes.map((each: { owner: { id: string } | null }) => each.owner?.id);
      const accountId = accounts.nodes[0].id;
      const ownerId = owners.find((id: string | undefined) => id !== undefined && id !== owners[0]);
      const answers = [
        await at.change('updateLeadStatus', { leadId, status: 'WORKING' }, 'lead { syncState }'),
        await at.change('assignAccountOwner', { accountId, ownerId }, 'account { syncState }'),
        await at.change(
          'moveOpportunityStage',
          { opportunityId, stage: 'LOST' },
          'opportunity { syncState }',
        ),
      ];
      for (const { errors } of answers) expect(errors).toBeUndefined();
      const state = () =>
        at.ask(
          `{ lead(id: "${leadId}") { syncState } account(id: "${accountId}") { syncState } opportunity(id: "${opportunityId}") { syncState } }`,
        );
      const accepted = { syncState: 'ACCEPTED' };
      await expect
        .poll(state, { timeout: 20_000 })
        .toEqual({ lead: accepted, account: accepted, opportunity: accepted });
      const deliveries = await webhooks.deliver({ copies: 2, batchSize: 1 });
      expect(new Set(deliveries.map(({ outcome }) => outcome))).toEqual(new Set([202]));
      await worked(deliveries.length);
      const told = (await at.told()).map(({ type, subject, actor }) => [type.split('.')[2], subject, actor]);
      expect(told).toEqual([
        ['LeadStatusChanged', leadId, 'local'],
        ['AccountOwnerAssigned', accountId, 'local'],
        ['OpportunityStageMoved', opportunityId, 'local'],
      ]);
    },
    60_000,
  );
});
