import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import type { BackfillReport } from '#chassis/vendor/replica/sync/backfill.ts';
import type { ReconcileReport } from '#chassis/vendor/replica/sync/reconcile.ts';
import { backfillText, reconcileText } from '#cli/commands/sync.ts';
import { startControl } from '#cli/run/control.ts';
import { announceInstance } from '#cli/run/instance.ts';
import { startVendors } from '#cli/run/start-vendors.ts';
import { dispatchSync, runSync, type Sync, syncOf } from '#cli/run/sync.ts';
import { embeddedCrm } from '#subgraphs/crm/adapters/embedded.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import { account, user } from '#test/harness/vendors/crm-replica.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const tenant = 'default';
const hooks = { onProgress: () => {}, signal: new AbortController().signal };

/** Two stores of the CRM, one of them the replica of the other. */
async function twoStores(): Promise<{ folder: string; origin: Crm; copy: Crm }> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const location = (name: string) => ({ engine: 'sqlite', file: join(folder, `${name}.sqlite`) }) as const;
  const origin = await openCrm({ location: location('origin') });
  ends.push(origin.subgraph.close);
  const systems = new Map([[tenant, embeddedCrm({ store: origin.store, tenant })]]);
  const copy = await openCrm({ location: location('copy'), systems });
  ends.push(copy.subgraph.close);
  return { folder, origin, copy };
}

const write = (crm: Crm, n: number, name: string) =>
  crm.store.transaction(async (trx) => {
    const now = new Date().toISOString();
    await writeRows(trx, 'users', tenant, [{ id: 'usr_1', ...user({ name: 'Rep' }) }], now);
    const owned = {
      id: `acc_${n}`,
      ...account({ name, ownerId: 'usr_1' }),
      ownerSource: 'RECORDED' as const,
    };
    await writeRows(trx, 'accounts', tenant, [owned], now);
  });

const names = async ({ store }: Crm) =>
  (await store.db.selectFrom('accounts').select(['id', 'name']).orderBy('id').execute()).map(
    ({ id, name }) => `${id} ${name}`,
  );

it('two stores are compared, and one is brought to what the other has', async () => {
  const { origin, copy } = await twoStores();
  for (const n of [1, 2, 3]) await write(origin, n, 'Buyer');
  const about = { subgraph: 'crm', tenant } as const;
  const sync = (asked: Sync) => runSync({ crm: copy }, asked, hooks);
  const filled = (await sync({ kind: 'backfill', ...about, again: false })) as BackfillReport;
  expect(backfillText(filled)).toContain('accounts: 3 new, 0 updated, 0 unchanged, 0 gone, 0 left out');
  await write(origin, 2, 'Other');
  await write(origin, 4, 'New');
  await origin.store.transaction((trx) => trx.deleteFrom('accounts').where('id', '=', 'acc_3').execute());
  const found = (await sync({ kind: 'reconcile', ...about, repair: false })) as ReconcileReport;
  const told = reconcileText(found);
  expect(told).toContain('1 missing here, 1 other, 1 gone');
  expect(told).toContain('gone accounts acc_3 (acc_3): embedded –');
  expect(await names(copy)).toEqual(['acc_1 Buyer', 'acc_2 Buyer', 'acc_3 Buyer']);
  const repaired = (await sync({ kind: 'reconcile', ...about, repair: true })) as ReconcileReport;
  expect(repaired.repaired).toBe(3);
  expect(await names(copy)).toEqual(await names(origin));
});

it('the command reaches the process that has the store, and says where there is no vendor', async () => {
  const { folder, origin, copy } = await twoStores();
  await write(origin, 1, 'Buyer');
  const control = await startControl([syncOf({ crm: copy })], pino({ level: 'silent' }));
  ends.push(control.close);
  const { url, token } = control;
  await announceInstance(folder, { pid: process.pid, url, control: url, token }, 'crm-instance');
  const backfill = { kind: 'backfill', subgraph: 'crm', tenant, again: false } as const;
  const report = (await dispatchSync('Reading', folder, backfill)) as BackfillReport;
  expect(report).toMatchObject({ vendor: 'embedded', types: { accounts: { inserted: 1 } } });
  await expect(dispatchSync('Reading', folder, { ...backfill, tenant: 'other' })).rejects.toThrow(
    'The tenant "other" has no vendor configured: those that have one are default.',
  );
  expect(() => runSync({ crm: origin }, backfill, hooks)).toThrow('keeps its own data');
});

it('a process that has a replica keeps it up to date', async () => {
  const { origin, copy } = await twoStores();
  await write(origin, 1, 'Buyer');
  await runSync({ crm: copy }, { kind: 'backfill', subgraph: 'crm', tenant, again: false }, hooks);
  await write(origin, 1, 'Other');
  const polling = await startVendors({ crm: copy }, pino({ level: 'silent' }));
  ends.push(polling.close);
  await expect.poll(() => names(copy)).toEqual(['acc_1 Other']);
});
