import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { newSealingKey } from '#chassis/vendor/sealing.ts';
import type { EventPath } from '#cli/run/event-path.ts';
import { runJob } from '#cli/run/jobs.ts';
import { runSync } from '#cli/run/sync.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';
import { type FaultProxy, startFaultProxy } from '#test/harness/vendors/fault-proxy.ts';
import { serverError } from '#test/harness/vendors/faults.ts';
import { type Hubspot, startHubspot } from '#test/harness/vendors/hubspot.ts';
import {
  accountProperties,
  clientSecret,
  portalId,
  privateToken,
} from '#test/harness/vendors/hubspot-place.ts';

interface Place {
  readonly hubspot: Hubspot;
  readonly proxy: FaultProxy;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A HubSpot, and the file of vendors that leads to it. */
async function place(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const hubspot = await startHubspot({
    clientSecret,
    portalId,
    properties: accountProperties,
    owners: [{ id: '71', firstName: 'Ann', lastName: 'Rep', email: 'ann@seller.example' }],
  });
  const proxy = await startFaultProxy(hubspot.url);
  ends.push(hubspot.close, proxy.close);
  await writeFile(join(folder, 'token'), privateToken);
  await writeFile(join(folder, 'secret'), clientSecret);
  const tenant = {
    portalId,
    baseUrl: proxy.url,
    currency: 'USD',
    credentials: { privateApp: { file: join(folder, 'token') } },
    webhook: { clientSecret: { file: join(folder, 'secret') } },
    limits: { search: { windows: [{ points: 1_000, perMs: 1_000 }] } },
  };
  const crm = {
    adapter: 'hubspot',
    tenants: { default: tenant },
    sync: { everySeconds: 3_600 },
    deadlineMs: 10_000,
  };
  await writeFile(join(folder, 'vendors.yaml'), stringify({ crm }));
  const env = { ...process.env, VENDORS_FILE: join(folder, 'vendors.yaml'), VENDOR_KEYS: newSealingKey() };
  return { hubspot, proxy, folder, env };
}

async function started({ env }: Place): Promise<House> {
  const house = await startHouse({ accounts: 0, events: env });
  ends.push(house.close);
  return house;
}

const hooks = { onProgress: () => {}, signal: new AbortController().signal };

describe('a house whose CRM is at HubSpot', () => {
  it('reads it, answers snapshots, brings changes there, and hears of them without an echo', async () => {
    const at = await place();
    const { portal, webhooks } = at.hubspot;
    const company = portal.seed('companies', {
      ...{ name: 'Buyer', domain: 'buyer.example', hubspot_owner_id: '71', lifecyclestage: 'customer' },
      ...{ annualrevenue: '1234.5', numberofemployees: '12' },
    });
    const contact = portal.seed('contacts', { firstname: 'Pat', email: 'pat@buyer.example' });
    const lead = portal.seed('leads', { hs_lead_name: 'Pat', hs_pipeline_stage: 'new-stage-id' });
    const deal = portal.seed('deals', { dealname: 'Big', dealstage: 'contractsent', amount: '10' });
    const link = (type: 'contacts' | 'leads' | 'deals', id: string) =>
      portal.seedAssociation({ type, id }, { type: 'companies', id: company }, { primary: true });
    link('contacts', contact);
    link('leads', lead);
    link('deals', deal);
    portal.seedAssociation({ type: 'leads', id: lead }, { type: 'contacts', id: contact }, { primary: true });

    const house = await started(at);
    await runSync(house.parts, { kind: 'backfill', subgraph: 'crm', tenant: 'default', again: false }, hooks);

    const snapshot = await fetch(`${house.url}/accounts/acc_${company}/snapshot`);
    expect(snapshot.status).toBe(200);
    const body = JSON.stringify(await snapshot.json());
    expect(body).toContain('"Buyer"');
    expect(body).toContain('Ann Rep');
    const crmUrl = house.subgraphUrl('crm') as string;
    const health = await fetch(new URL('/health', crmUrl));
    expect(await health.json()).toEqual({ status: 'ok', vendors: { hubspot: 'ok' } });

    const { errors } = await ask(
      `${house.url}/graphql`,
      'mutation ($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { lead { syncState } } }',
      { input: { idempotencyKey: randomUUID(), leadId: `lea_${lead}`, status: 'QUALIFIED' } },
    );
    expect(errors).toBeUndefined();
    await expect
      .poll(() => portal.read('leads', lead)?.properties.hs_pipeline_stage, { timeout: 20_000 })
      .toBe('qualified-stage-id');
    const stateOfLead = async () =>
      (await ask(`${house.url}/graphql`, `{ lead(id: "lea_${lead}") { status syncState } }`)).data.lead;
    await expect
      .poll(stateOfLead, { timeout: 20_000 })
      .toEqual({ status: 'QUALIFIED', syncState: 'ACCEPTED' });

    // HubSpot tells of our own change, and then of somebody's there: only the second is news.
    webhooks.target({ url: new URL('/webhooks/hubspot', crmUrl).href });
    const own = await webhooks.deliver({ copies: 2 });
    expect(own.map(({ outcome }) => outcome)).toEqual(own.map(() => 202));
    await expect.poll(() => waiting(house), { timeout: 20_000 }).toBe(0);
    portal.edit('leads', lead, { hs_pipeline_stage: 'unqualified-stage-id' });
    const theirs = await webhooks.deliver({ copies: 2 });
    expect(theirs.length).toBeGreaterThan(0);
    await expect.poll(stateOfLead, { timeout: 20_000 }).toMatchObject({ status: 'DISQUALIFIED' });
    // The relay is some steps behind: what a lead was told of is complete with the latest of it.
    const told = async () => (await toldOf(house, `lea_${lead}`)).map(({ type, data }) => [type, data]);
    await expect.poll(async () => (await told()).length, { timeout: 20_000 }).toBeGreaterThan(2);
    const changed = 'tributary.crm.LeadStatusChanged.v1';
    expect(await told()).toEqual([
      ['tributary.crm.LeadCreated.v1', { status: 'NEW', source: null }],
      [changed, { from: 'NEW', to: 'QUALIFIED' }],
      [changed, { from: 'QUALIFIED', to: 'DISQUALIFIED' }],
    ]);
    const forged = await webhooks.forge('wrong secret', theirs[0]?.events ?? []);
    expect(forged.outcome).toBe(401);
    portal.archive('deals', deal);
    await webhooks.deliver();
    const left = async () =>
      (await house.parts.crm.store.db.selectFrom('opportunities').selectAll().execute()).length;
    await expect.poll(left, { timeout: 20_000 }).toBe(0);
  });

  it('starts while HubSpot is down and says so, and goes on when it answers', async () => {
    const at = await place();
    const company = at.hubspot.portal.seed('companies', { name: 'Known' });
    at.proxy.fault({}, serverError());
    const house = await started(at);
    const health = await fetch(new URL('/health', house.subgraphUrl('crm')));
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: 'ok', vendors: { hubspot: 'unreachable' } },
    ]);
    at.proxy.heal();
    await runSync(house.parts, { kind: 'backfill', subgraph: 'crm', tenant: 'default', again: false }, hooks);
    const rows = await house.parts.crm.store.db.selectFrom('accounts').select('id').execute();
    expect(rows).toEqual([{ id: `acc_${company}` }]);
  });

  it('does not start with settings that do not fit, nor with a token that is none', async () => {
    const at = await place();
    at.hubspot.tokens.grant(['crm.objects.companies.read']);
    await expect(startHouse({ accounts: 0, events: at.env })).rejects.toThrow('crm.schemas.companies.read');
    await writeFile(join(at.folder, 'token'), 'another-token');
    await expect(startHouse({ accounts: 0, events: at.env })).rejects.toMatchObject({
      failure: { kind: 'unauthorized' },
    });
  });

  it('refuses to write into the replica what HubSpot does not have', async () => {
    const house = await started(await place());
    const job = { kind: 'import', file: '/tmp/x.csv', as: 'account', map: '/tmp/x.yaml' } as const;
    await expect(runJob(house.parts, job, hooks)).rejects.toThrow(
      'The crm of tenant "default" is at hubspot, which its store is a replica of: what is imported would not be there.',
    );
    const seed = { kind: 'seed', accounts: 1, seed: 1, tenant: 'default' } as const;
    await expect(runJob(house.parts, seed, hooks)).rejects.toThrow('demo data would not be there');
  });
});

async function waiting(house: House): Promise<number> {
  const { store } = house.parts.crm;
  const notices = await store.db.selectFrom('webhookNotices').select('state').execute();
  const receipts = await store.db.selectFrom('webhookReceipts').select('state').execute();
  const open = [...notices, ...receipts].filter(({ state }) => state === 'waiting' || state === 'received');
  return notices.length === 0 ? -1 : open.length;
}

/** All that was told of an entity. */
async function toldOf(house: House, subject: string): Promise<readonly EventEnvelope[]> {
  const events: EventEnvelope[] = [];
  for await (const delivery of (house.path as EventPath).bus.read({ tenant: 'default', from: 'oldest' })) {
    if (delivery.kind === 'event' && delivery.event.subject === subject) events.push(delivery.event);
  }
  return events;
}
