import { afterEach, describe, expect, it } from 'vitest';
import { pushRetry } from '#chassis/vendor/pushes/consumer.ts';
import { pushesOfEvents } from '#chassis/vendor/pushes/record.ts';
import { type Outcome, takeBatch } from '#chassis/vendor/pushes/sending.ts';
import type { Push } from '#chassis/vendor/pushes/tables.ts';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { linksOfVendorIds, lockVendor } from '#chassis/vendor/replica/links.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { engines } from '#test/harness/stores.ts';
import { type VendorHouse, vendorHouse } from '#test/harness/vendors/vendor-house.ts';
import { settleCrmChange } from './settle.ts';

const tenant = 'default';
const vendor = 'changing';
const cause = vendorCause(vendor, tenant);
const refused: Outcome = { kind: 'rejected', code: 'NO', reason: 'no' };
const accepted: Outcome = { kind: 'accepted', record: { type: 'leads', id: '1' } };

describe.each(engines)('what a CRM answers on $engine', ({ engine, missing }) => {
  let house: VendorHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  const open = async () => {
    const place = await vendorHouse(engine);
    house = place;
    const {
      vendor: crm,
      crm: { store },
    } = place;
    for (const id of ['1', '2']) {
      crm.edit('users', id, { name: id, email: null, team: null, managerId: null });
    }
    const lead = { status: 'NEW', source: 'Web', contactId: null, accountId: null, ownerId: '1' };
    crm.edit('leads', '1', lead);
    const company = { domain: null, name: 'A', industry: null, employees: null, revenueMinor: null };
    const more = { revenueCurrency: null, country: null, foundedYear: null, lifecycleStage: null };
    crm.edit('accounts', '1', { ...company, ...more, parentId: null, ownerId: null });
    for (const type of ['users', 'accounts', 'leads']) await place.sync(type);
    await place.deliver('lea_1');
    const waitingOf = async (id: string) => {
      const ids = (await place.events(id)).map((event) => event.id);
      return (await pushesOfEvents(store.db, tenant, ids)).filter(({ state }) => state === 'PENDING');
    };
    return {
      ...place,
      store,
      own: (ownerId: string) => place.change('assignLeadOwner', { leadId: 'lea_1', ownerId }, 'replayed'),
      lead: () => place.entity('Lead', 'lea_1', 'owner { id } syncState'),
      pushes: () => store.db.selectFrom('pushes').selectAll().orderBy('version').execute(),
      /** The change that is sent next, taken as by one who sends it. */
      take: async (id = 'lea_1') => {
        const batch = await takeBatch(store, (await waitingOf(id))[0] as Push, true);
        if (batch === null) throw new Error('Nothing waits.');
        return (outcome: Outcome) =>
          store.transaction((trx) => settleCrmChange(trx, store.engine, batch, outcome, { vendor, cause }));
      },
      told: async () => (await place.events('lea_1')).map(({ type }) => type.split('.')[2]),
    };
  };

  it.skipIf(missing)('is told once, however many heard it', async () => {
    const { own, take, told, lead } = await open();
    await own('usr_2');
    const settle = await take();
    const before = (await told()).length;
    await settle(refused);
    const after = await told();
    expect(after.slice(before)).toEqual(['LeadOwnerAssigned', 'LeadChangeRejected']);
    await settle(refused);
    await settle(accepted);
    expect(await told()).toEqual(after);
    expect(await lead()).toEqual({ owner: { id: 'usr_1' }, syncState: 'REJECTED' });
  });

  it.skipIf(missing).each([accepted, refused])(
    'leaves what was changed since on its way: $kind',
    async (outcome) => {
      const { own, take, lead, deliver } = await open();
      await own('usr_2');
      const settle = await take();
      // Back and forth: the row has again what was refused, as the change that waits says.
      await own('usr_1');
      await own('usr_2');
      await settle(outcome);
      expect(await lead()).toEqual({ owner: { id: 'usr_2' }, syncState: 'PENDING' });
      await deliver('lea_1');
      expect(await lead()).toEqual({ owner: { id: 'usr_2' }, syncState: 'ACCEPTED' });
    },
  );

  it.skipIf(missing)('is passed over where the row went away meanwhile', async () => {
    const { own, take, store, pushes } = await open();
    await own('usr_2');
    const settle = await take();
    await store.transaction((trx) => trx.deleteFrom('leads').where('id', '=', 'lea_1').execute());
    await settle(refused);
    expect(await pushes()).toMatchObject([{ state: 'REJECTED' }]);
  });

  it.skipIf(missing)('is not asked for of what the vendor has no more', async () => {
    const { own, sync, deliver, vendor: crm, pushes } = await open();
    await own('usr_2');
    await sync('leads', { seen: [{ kind: 'gone', id: '1' }], observedAt: readTime() });
    expect(await deliver('lea_1')).toEqual({ of: 1, done: 1 });
    expect(crm.keys).toEqual([]);
    expect(await pushes()).toMatchObject([{ state: 'REJECTED', code: 'GONE' }]);
  });

  it.skipIf(missing)('makes no link older than a read has made it', async () => {
    const { change, take, vendor: crm, sync, store } = await open();
    const { data } = await change('createLead', { source: 'Fair', accountId: 'acc_1' }, 'lead { id }');
    const { id } = data.answer.lead;
    const settle = await take(id);
    const outcome = await crm.system.push(
      {
        ...{ kind: 'create', type: 'leads', externalId: id },
        values: { status: 'NEW', source: 'Fair', contactId: null, accountId: '1', ownerId: null },
      },
      { idempotencyKey: 'k', signal: AbortSignal.timeout(20_000) },
    );
    await sync('leads');
    const link = async () =>
      (await linksOfVendorIds(store.db, { tenant, vendor, type: 'leads' }, [`v_${id}`])).get(`v_${id}`);
    const read = await link();
    expect(read?.changedAt).not.toBeNull();
    await settle(outcome);
    expect(await link()).toEqual(read);
  });

  it.skipIf(missing || engine === 'sqlite')('waits for whoever writes what the vendor has', async () => {
    const { own, take, store, lead } = await open();
    await own('usr_2');
    const settle = await take();
    const settled = await store.transaction(async (trx) => {
      await lockVendor(trx, { tenant, vendor });
      const settling = settle(accepted);
      const waiting = () =>
        store.db
          .selectFrom('pg_locks' as never)
          .selectAll()
          .where('locktype' as never, '=', 'advisory' as never)
          .where('granted' as never, '=', false as never)
          .execute();
      await expect.poll(waiting).not.toEqual([]);
      expect(await lead()).toMatchObject({ syncState: 'PENDING' });
      return { settling };
    });
    await settled.settling;
    expect(await lead()).toMatchObject({ syncState: 'ACCEPTED' });
  });

  it.skipIf(missing)('is kept as a word and so many letters, and nowhere but with the row', async () => {
    const { own, vendor: crm, deliver, pushes, entity } = await open();
    await own('usr_2');
    crm.fates.push({ kind: 'rejected', code: 'p@example.com is no owner', reason: 'x'.repeat(5_000) });
    await deliver('lea_1');
    expect(await pushes()).toMatchObject([{ state: 'REJECTED', code: 'REFUSED' }]);
    expect((await entity('Lead', 'lea_1', 'syncReason')).syncReason).toBe('x'.repeat(1_000));
  });

  it.skipIf(missing)('is waited for where it is late, or says to come later, and that is noted', async () => {
    const { own, vendor: crm, deliver, pushes, consumer, lead } = await open();
    await own('usr_2');
    const late = () => Promise.reject(new DOMException('It took too long.', 'TimeoutError'));
    for (let nth = 0; nth <= pushRetry.attempts; nth += 1) {
      crm.fates.push({ kind: 'meanwhile', act: late });
      expect((await deliver('lea_1')).done).toBe(0);
    }
    expect(await pushes()).toMatchObject([{ state: 'PENDING', failure: 'TimeoutError' }]);
    crm.fates.push({ kind: 'fails', failure: { kind: 'limited', retryAfterMs: null } });
    expect((await deliver('lea_1')).done).toBe(0);
    expect(await pushes()).toMatchObject([{ state: 'PENDING', failure: 'limited' }]);
    expect(await consumer.deadLetters.list({ tenant, after: 0, limit: 10 })).toEqual([]);
    await deliver('lea_1');
    expect(await lead()).toEqual({ owner: { id: 'usr_2' }, syncState: 'ACCEPTED' });
    expect(await pushes()).toMatchObject([{ state: 'ACCEPTED', failure: null }]);
  });

  it.skipIf(missing)('is asked for once more where both changed it, and not again', async () => {
    const { own, vendor: crm, deliver, sync, pushes } = await open();
    await own('usr_2');
    crm.fates.push({
      kind: 'meanwhile',
      act: async (make) => {
        crm.edit('leads', '1', { ownerId: null });
        await sync('leads');
        return make();
      },
    });
    await deliver('lea_1');
    expect(await pushes()).toMatchObject([{ state: 'ACCEPTED', contested: 0 }]);
  });
});
