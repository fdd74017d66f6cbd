import { join } from 'node:path';
import { openAnalytics } from '#subgraphs/analytics/main.ts';
import { at, consumersOf, eventStore, type OpenProvider, sqlite, tenant } from './provider.ts';

export const analytics: OpenProvider = async (folder) => {
  const { subgraph, consumers, store, warehouse } = await openAnalytics({
    warehouse: { engine: 'duckdb', file: join(folder, 'analytics.duckdb') },
    location: sqlite(folder),
  });
  const who = { accountId: 'acc_example', leadId: 'lea_example', at: '2026-02-27T09:00:00.000Z' };
  const visit = { id: 'vis_1', visitorId: 'visitor', pageViews: 3, seconds: 60, ...who };
  const touch = { id: 'tch_1', channel: 'EMAIL', campaignId: 'cmp_example', kind: 'CLICK', ...who } as const;
  await warehouse.writeVisits(tenant, [visit], at);
  const alone = { ...touch, id: 'tch_2', accountId: 'acc_bare', leadId: null, campaignId: null };
  await warehouse.writeTouches(tenant, [touch, alone], at);
  await warehouse.setWatermark(tenant, at, at);
  return {
    subgraph,
    store: eventStore(store),
    consumers: consumersOf(consumers),
    holds: [
      'Account acc_example',
      'Account acc_bare',
      'Account acc_lone',
      'Lead lea_example',
      'Lead lea_bare',
      'Campaign cmp_example',
    ],
  };
};
