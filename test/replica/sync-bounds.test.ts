import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { releaseLease, takeLease } from '#chassis/vendor/replica/leases.ts';
import { readNoticed } from '#chassis/vendor/replica/notices.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { openReplica, type Replica } from '#chassis/vendor/replica/replica.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { type Polling, startPolling } from '#chassis/vendor/replica/sync/poll.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import { crmReplica } from '#subgraphs/crm/replica.ts';
import type { Tables } from '#subgraphs/crm/store/tables.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines } from '#test/harness/stores.ts';
import { account, type CrmReplica, openCrmReplica } from '#test/harness/vendors/crm-replica.ts';

const hooks = () => ({ onProgress: () => {}, signal: AbortSignal.timeout(30_000) });
const tenant = 'default';
const changedAt = '2026-01-01T00:00:00.000Z';

describe.each(engines)('the bounds of bringing a replica up to date on $engine', ({ engine, missing }) => {
  let place: CrmReplica;
  let replica: Replica<Tables>;
  const pollings: Polling[] = [];
  beforeEach(async () => {
    if (missing) return;
    place = await openCrmReplica(engine, { pageSize: 2 });
    const systems = new Map([[tenant, place.vendor]]);
    replica = openReplica({ store: place.store, domain: crmReplica, systems });
  });
  afterEach(async () => {
    for (const polling of pollings.splice(0)) await polling.stop();
    await place?.close();
  });

  const fabricated = (id: string) => ({
    kind: 'record' as const,
    record: { id, externalId: null, values: account({ name: id }), createdAt: changedAt, changedAt },
  });
  const names = async () => {
    const rows = await place.store.db.selectFrom('accounts').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  };
  const asked = () =>
    place.vendor.calls.flatMap(({ method, values }) => (method === 'read' ? (values ?? []) : []));

  it.skipIf(missing)(
    'a reconciliation looks for all that the walk did not come by, of its tenant alone',
    async () => {
      const many = Array.from({ length: 1_100 }, (_, nth) => fabricated(`${nth}`));
      await place.write('accounts', many);
      await replica.writer({
        ...{ system: anySystem(place.vendor), tenant: 'other', type: 'accounts' },
        ...{ seen: [fabricated('theirs')] as never, observedAt: readTime(), urgency: 'sync' },
        ...{ cause: vendorCause('scripted', 'other'), signal: AbortSignal.timeout(20_000) },
      });
      const { counts } = await reconcile(replica, { tenant }, hooks());
      expect(counts).toMatchObject({ gone: 1_100, missing: 0 });
      expect(asked()).not.toContain('theirs');
      expect(asked()).toHaveLength(1_100);
    },
  );

  it.skipIf(missing)('a reconciliation asks for nothing that was changed before its time', async () => {
    await place.write('accounts', [fabricated('1')]);
    const since = '2026-01-01T00:00:00.001Z';
    expect((await reconcile(replica, { tenant, since }, hooks())).counts.gone).toBe(0);
    expect(asked()).toEqual([]);
    expect((await reconcile(replica, { tenant, since: changedAt }, hooks())).counts.gone).toBe(1);
  });

  it.skipIf(missing)('a record that comes twice is no duplicate, nor are those without a value', async () => {
    const { vendor } = place;
    for (const id of ['1', '2', '3']) vendor.put('accounts', id, account({ domain: `${id}.example` }));
    for (const id of ['4', '5']) vendor.put('accounts', id, account({ domain: '' }));
    let pages = 0;
    vendor.during = async ({ method, type }) => {
      if (method !== 'changes' || type !== 'accounts') return;
      pages += 1;
      if (pages === 1) vendor.put('accounts', '1', account({ domain: '1.example', name: 'Other' }));
    };
    expect((await reconcile(replica, { tenant }, hooks())).duplicates).toEqual([]);
  });

  it.skipIf(missing)('runs end between two pages when they are told to', async () => {
    const { vendor } = place;
    for (const id of ['1', '2', '3', '4', '5']) vendor.put('accounts', id, account());
    for (const run of [backfill, reconcile]) {
      const stop = new AbortController();
      vendor.calls.length = 0;
      vendor.during = async () => {};
      const onProgress = ({ step }: { readonly step: string }) => {
        if (step === 'accounts') stop.abort(new Error('told to stop'));
      };
      // A vendor that does not listen: it answers all the same.
      const changes = (type: string, since: string | null, options: AskOptions) =>
        vendor.changes(type as 'accounts', since, { ...options, signal: AbortSignal.timeout(20_000) });
      const deaf = { ...vendor, changes } as typeof vendor;
      const systems = new Map([[tenant, deaf]]);
      const given = openReplica({ store: place.store, domain: crmReplica, systems });
      await expect(run(given, { tenant }, { onProgress, signal: stop.signal })).rejects.toThrow(
        'told to stop',
      );
      expect(vendor.calls.filter(({ type }) => type === 'accounts')).toHaveLength(1);
    }
  });

  it.skipIf(missing)('only the one who polls for a tenant does what else is to be done', async () => {
    const other = { tenant, vendor: 'scripted', owner: 'another process' };
    await takeLease(place.store, other, 60_000);
    let looks = 0;
    const { store } = replica;
    const transaction: typeof store.transaction = (work) => {
      looks += 1;
      return store.transaction(work);
    };
    const done: string[] = [];
    pollings.push(
      startPolling(
        { ...replica, store: { ...store, transaction } },
        {
          ...{ log: collectLog().logger, everyMs: 5 },
          afterwards: async (of) => void done.push(of),
        },
      ),
    );
    await expect.poll(() => looks).toBeGreaterThan(5);
    expect(done).toEqual([]);
    await releaseLease(place.store, other);
    await expect.poll(() => done.length).toBeGreaterThan(1);
    expect(new Set(done)).toEqual(new Set([tenant]));
  });

  it.skipIf(missing)('a round that hangs is broken off, and the next one goes on', async () => {
    const { vendor } = place;
    vendor.put('accounts', '1', account({ name: 'Old' }));
    await backfill(replica, { tenant }, hooks());
    vendor.put('accounts', '1', account({ name: 'New' }));
    let hangs = 0;
    vendor.during = async (_, signal) => {
      if (hangs > 0) return;
      hangs += 1;
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    const { logger, text } = collectLog();
    pollings.push(startPolling(replica, { log: logger, everyMs: 5, roundMs: 1_000 }));
    await expect.poll(text).toContain('could not be polled');
    await expect.poll(names).toEqual(['New']);
  });

  /** While the answer is under way the record goes, and somebody sees that. */
  const goesMeanwhile = () => {
    const { vendor } = place;
    vendor.during = async ({ type }) => {
      if (type !== 'accounts') return;
      vendor.during = async () => {};
      vendor.drop('accounts', '1');
      await place.write('accounts', [{ kind: 'gone', id: '1' }]);
    };
  };

  it.skipIf(missing)('a read that began before a record was gone does not bring it back', async () => {
    const { vendor } = place;
    const signal = AbortSignal.timeout(20_000);
    const at = '2026-03-01T00:00:00.000Z';
    const notice = { id: 'n', occurredAt: at, type: 'accounts', recordId: '1', persons: [], content: null };
    const reads = [
      () => backfill(replica, { tenant, again: true }, hooks()),
      () => readNoticed(replica)([notice], { tenant, signal }),
    ];
    for (const read of reads) {
      vendor.put('accounts', '1', account({ name: 'Once' }));
      await backfill(replica, { tenant, again: true }, hooks());
      expect(await names()).toEqual(['Once']);
      vendor.put('accounts', '1', account({ name: 'Last' }));
      goesMeanwhile();
      await read();
      expect(await names()).toEqual([]);
    }
  });
});
