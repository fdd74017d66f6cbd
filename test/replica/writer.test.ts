import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linksOfVendorIds } from '#chassis/vendor/replica/links.ts';
import { summarizeProblems } from '#chassis/vendor/replica/problems.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines } from '#test/harness/stores.ts';
import {
  account,
  type CrmReplica,
  contact,
  openCrmReplica,
  user,
} from '#test/harness/vendors/crm-replica.ts';
import { vendorFails } from '#test/harness/vendors/scripted-system.ts';

const at = { tenant: 'default', vendor: 'scripted' };

describe.each(engines)('the writer of a replica on $engine', ({ engine, missing }) => {
  let place: CrmReplica;
  beforeEach(async () => {
    if (!missing) place = await openCrmReplica(engine);
  });
  afterEach(() => place?.close());

  const record = (type: Parameters<CrmReplica['vendor']['all']>[0], id: string) => {
    const found = place.vendor.all(type).find((one) => one.id === id);
    if (found === undefined) throw new Error(`The vendor has no ${type} ${id}.`);
    return { kind: 'record', record: found } as const;
  };
  const accounts = () => place.store.db.selectFrom('accounts').selectAll().orderBy('id').execute();
  const told = async () =>
    (await waitingEvents(place.store)).map(({ type, subject }) => `${type.split('.')[2]} ${subject}`);

  it.skipIf(missing)('reads what a record refers to, in circles too, a batch for each type', async () => {
    const { vendor } = place;
    vendor.put('users', '1', user({ managerId: '2' }));
    vendor.put('users', '2', user({ managerId: '1' }));
    vendor.put('accounts', '7', account({ ownerId: '1', parentId: '8' }));
    vendor.put('accounts', '8', account({ ownerId: '2', parentId: '7' }), { externalId: 'acc_ours' });
    vendor.put('contacts', '9', contact({ accountId: '7' }));
    const { counts } = await place.write('contacts', [record('contacts', '9')]);
    expect(counts).toMatchObject({
      contacts: { inserted: 1 },
      accounts: { inserted: 2 },
      users: { inserted: 2 },
    });
    expect((await accounts()).map(({ id, parentId, ownerId }) => [id, parentId, ownerId])).toEqual([
      ['acc_7', 'acc_ours', 'usr_1'],
      ['acc_ours', 'acc_7', 'usr_2'],
    ]);
    expect(await place.store.db.selectFrom('contacts').select('accountId').execute()).toEqual([
      { accountId: 'acc_7' },
    ]);
    expect(vendor.calls.length).toBeLessThanOrEqual(5);
    vendor.calls.length = 0;
    await place.write('contacts', [record('contacts', '9')]);
    expect(vendor.calls).toEqual([]);
  });

  it.skipIf(missing)('keeps the place of what it refers to and cannot have, until that comes', async () => {
    const { vendor } = place;
    vendor.put('contacts', '9', contact({ accountId: '7' }));
    await place.write('contacts', [record('contacts', '9')]);
    const refers = () => place.store.db.selectFrom('contacts').select('accountId').execute();
    expect(await refers()).toEqual([{ accountId: 'acc_7' }]);
    expect(await accounts()).toEqual([]);
    vendor.put('accounts', '7', account());
    await place.write('accounts', [record('accounts', '7')]);
    expect((await accounts()).map(({ id }) => id)).toEqual(
      await refers().then((rows) => rows.map((row) => row.accountId)),
    );
  });

  it.skipIf(missing)('never writes an older state over a newer one, whenever it comes', async () => {
    const { vendor } = place;
    const old = { kind: 'record', record: vendor.put('accounts', '7', account({ name: 'Old' })) } as const;
    const readOld = readTime();
    const recent = { kind: 'record', record: vendor.put('accounts', '7', account({ name: 'New' })) } as const;
    await place.write('accounts', [recent]);
    expect((await place.write('accounts', [old])).counts.accounts).toMatchObject({ older: 1, updated: 0 });
    expect((await place.write('accounts', [old, recent])).counts.accounts).toMatchObject({ unchanged: 1 });
    expect((await accounts()).map(({ name }) => name)).toEqual(['New']);
    await place.write('accounts', [{ kind: 'gone', id: '7' }]);
    expect((await place.write('accounts', [recent], readOld)).counts.accounts).toMatchObject({ older: 1 });
    expect(await accounts()).toEqual([]);
    // Who looked later saw it there again.
    await place.write('accounts', [recent]);
    expect(
      (await place.write('accounts', [{ kind: 'gone', id: '7' }], readOld)).counts.accounts,
    ).toMatchObject({
      older: 1,
    });
    expect((await accounts()).map(({ id, name }) => [id, name])).toEqual([['acc_7', 'New']]);
  });

  it.skipIf(missing)(
    'gives one of our ids to one record only, and the same again to a store that was lost',
    async () => {
      const { vendor } = place;
      vendor.put('accounts', '7', account(), { externalId: 'acc_ours' });
      vendor.put('accounts', '8', account(), { externalId: 'acc_ours' });
      vendor.put('accounts', '9', account(), { externalId: 'ada@example.com' });
      const all = ['7', '8', '9'].map((id) => record('accounts', id));
      await place.write('accounts', all);
      const ids = ['acc_8', 'acc_9', 'acc_ours'];
      expect((await accounts()).map(({ id }) => id)).toEqual(ids);
      // Nobody can take an id by writing it on a record later.
      vendor.put('accounts', '9', account(), { externalId: 'acc_8' });
      await place.write('accounts', [record('accounts', '9')]);
      expect((await accounts()).map(({ id }) => id)).toEqual(ids);
      await place.close();
      const { vendor: _, ...other } = await openCrmReplica(engine);
      place = { ...other, vendor };
      await place.write('accounts', all);
      expect((await accounts()).map(({ id }) => id)).toEqual(ids);
    },
  );

  it.skipIf(missing)('a record that took the place of one that is gone has its id', async () => {
    const { vendor } = place;
    vendor.put('accounts', '7', account(), { externalId: 'acc_ours' });
    await place.write('accounts', [record('accounts', '7')]);
    await place.write('accounts', [{ kind: 'gone', id: '7' }]);
    vendor.put('accounts', '8', account({ name: 'Again' }), { externalId: 'acc_ours' });
    await place.write('accounts', [record('accounts', '8')]);
    await place.write('accounts', [{ kind: 'gone', id: '7' }]);
    expect((await accounts()).map(({ id, name }) => [id, name])).toEqual([['acc_ours', 'Again']]);
    await place.write('accounts', [record('accounts', '7')]);
    expect((await accounts()).map(({ id }) => id)).toEqual(['acc_7', 'acc_ours']);
  });

  it.skipIf(missing)('keeps out what cannot be said, and reports it until it can', async () => {
    const { vendor } = place;
    vendor.put('accounts', '7', account());
    await place.write('accounts', [record('accounts', '7')]);
    const problems = [{ field: 'lifecycleStage', property: 'lifecyclestage', value: 'evangelist' }];
    const unmapped = (id: string) => ({ kind: 'unmapped', id, problems }) as const;
    const { counts } = await place.write('accounts', [unmapped('7'), unmapped('8')]);
    expect(counts.accounts).toMatchObject({ unmapped: 2 });
    expect((await accounts()).map(({ id }) => id)).toEqual(['acc_7']);
    expect(await summarizeProblems(place.store.db, at, 10)).toEqual([
      { type: 'accounts', ...problems[0], records: 2, example: '7' },
    ]);
    await place.write('accounts', [record('accounts', '7'), { kind: 'gone', id: '8' }]);
    expect(await summarizeProblems(place.store.db, at, 10)).toEqual([]);
  });

  it.skipIf(missing)('tells of every version once, as a change of the vendor', async () => {
    const { vendor } = place;
    vendor.put('users', '1', user());
    vendor.put('accounts', '7', account({ revenueMinor: 1, revenueCurrency: 'USD' }));
    await place.write('accounts', [record('accounts', '7')]);
    vendor.put(
      'accounts',
      '7',
      account({ ownerId: '1', name: 'Other', revenueMinor: 1, revenueCurrency: 'USD' }),
    );
    await place.write('accounts', [record('accounts', '7')]);
    vendor.put(
      'accounts',
      '7',
      account({ ownerId: '1', name: 'Other', revenueMinor: 2, revenueCurrency: 'EUR' }),
    );
    await place.write('accounts', [record('accounts', '7')]);
    await place.write('accounts', [record('accounts', '7')]);
    await place.write('accounts', [{ kind: 'gone', id: '7' }]);
    expect(await told()).toEqual([
      'AccountDetailsChanged acc_7',
      'AccountOwnerAssigned acc_7',
      'AccountDetailsChanged acc_7',
      'AccountDetailsChanged acc_7',
    ]);
    const events = await waitingEvents(place.store);
    expect(events.map(({ entityversion }) => entityversion)).toEqual([1, 2, 3, 4]);
    expect(events[2]).toMatchObject({
      origin: 'vendor',
      actor: 'vendor:scripted',
      data: { fields: ['annualRevenue'] },
    });
    expect(events[3]).toMatchObject({ accountid: 'acc_7', data: { fields: [] } });
  });

  it.skipIf(missing)('writes nothing where the vendor cannot be asked for what is referred to', async () => {
    const { vendor } = place;
    vendor.put('accounts', '7', account({ ownerId: '1' }));
    vendor.during = () => Promise.reject(vendorFails());
    await expect(place.write('accounts', [record('accounts', '7')])).rejects.toThrow('scripted');
    expect(await accounts()).toEqual([]);
    expect((await linksOfVendorIds(place.store.db, { ...at, type: 'accounts' }, ['7'])).size).toBe(0);
  });

  it.skipIf(missing)('many writers of the same records at once come to one state', async () => {
    const { vendor } = place;
    const states = Array.from({ length: 12 }, (_, n) => ({
      kind: 'record' as const,
      record: vendor.put('accounts', '7', account({ name: `State ${n}`, parentId: '8' })),
    }));
    vendor.put('accounts', '8', account({ parentId: '7' }));
    await Promise.all(states.toReversed().map((state) => place.write('accounts', [state])));
    expect((await accounts()).map(({ id, name }) => [id, name])).toEqual([
      ['acc_7', 'State 11'],
      ['acc_8', 'Buyer'],
    ]);
  });
});
