import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageWindow } from '#subgraphs/analytics/__generated__/resolvers.ts';
import type { Warehouse } from '#subgraphs/analytics/adapters/warehouse.ts';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import { closeParts, openParts, type Parts } from '../run/parts.ts';
import { accountOf } from './accounts.ts';
import { type SeedReport, seed } from './index.ts';
import { worldOf } from './world.ts';

const missing = warehouses.some((each) => each.missing);
const numbers = { seed: 5, accounts: 40, now: '2026-03-01' };

describe.skipIf(missing)('the demo world in a warehouse that ANALYTICS_WAREHOUSE_URL names', () => {
  let folder: string;
  let place: Awaited<ReturnType<typeof temporaryWarehouse>>;
  const opened: Parts[] = [];
  const reports: SeedReport[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    place = await temporaryWarehouse('postgres');
    const { url } = place.location as { readonly url: string };
    for (const [name, env] of Object.entries({ duckdb: {}, postgres: { ANALYTICS_WAREHOUSE_URL: url } })) {
      const parts = await openParts(join(folder, name), { env });
      opened.push(parts);
      reports.push(await seed(parts, { ...numbers, events: false }));
    }
  });

  afterAll(async () => {
    for (const parts of opened) await closeParts(parts);
    await place?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('is the one that a file holds, whatever is asked of it', async () => {
    expect(reports[1]?.tables).toEqual(reports[0]?.tables);
    const accounts = Array.from({ length: numbers.accounts }, (_, nth) => accountOf(worldOf(numbers), nth));
    const ids = accounts.map(({ values }) => values.id);
    const leads = accounts.flatMap((account) => account.leads.map(({ id }) => id)).slice(0, 100);
    const windows: readonly UsageWindow[] = ['LAST_7_DAYS', 'LAST_365_DAYS'];
    const answersOf = async (warehouse: Warehouse) => ({
      usage: await Promise.all(windows.map((window) => warehouse.usage('default', ids, window))),
      days: await warehouse.usageByDay('default', ids, 'LAST_90_DAYS'),
      touches: await warehouse.touches('default', ids, { channels: null, first: 20, withTotal: true }),
      // Neither accounts nor steps have an order of their own.
      paths: new Map(
        [...((await warehouse.paths('default', ids)) ?? [])].map(([id, path]) => [
          id,
          { ...path, steps: new Set(path.steps) },
        ]),
      ),
      behaviour: await warehouse.leadBehaviour('default', leads, 90),
      channels: await Promise.all(windows.map((window) => warehouse.channelPerformance('default', window))),
      active: await warehouse.mostActiveAccounts('default', 'LAST_30_DAYS', 20),
    });
    const [file, server] = await Promise.all(opened.map(({ analytics }) => answersOf(analytics.warehouse)));
    const visited = [...(file?.usage[1]?.values() ?? [])].filter(({ visits }) => visits > 0);
    expect(visited.length).toBeGreaterThan(numbers.accounts / 2);
    expect(server).toEqual(file);
  });
});
