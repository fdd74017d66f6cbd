import type { Engine, Store } from '#chassis/store/store.ts';
import { type AnyDomain, anyDomain, anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { createWriter, type WriteReport, type Writer } from '#chassis/vendor/replica/writer.ts';
import type { Seen } from '#chassis/vendor/system.ts';
import { type CrmChange, type CrmRecords, type CrmType, crmTypes } from '#subgraphs/crm/adapters/crm.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { crmReplica } from '#subgraphs/crm/replica.ts';
import type { Tables } from '#subgraphs/crm/store/tables.ts';
import { temporaryStore } from '../stores.ts';
import { type ScriptedSystem, scriptedSystem } from './scripted-system.ts';

/** A store of the CRM, a vendor in memory, and what writes from one into the other. */
export interface CrmReplica {
  readonly crm: Crm;
  readonly store: Store<Tables>;
  readonly vendor: ScriptedSystem<CrmRecords, CrmChange>;
  readonly domain: AnyDomain<Tables>;
  readonly writer: Writer<Tables>;
  readonly write: (type: CrmType, seen: readonly Seen<object>[], observedAt?: string) => Promise<WriteReport>;
  readonly close: () => Promise<void>;
}

export const account = (values: Partial<CrmRecords['accounts']> = {}): CrmRecords['accounts'] => ({
  domain: null,
  name: 'Buyer',
  industry: null,
  employees: null,
  revenueMinor: null,
  revenueCurrency: null,
  country: null,
  foundedYear: null,
  lifecycleStage: null,
  parentId: null,
  ownerId: null,
  ...values,
});

export const user = (values: Partial<CrmRecords['users']> = {}): CrmRecords['users'] => ({
  name: 'Rep',
  email: null,
  team: null,
  managerId: null,
  ...values,
});

export const contact = (values: Partial<CrmRecords['contacts']> = {}): CrmRecords['contacts'] => ({
  accountId: null,
  email: null,
  name: 'Person',
  title: null,
  phone: null,
  country: null,
  ...values,
});

export async function openCrmReplica(
  engine: Engine,
  options: { readonly pageSize?: number; readonly batch?: number } = {},
): Promise<CrmReplica> {
  const { location, remove } = await temporaryStore(engine);
  const crm = await openCrm({ location });
  const { store } = crm;
  const vendor = scriptedSystem<CrmRecords, CrmChange>({
    types: crmTypes,
    keys: { accounts: ['domain', 'externalId'], contacts: ['email'] },
    ...options,
  });
  const domain = anyDomain(crmReplica);
  const writer = createWriter({ store, domain });
  return {
    ...{ crm, store, vendor, domain, writer },
    write: (type, seen, observedAt = readTime()) =>
      writer({
        system: anySystem(vendor),
        tenant: 'default',
        type,
        seen: seen as never,
        observedAt,
        cause: vendorCause('scripted', 'default'),
        urgency: 'sync',
        signal: AbortSignal.timeout(20_000),
      }),
    close: async () => {
      await crm.subgraph.close();
      await remove();
    },
  };
}
