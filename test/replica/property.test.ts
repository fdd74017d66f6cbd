import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { linksOfVendorIds } from '#chassis/vendor/replica/links.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { openReplica } from '#chassis/vendor/replica/replica.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import type { Seen } from '#chassis/vendor/system.ts';
import { crmReplica } from '#subgraphs/crm/replica.ts';
import { engines } from '#test/harness/stores.ts';
import { account, openCrmReplica } from '#test/harness/vendors/crm-replica.ts';
import { vendorFails } from '#test/harness/vendors/scripted-system.ts';

const ids = ['1', '2', '3'];
const id = fc.constantFrom(...ids);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), id, parent: fc.option(id) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), id }) },
  /* A read whose answer comes some steps later, as webhooks and slow fetches have it. */
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), id, late: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), fails: fc.boolean() }) },
);

describe.each(engines)('a replica on $engine', ({ engine, missing }) => {
  it.skipIf(missing)(
    'is never taken back, and equals the vendor after a reconciliation, whatever comes when',
    { timeout: 120_000 },
    async () => {
      const run = async (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
        const place = await openCrmReplica(engine, { pageSize: 2 });
        const { vendor, store, writer } = place;
        const tenant = 'default';
        const replica = openReplica({ store, domain: crmReplica, systems: new Map([[tenant, vendor]]) });
        const hooks = () => ({ onProgress: () => {}, signal: AbortSignal.timeout(20_000) });
        const at = { tenant, vendor: 'scripted', type: 'accounts' };
        const newest = new Map<string, string>();
        const assertNotOlder = async () => {
          for (const [vendorId, link] of await linksOfVendorIds(store.db, at, ids)) {
            const { changedAt } = link;
            if (changedAt === null) continue;
            expect(changedAt >= (newest.get(vendorId) ?? '')).toBe(true);
            newest.set(vendorId, changedAt);
          }
        };
        const late: { due: number; seen: readonly Seen<object>[]; observedAt: string }[] = [];
        const arrive = async (now: number) => {
          for (const one of late.filter(({ due }) => due <= now)) {
            late.splice(late.indexOf(one), 1);
            await writer({
              ...{ system: anySystem(vendor), tenant, type: 'accounts' },
              ...{ seen: one.seen as never, observedAt: one.observedAt },
              ...{
                cause: vendorCause('scripted', tenant),
                urgency: 'read',
                signal: AbortSignal.timeout(20_000),
              },
            });
            await assertNotOlder();
          }
        };
        try {
          for (const [now, each] of steps.entries()) {
            if (each.kind === 'put') {
              vendor.put('accounts', each.id, account({ name: `At ${now}`, parentId: each.parent }));
            } else if (each.kind === 'drop') vendor.drop('accounts', each.id);
            else if (each.kind === 'read') {
              const observedAt = readTime();
              const record = vendor.all('accounts').find((one) => one.id === each.id);
              const seen = record
                ? ({ kind: 'record', record } as const)
                : ({ kind: 'gone', id: each.id } as const);
              late.push({ due: now + each.late, seen: [seen], observedAt });
            } else {
              let calls = 0;
              vendor.during = async () => {
                calls += 1;
                if (each.fails && calls > 4) throw vendorFails();
              };
              await backfill(replica, { tenant }, hooks()).catch(() => {});
              vendor.during = async () => {};
              await assertNotOlder();
            }
            await arrive(now);
          }
          await arrive(Number.POSITIVE_INFINITY);
          await reconcile(replica, { tenant, repair: true }, hooks());
          await assertNotOlder();
          const rows = await store.db
            .selectFrom('accounts')
            .select(['id', 'name', 'parentId'])
            .orderBy('id')
            .execute();
          const wanted = vendor
            .all('accounts')
            .map(({ id: vendorId, values: { name, parentId } }) => ({
              id: `acc_${vendorId}`,
              name,
              parentId: parentId === null ? null : `acc_${parentId}`,
            }))
            .toSorted((a, b) => (a.id < b.id ? -1 : 1));
          expect(rows).toEqual(wanted);
          const { counts } = await reconcile(replica, { tenant }, hooks());
          expect(counts).toEqual({ missing: 0, differs: 0, ahead: 0, gone: 0, unmapped: 0 });
        } finally {
          await place.close();
        }
      };
      const numRuns = engine === 'sqlite' ? 40 : 8;
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), run), { numRuns });
    },
  );
});
