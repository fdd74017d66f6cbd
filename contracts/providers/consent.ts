import { openConsent } from '#subgraphs/consent/main.ts';
import { ensureDefaultPurposes, selectPurposes } from '#subgraphs/consent/store/purposes.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import { at, eventStore, type OpenProvider, sqlite, tenant } from './provider.ts';

export const consent: OpenProvider = async (folder) => {
  const { subgraph, store } = await openConsent({ location: sqlite(folder) });
  await store.transaction(async (trx) => {
    await ensureDefaultPurposes(trx, tenant, at);
    const purposes = await selectPurposes(trx, tenant);
    const records = purposes.map(({ id: purpose }) => ({
      id: `cns_${purpose}`,
      contactId: 'con_example',
      purpose,
      decision: 'GRANTED' as const,
      legalBasis: 'CONSENT' as const,
      jurisdiction: 'DE',
      source: 'form',
      evidence: 'form 1',
      recordedAt: at,
    }));
    await appendRecords(trx, tenant, records, at);
  });
  // Which contacts there are is not consent's to say; of the last two nothing is recorded.
  return {
    subgraph,
    store: eventStore(store),
    consumers: [],
    holds: ['Contact con_example', 'Contact con_bare', 'Contact con_lone'],
  };
};
