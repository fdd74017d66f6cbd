import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLease } from '#chassis/vendor/replica/leases.ts';
import { openReplica, type Replica } from '#chassis/vendor/replica/replica.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { type Polling, startPolling } from '#chassis/vendor/replica/sync/poll.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import { crmReplica } from '#subgraphs/crm/replica.ts';
import type { Tables } from '#subgraphs/crm/store/tables.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines } from '#test/harness/stores.ts';
import {
  account,
  type CrmReplica,
  contact,
  openCrmReplica,
  user,
} from '#test/harness/vendors/crm-replica.ts';
import { vendorFails } from '#test/harness/vendors/scripted-system.ts';

const silent = pino({ level: 'silent' });
const hooks = () => ({ onProgress: () => {}, signal: AbortSignal.timeout(30_000) });
const tenant = 'default';

describe.each(engines)('bringing a replica up to date on $engine', ({ engine, missing }) => {
  let place: CrmReplica;
  let replica: Replica<Tables>;
  const pollings: Polling[] = [];
  beforeEach(async () => {
    if (missing) return;
    place = await openCrmReplica(engine, { pageSize: 3, batch: 4 });
    const systems = new Map([[tenant, place.vendor]]);
    replica = openReplica({ store: place.store, domain: crmReplica, systems });
  });
  afterEach(async () => {
    for (const polling of pollings.splice(0)) await polling.stop();
    await place?.close();
  });

  const fill = () => {
    const { vendor } = place;
    vendor.put('users', '1', user());
    for (let n = 0; n < 10; n += 1) {
      vendor.put(
        'accounts',
        `${n}`,
        account({ name: `A${n}`, ownerId: '1', parentId: n === 0 ? '9' : null }),
      );
      vendor.put('contacts', `${n}`, contact({ accountId: `${n}`, email: `p${n}@a.example` }));
    }
  };
  const names = async () => {
    const rows = await place.store.db.selectFrom('accounts').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  };

  it.skipIf(missing)('a backfill reads everything once, and is taken up where it broke off', async () => {
    fill();
    place.vendor.unmapped.set('contacts/3', 'country');
    let pages = 0;
    place.vendor.during = async ({ method, type }) => {
      if (method === 'changes' && type === 'accounts') pages += 1;
      if (pages === 3) throw vendorFails();
    };
    await expect(backfill(replica, { tenant }, hooks())).rejects.toThrow('scripted');
    expect(await names()).toHaveLength(7);
    place.vendor.during = async () => {};
    const steps: string[] = [];
    const report = await backfill(
      replica,
      { tenant },
      { ...hooks(), onProgress: ({ step }) => steps.push(step) },
    );
    expect(await names()).toHaveLength(10);
    expect(report.types).toMatchObject({
      accounts: { inserted: 3, updated: 0 },
      contacts: { inserted: 9, unmapped: 1 },
    });
    expect(report.problems).toMatchObject([{ type: 'contacts', field: 'country', records: 1, example: '3' }]);
    expect(report.calls).toBeGreaterThan(5);
    expect([...new Set(steps)]).toEqual(replica.domain.types);
    const again = await backfill(replica, { tenant, again: true }, hooks());
    expect(again.types.accounts).toMatchObject({ inserted: 0, updated: 0, unchanged: 10 });
  });

  it.skipIf(missing)('refuses a tenant that has no vendor, naming those that have', async () => {
    await expect(backfill(replica, { tenant: 'other' }, hooks())).rejects.toThrow(
      'those that have one are default',
    );
  });

  it.skipIf(missing)(
    'one process polls, from where the backfill came to, through failures of the vendor',
    async () => {
      const { logger, text } = collectLog();
      pollings.push(startPolling(replica, { log: logger, everyMs: 20 }));
      fill();
      // What was never read whole is not begun by polling.
      await expect.poll(() => place.store.db.selectFrom('syncLeases').selectAll().execute()).toEqual([]);
      expect(place.vendor.calls).toEqual([]);
      await backfill(replica, { tenant }, hooks());
      place.vendor.put('accounts', '3', account({ name: 'Z3' }));
      await expect.poll(names).toContain('Z3');
      place.vendor.during = () => Promise.reject(vendorFails());
      place.vendor.put('accounts', '4', account({ name: 'Z4' }));
      await expect.poll(text).toContain('could not be polled');
      place.vendor.during = async () => {};
      await expect.poll(names).toContain('Z4');
      const other = { tenant, vendor: 'scripted', owner: 'another process' };
      expect(await takeLease(place.store, other, 1_000)).toBe(false);
      for (const polling of pollings.splice(0)) await polling.stop();
      expect(await takeLease(place.store, other, 60_000)).toBe(true);
      place.vendor.calls.length = 0;
      pollings.push(startPolling(replica, { log: silent, everyMs: 10 }));
      place.vendor.put('accounts', '5', account({ name: 'Z5' }));
      await backfill(replica, { tenant }, hooks());
      expect(await names()).toContain('Z5');
      expect(place.vendor.calls.filter(({ method }) => method === 'changes')).toHaveLength(5);
    },
  );

  it.skipIf(missing)(
    'a reconciliation finds what is missing, other, gone and twice, and repairs it',
    async () => {
      fill();
      const { vendor } = place;
      await backfill(replica, { tenant }, hooks());
      vendor.put('accounts', '1', account({ name: 'Other' }));
      vendor.drop('accounts', '2');
      vendor.put('accounts', '10', account({ name: 'New', domain: 'twice.example' }));
      vendor.put('accounts', '11', account({ name: 'Newer', domain: 'twice.example' }));
      await place.store.transaction((trx) => trx.deleteFrom('contacts').where('id', '=', 'con_5').execute());
      const report = await reconcile(replica, { tenant }, hooks());
      expect(report.counts).toEqual({ missing: 3, differs: 1, ahead: 0, gone: 1, unmapped: 0 });
      expect(
        report.differences.map(({ kind, type, vendorId }) => `${kind} ${type} ${vendorId}`).toSorted(),
      ).toEqual([
        'differs accounts 1',
        'gone accounts 2',
        'missing accounts 10',
        'missing accounts 11',
        'missing contacts 5',
      ]);
      expect(report.duplicates).toEqual([{ type: 'accounts', field: 'domain', vendorIds: ['10', '11'] }]);
      expect(report.repaired).toBe(0);
      expect((await reconcile(replica, { tenant, repair: true }, hooks())).repaired).toBe(5);
      const clean = await reconcile(replica, { tenant }, hooks());
      expect(clean.counts).toEqual({ missing: 0, differs: 0, ahead: 0, gone: 0, unmapped: 0 });
      expect(await names()).toEqual(expect.arrayContaining(['Other', 'New', 'Newer']));
    },
  );

  it.skipIf(missing)('a reconciliation looks only at what changed since the time given', async () => {
    fill();
    await backfill(replica, { tenant }, hooks());
    vendorChanges(place, ['1', '2']);
    const { changedAt } = vendorChanges(place, ['3']);
    const { counts } = await reconcile(replica, { tenant, since: changedAt }, hooks());
    expect(counts.differs).toBe(1);
  });
});

function vendorChanges({ vendor }: CrmReplica, ids: readonly string[]) {
  const changed = ids.map((id) => vendor.put('accounts', id, account({ name: `Changed ${id}` })));
  return changed.at(-1) as (typeof changed)[number];
}
