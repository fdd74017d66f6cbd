import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import type { BackfillReport } from '#chassis/vendor/replica/sync/backfill.ts';
import type { ReconcileReport } from '#chassis/vendor/replica/sync/reconcile.ts';
import { backfillText, reconcileText, syncCommand } from '#cli/commands/sync.ts';
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

it('reconciling exits with 1 while differences remain, and says how many and why', async () => {
  const { folder, origin, copy } = await twoStores();
  for (const n of [1, 2]) await write(origin, n, 'Buyer');
  const control = await startControl([syncOf({ crm: copy })], pino({ level: 'silent' }));
  ends.push(control.close);
  const { url, token } = control;
  await announceInstance(folder, { pid: process.pid, url, control: url, token }, 'crm-instance');
  const exitCode = process.exitCode;
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const progress = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  ends.push(async () => {
    printed.mockRestore();
    progress.mockRestore();
    process.exitCode = exitCode;
  });
  const run = async (...args: readonly string[]) => {
    printed.mockClear();
    process.exitCode = 0;
    await syncCommand().parseAsync([...args, 'crm', '--data-dir', folder], { from: 'user' });
    return { code: process.exitCode, text: printed.mock.calls.map(([text]) => String(text)).join('') };
  };
  await run('backfill');
  expect(await run('reconcile')).toEqual({ code: 0, text: expect.not.stringContaining('remain') });

  await write(origin, 2, 'Other');
  const looked = await run('reconcile');
  expect(looked).toEqual({ code: 1, text: expect.stringContaining('1 remain: 1 for --repair to write\n') });
  // The vendor has taken this one back to an earlier state.
  await origin.store.transaction((trx) =>
    trx
      .updateTable('accounts')
      .set({ name: 'Earlier', updatedAt: '2020-01-01T00:00:00.000Z' })
      .where('id', '=', 'acc_1')
      .execute(),
  );
  const repaired = await run('reconcile', '--repair');
  expect(repaired.code).toBe(1);
  expect(repaired.text).toContain(
    '1 remain: 1 ahead of embedded, and no older state is written over a later one\n1 repaired, ',
  );
  expect(await names(copy)).toEqual(['acc_1 Buyer', 'acc_2 Other']);

  // Its row is lost here, and what the vendor has is older than what was seen.
  await copy.store.transaction((trx) => trx.deleteFrom('accounts').where('id', '=', 'acc_1').execute());
  const refused = await run('reconcile', '--repair');
  expect(refused.code).toBe(1);
  expect(refused.text).toContain('1 remain: 1 not written, since a later state was seen here\n0 repaired, ');
  const asked = { kind: 'reconcile', subgraph: 'crm', tenant, repair: false } as const;
  const { remaining } = (await runSync({ crm: copy }, asked, hooks)) as ReconcileReport;
  expect(remaining).toEqual({ missing: 1, differs: 0, ahead: 0, gone: 0 });

  await write(origin, 1, 'Buyer');
  expect(await run('reconcile', '--repair')).toEqual({
    code: 0,
    text: expect.not.stringContaining('remain'),
  });
  expect(await run('reconcile', '--repair')).toMatchObject({ code: 0 });
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
