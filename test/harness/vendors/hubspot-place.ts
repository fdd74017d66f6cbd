import { newSealingKey, openSealing } from '#chassis/vendor/sealing.ts';
import type { CrmRecords, CrmSystem, CrmType } from '#subgraphs/crm/adapters/crm.ts';
import { type HubspotSettings, hubspotSettings } from '#subgraphs/crm/adapters/hubspot/settings.ts';
import { openHubspot } from '#subgraphs/crm/adapters/hubspot.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { collectLog } from '../log.ts';
import { temporaryStore } from '../stores.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { ObjectType, PropertyDefinition } from './hubspot/schema.ts';
import { type Hubspot, type HubspotOptions, startHubspot } from './hubspot.ts';
import { dealStages, leadStages, lifecycles } from './hubspot-words.ts';

export const portalId = 6_251_500;
export const clientSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
export const privateToken = 'private-app-token';

/** An account as the setting up of docs/vendors/hubspot.md leaves it. */
const ourId: PropertyDefinition = { name: 'tributary_id', type: 'string', hasUniqueValue: true };
export const accountProperties: Readonly<Record<ObjectType, readonly PropertyDefinition[]>> = {
  companies: [
    ourId,
    { name: 'hs_parent_company_id', type: 'number' },
    // The domain's industries are anything.
    { name: 'industry', type: 'string' },
  ],
  contacts: [ourId],
  deals: [ourId],
  leads: [ourId, { name: 'tributary_source', type: 'string' }],
};

const names: Readonly<Record<Exclude<CrmType, 'users'>, ObjectType>> = {
  accounts: 'companies',
  contacts: 'contacts',
  leads: 'leads',
  opportunities: 'deals',
};

export interface HubspotPlace {
  readonly system: CrmSystem;
  /** Opens another system on the same store. */
  readonly beside: (changed: Partial<HubspotSettings>) => Promise<CrmSystem>;
  readonly hubspot: Hubspot;
  /** Between the system and HubSpot. */
  readonly proxy: FaultProxy;
  readonly log: () => string;
  /** Somebody at HubSpot makes a record, and answers its id there; references are HubSpot's ids. */
  readonly add: <Type extends CrmType>(type: Type, values: CrmRecords[Type]) => Promise<string>;
  readonly edit: <Type extends CrmType>(
    type: Type,
    id: string,
    values: Partial<CrmRecords[Type]>,
  ) => Promise<void>;
  readonly remove: (type: CrmType, id: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface HubspotPlaceOptions {
  readonly pageSize?: number;
  readonly hubspot?: Partial<HubspotOptions>;
  /** In the place of the usual settings. */
  readonly settings?: object;
}

/** A HubSpot with the properties that the usual mapping wants, a proxy before it, and the adapter on that. */
export async function openHubspotPlace(options: HubspotPlaceOptions = {}): Promise<HubspotPlace> {
  const hubspot = await startHubspot({
    clientSecret,
    portalId,
    properties: accountProperties,
    ...options.hubspot,
  });
  const proxy = await startFaultProxy(hubspot.url);
  const place = await temporaryStore('sqlite');
  // Its store is where limits and tokens are kept.
  const crm: Crm = await openCrm({ location: place.location });
  process.env.TEST_HUBSPOT_TOKEN = privateToken;
  const log = collectLog();
  const settings = hubspotSettings.parse({
    portalId,
    credentials: { privateApp: { env: 'TEST_HUBSPOT_TOKEN' } },
    currency: 'USD',
    baseUrl: proxy.url,
    // Wide, so that tests wait for nothing; HubSpot's own are the adapter's defaults.
    limits: {
      account: { windows: [{ points: 10_000, perMs: 1_000 }] },
      search: { windows: [{ points: 1_000, perMs: 1_000 }] },
    },
    ...options.settings,
  });
  const open = (given: HubspotSettings) =>
    openHubspot(given, {
      tenant: 'default',
      store: crm.store,
      log: log.logger,
      sealing: async () => openSealing([newSealingKey()]),
      ...(options.pageSize !== undefined && { pageSize: options.pageSize }),
    });
  const system = await open(settings);
  const others: CrmSystem[] = [];
  const { portal } = hubspot;
  let owners = 0;
  return {
    ...{ system, hubspot, proxy, log: log.text },
    beside: async (changed) => {
      const other = await open({ ...settings, ...changed });
      others.push(other);
      return other;
    },
    add: async (type, values) => {
      if (type === 'users') {
        owners += 1;
        const user = values as CrmRecords['users'];
        const [firstName = '', ...rest] = user.name.split(' ');
        const id = String(7_000 + owners);
        portal.owners.push({
          ...{ id, firstName, lastName: rest.join(' '), email: user.email ?? '', archived: false },
          ...(user.team !== null && { teams: [{ id: '1', name: user.team, primary: true }] }),
        });
        return id;
      }
      const name = names[type as Exclude<CrmType, 'users'>];
      const openDate = (values as { openDate?: string | null }).openDate;
      const id = portal.seed(
        name,
        said(type, values),
        openDate ? { createdAt: Date.parse(`${openDate}T12:00:00Z`) } : {},
      );
      for (const [to, end] of endsOf(values)) {
        portal.seedAssociation({ type: name, id }, { type: to, id: end }, { primary: true });
      }
      return id;
    },
    edit: async (type, id, values) =>
      portal.edit(names[type as Exclude<CrmType, 'users'>], id, said(type, values)),
    remove: async (type, id) => {
      portal.archive(names[type as Exclude<CrmType, 'users'>], id);
    },
    close: async () => {
      for (const each of [system, ...others]) await each.close();
      await crm.subgraph.close();
      await place.remove();
      await proxy.close();
      await hubspot.close();
    },
  };
}

function endsOf(values: object): readonly (readonly [ObjectType, string])[] {
  const { accountId, contactId } = values as { accountId?: string | null; contactId?: string | null };
  return [
    ...(accountId ? ([['companies', accountId]] as const) : []),
    ...(contactId ? ([['contacts', contactId]] as const) : []),
  ];
}

/** A usual account has no words for these. */
const stagesHere = { ...leadStages, CONVERTED: 'none' };
const lifecyclesHere = { ...lifecycles, FORMER_CUSTOMER: 'none' };

/** What a person at HubSpot would enter: said here once more, so that the adapter's own words are not their proof. */
function said<Type extends CrmType>(type: Type, given: Partial<CrmRecords[Type]>): Record<string, string> {
  const values = given as Partial<
    CrmRecords['accounts'] & CrmRecords['contacts'] & CrmRecords['leads'] & CrmRecords['opportunities']
  >;
  const text = (value: string | number | null | undefined) =>
    value === undefined ? undefined : String(value ?? '');
  const cents = (value: number | null | undefined) =>
    value === undefined || value === null ? text(value) : (value / 100).toFixed(2);
  const [first = '', ...rest] = (values.name ?? '').split(' ');
  const properties: Record<Exclude<CrmType, 'users'>, Record<string, string | undefined>> = {
    accounts: {
      name: text(values.name),
      domain: text(values.domain),
      industry: text(values.industry),
      numberofemployees: text(values.employees),
      annualrevenue: cents(values.revenueMinor),
      country: text(values.country),
      founded_year: text(values.foundedYear),
      lifecyclestage: values.lifecycleStage
        ? lifecyclesHere[values.lifecycleStage]
        : text(values.lifecycleStage),
      hs_parent_company_id: text(values.parentId),
      hubspot_owner_id: text(values.ownerId),
    },
    contacts: {
      ...(values.name !== undefined && { firstname: first, lastname: rest.join(' ') }),
      email: text(values.email),
      jobtitle: text(values.title),
      phone: text(values.phone),
      country: text(values.country),
    },
    leads: {
      hs_lead_name: 'Somebody',
      hs_pipeline_stage: values.status && stagesHere[values.status],
      tributary_source: text(values.source),
      hubspot_owner_id: text(values.ownerId),
    },
    opportunities: {
      dealname: text(values.name),
      dealstage: values.stage && dealStages[values.stage],
      amount: cents(values.amountMinor),
      deal_currency_code: text(values.amountCurrency),
      closedate: values.closeDate ? `${values.closeDate}T00:00:00Z` : text(values.closeDate),
      hubspot_owner_id: text(values.ownerId),
    },
  };
  const entries = Object.entries(properties[type as Exclude<CrmType, 'users'>]);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
