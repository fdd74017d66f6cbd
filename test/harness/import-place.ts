import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '#chassis/store/store.ts';
import { type Analytics, openAnalytics } from '#subgraphs/analytics/main.ts';
import { type Consent, openConsent } from '#subgraphs/consent/main.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { temporaryStore } from './stores.ts';
import { warehouseBeside } from './warehouses.ts';

/** New, empty stores of all that an import writes into, and a folder for its files. */
export interface ImportPlace {
  readonly parts: { readonly crm: Crm; readonly consent: Consent; readonly analytics: Analytics };
  readonly folder: string;
  /** Closes the stores and removes them; safe after a subgraph was closed. */
  readonly remove: () => Promise<void>;
}

/** The warehouse lies beside the CRM: a DuckDB file, or in its PostgreSQL database. */
export async function openImportPlace(engine: Engine): Promise<ImportPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const [crmStore, consentStore] = [await temporaryStore(engine), await temporaryStore(engine)];
  const parts = {
    crm: await openCrm({ location: crmStore.location }),
    consent: await openConsent({ location: consentStore.location }),
    analytics: await openAnalytics({
      warehouse: warehouseBeside(crmStore.location, folder),
      location: { engine: 'sqlite', file: join(folder, 'analytics.sqlite') },
    }),
  };
  return {
    parts,
    folder,
    remove: async () => {
      for (const part of Object.values(parts)) await part.subgraph.close();
      for (const store of [crmStore, consentStore]) await store.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
