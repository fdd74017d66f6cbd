import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { newSealingKey } from '#chassis/vendor/sealing.ts';
import type { Parts } from '#cli/run/parts.ts';
import { runSync } from '#cli/run/sync.ts';
import { seed } from '#cli/seed/index.ts';
import { usualMapping } from '#subgraphs/crm/adapters/hubspot/mapping.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import type { RecordsPlace } from '../house.ts';
import { temporaryStore } from '../stores.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { defaultPipelines, type Pipeline } from './hubspot/pipelines.ts';
import type { ObjectType, PropertyDefinition } from './hubspot/schema.ts';
import { type Hubspot, type HubspotOptions, startHubspot } from './hubspot.ts';
import { accountProperties, clientSecret, portalId, privateToken } from './hubspot-place.ts';
import { loadPortal } from './hubspot-world.ts';

/** A CRM whose records are at HubSpot, as an operator configures it. */
export interface HubspotCrm extends RecordsPlace {
  readonly hubspot: Hubspot;
  /** Between the house and HubSpot. */
  readonly proxy: FaultProxy;
  /** Reads all that HubSpot has, as `sync backfill crm` does. */
  readonly backfill: (parts: Parts, again?: boolean) => Promise<void>;
}

export interface HubspotCrmOptions {
  readonly hubspot?: Partial<HubspotOptions>;
  /** In the place of the usual settings of the account, and of the connection. */
  readonly settings?: object;
  readonly connection?: object;
  /** False leaves the replica empty. Default: true. */
  readonly backfilled?: boolean;
}

const [usualDeals, usualLeads] = [defaultPipelines.deals, defaultPipelines.leads];

/** What an account needs to say all that the demo world has. */
const properties: Readonly<Record<ObjectType, readonly PropertyDefinition[]>> = {
  companies: [
    ...accountProperties.companies,
    { name: 'revenue_currency', type: 'string' },
    { name: 'stage_of_life', type: 'string' },
  ],
  contacts: accountProperties.contacts,
  deals: [
    ...accountProperties.deals,
    { name: 'deal_currency_code', type: 'string' },
    { name: 'product', type: 'string' },
    { name: 'opened', type: 'date' },
  ],
  leads: accountProperties.leads,
};

const pipelines = {
  deals: usualDeals,
  leads: usualLeads.map(
    (pipeline): Pipeline => ({
      ...pipeline,
      stages: [
        ...pipeline.stages,
        {
          id: 'converted-stage-id',
          label: 'Converted',
          metadata: { isClosed: 'true', leadState: 'QUALIFIED' },
        },
      ],
    }),
  ),
};

/** The mapping that comes with the adapter, with what such an account has beyond it. */
async function mapping(): Promise<string> {
  const { accounts, leads, opportunities, ...usual } = parse(await readFile(usualMapping, 'utf8'));
  const [[pipeline, stages]] = Object.entries<object>(leads.status.pipelines) as [[string, object]];
  return stringify({
    ...usual,
    accounts: {
      ...accounts,
      revenue: { amount: 'annualrevenue', currency: 'revenue_currency' },
      lifecycleStage: {
        property: 'stage_of_life',
        values: { ...accounts.lifecycleStage.values, former: 'FORMER_CUSTOMER' },
      },
    },
    leads: {
      ...leads,
      status: {
        ...leads.status,
        pipelines: { [pipeline]: { ...stages, 'converted-stage-id': 'CONVERTED' } },
      },
    },
    opportunities: {
      ...opportunities,
      product: 'product',
      openDate: { property: 'opened', type: 'date' },
    },
  });
}

export async function openHubspotCrm(options: HubspotCrmOptions = {}): Promise<HubspotCrm> {
  const hubspot = await startHubspot({ clientSecret, portalId, properties, pipelines, ...options.hubspot });
  const proxy = await startFaultProxy(hubspot.url);
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const file = await write(
    'vendors.yaml',
    stringify({
      crm: {
        adapter: 'hubspot',
        tenants: {
          default: {
            portalId,
            credentials: { privateApp: { file: await write('token', privateToken) } },
            webhook: { clientSecret: { file: await write('secret', clientSecret) } },
            mapping: await write('mapping.yaml', await mapping()),
            currency: 'USD',
            baseUrl: proxy.url,
            // Wide, so that tests wait for nothing; HubSpot's own are the adapter's defaults.
            limits: {
              account: { windows: [{ points: 10_000, perMs: 1_000 }] },
              search: { windows: [{ points: 1_000, perMs: 1_000 }] },
            },
            ...options.settings,
          },
        },
        ...options.connection,
      },
    }),
  );
  const backfill: HubspotCrm['backfill'] = async (parts, again = false) => {
    const { signal } = new AbortController();
    const asked = { kind: 'backfill', subgraph: 'crm', tenant: 'default', again } as const;
    const report = await runSync(parts, asked, { onProgress: () => {}, signal });
    const { problems } = report as { problems: readonly object[] };
    if (problems.length > 0) throw new Error(`HubSpot's records have no words: ${JSON.stringify(problems)}`);
  };
  return {
    ...{ hubspot, proxy, backfill },
    env: { VENDORS_FILE: file, VENDOR_KEYS: newSealingKey() },
    fill: async (parts, world) => {
      // The records that the world has in a CRM of its own are what HubSpot is filled with.
      const { location, remove } = await temporaryStore('sqlite');
      const crm = await openCrm({ location });
      try {
        await seed({ ...parts, crm }, world);
        await loadPortal(hubspot.portal, crm.store.db);
      } finally {
        await crm.subgraph.close();
        await remove();
      }
      if (options.backfilled ?? true) await backfill(parts);
    },
    close: async () => {
      await proxy.close();
      await hubspot.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
