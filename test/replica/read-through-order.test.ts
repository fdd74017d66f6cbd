import { afterEach, describe, expect, it } from 'vitest';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { type CrmChange, type CrmRecords, crmTypes } from '#subgraphs/crm/adapters/crm.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { account } from '#test/harness/vendors/crm-replica.ts';
import { scriptedSystem } from '#test/harness/vendors/scripted-system.ts';

const tenant = 'default';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(engines)('what is read through meets what is told on $engine', ({ engine, missing }) => {
  const open = async () => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const vendor = scriptedSystem<CrmRecords, CrmChange>({ types: crmTypes });
    const systems = new Map([[tenant, vendor]]);
    const crm = await openCrm({
      ...{ location, systems },
      freshness: { maxAgeMs: () => 0, deadlineMs: 10_000, unknownMs: 1 },
    });
    const { url, close } = await serveForTest(crm.subgraph);
    ends.push(close);
    const { replica } = crm;
    if (replica === undefined) throw new Error('There is a vendor.');
    const system = replica.systems.get(tenant);
    if (system === undefined) throw new Error('There is a vendor.');
    return {
      vendor,
      replica,
      name: async () => (await ask(url, '{ account(id: "acc_7") { name } }')).data.account?.name ?? null,
      tellGone: () =>
        replica.writer({
          ...{ system, tenant, type: 'accounts', seen: [{ kind: 'gone', id: '7' }] },
          ...{ observedAt: readTime(), cause: vendorCause('scripted', tenant), urgency: 'sync' },
          signal: AbortSignal.timeout(20_000),
        }),
    };
  };

  it.skipIf(missing)('a read that began before a record was gone does not bring it back', async () => {
    const { vendor, name, tellGone } = await open();
    vendor.put('accounts', '7', account({ name: 'Once' }));
    expect(await name()).toBe('Once');
    vendor.put('accounts', '7', account({ name: 'Last' }));
    vendor.during = async () => {
      vendor.during = async () => {};
      vendor.drop('accounts', '7');
      await tellGone();
    };
    expect(await name()).toBeNull();
  });

  it.skipIf(missing)('what is known to be gone is not asked for', async () => {
    const { vendor, name, tellGone } = await open();
    vendor.put('accounts', '7', account({ name: 'Once' }));
    expect(await name()).toBe('Once');
    vendor.drop('accounts', '7');
    await tellGone();
    vendor.calls.length = 0;
    expect(await name()).toBeNull();
    expect(vendor.calls).toEqual([]);
  });

  it.skipIf(missing)('what a look at all changes found is asked for once that is too long ago', async () => {
    const { vendor, name, replica } = await open();
    vendor.put('accounts', '7', account({ name: 'Once' }));
    await backfill(replica, { tenant }, { onProgress: () => {}, signal: AbortSignal.timeout(20_000) });
    vendor.put('accounts', '7', account({ name: 'Now' }));
    expect(await name()).toBe('Now');
  });
});
