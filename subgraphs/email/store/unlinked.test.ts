import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '#chassis/store/store.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import {
  createUnlinked,
  dueUnlinked,
  forgetUnlinked,
  keepUnlinked,
  putOff,
  takeOfRecipients,
  type UnlinkedTables,
  unlinkedIds,
} from './unlinked.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const north = { tenant: 'north', vendor: 'acme' };
const south = { tenant: 'south', vendor: 'acme' };
const row = (vendorId: string) => ({
  ...{ type: 'activities', vendorId, id: `act_${vendorId}`, recipientId: 'p1', said: '{}' },
});

describe.each(engines)('what waits for its contact on $engine', ({ engine, missing }) => {
  const open = async () => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const migrations = { '001_unlinked': createUnlinked };
    const store = await openStore<UnlinkedTables>({ name: 'email', location, migrations });
    ends.push(store.close);
    return store;
  };
  type Opened = Awaited<ReturnType<typeof open>>;
  const keep = (store: Opened, place: typeof north, ...ids: string[]) =>
    store.transaction((trx) => keepUnlinked(trx, place, ids.map(row)));
  const fallDue = (store: Opened) =>
    store.transaction((trx) => sql`update unlinked set due_at = '2026-01-01T00:00:00.000Z'`.execute(trx));
  const tenants = async (store: Opened) =>
    (await store.db.selectFrom('unlinked').select(['tenant', 'vendorId']).orderBy('tenant').execute()).map(
      ({ tenant, vendorId }) => `${tenant} ${vendorId}`,
    );

  it.skipIf(missing)('is of its tenant alone', async () => {
    const store = await open();
    await keep(store, south, '1', '2');
    await fallDue(store);
    expect(await dueUnlinked(store.db, north, 'activities', 10)).toEqual([]);
    expect(await unlinkedIds(store.db, 'north', 'activities', ['act_1'])).toEqual([]);
    await keep(store, north, '1');
    expect(
      await store.db.selectFrom('unlinked').select('tries').where('tenant', '=', 'north').execute(),
    ).toEqual([{ tries: 0 }]);
    await fallDue(store);
    await store.transaction((trx) => putOff(trx, north, 'activities', ['1', '2']));
    expect(await dueUnlinked(store.db, north, 'activities', 10)).toEqual([]);
    expect(await dueUnlinked(store.db, south, 'activities', 10)).toEqual(['1', '2']);
    const forget = { by: 'vendorId', values: ['1'] } as const;
    await store.transaction((trx) => forgetUnlinked(trx, north, 'activities', forget));
    expect(await tenants(store)).toEqual(['south 1', 'south 2']);
    await keep(store, north, '2');
    const taken = await store.transaction((trx) => takeOfRecipients(trx, north, ['p1']));
    expect(taken).toMatchObject([{ tenant: 'north', vendorId: '2' }]);
    expect(await tenants(store)).toEqual(['south 1', 'south 2']);
  });

  it.skipIf(missing)('waits twice as long each time, and a day at the longest', async () => {
    const store = await open();
    const waits: number[] = [];
    for (let nth = 0; nth < 14; nth += 1) {
      const before = Date.now();
      await keep(store, north, '1');
      const { dueAt } = await store.db.selectFrom('unlinked').select('dueAt').executeTakeFirstOrThrow();
      waits.push(Math.floor((Date.parse(dueAt) - before) / 60_000));
    }
    expect(waits.slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(waits.slice(-2)).toEqual([24 * 60, 24 * 60]);
  });

  it.skipIf(missing)('is looked for so many at a time, those that waited longest first', async () => {
    const store = await open();
    await keep(store, north, '1', '2', '3');
    await fallDue(store);
    await store.transaction((trx) =>
      sql`update unlinked set due_at = '2025-01-01T00:00:00.000Z' where vendor_id = '3'`.execute(trx),
    );
    expect(await dueUnlinked(store.db, north, 'activities', 2)).toEqual(['3', '1']);
  });

  it.skipIf(missing)('is what was said last', async () => {
    const store = await open();
    await keep(store, north, '1');
    await store.transaction((trx) => keepUnlinked(trx, north, [{ ...row('1'), said: '{"kind":"OPENED"}' }]));
    const taken = await store.transaction((trx) => takeOfRecipients(trx, north, ['p1']));
    expect(taken.map(({ said }) => said)).toEqual(['{"kind":"OPENED"}']);
  });
});
