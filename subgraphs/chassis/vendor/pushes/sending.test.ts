import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutbox } from '#events/outbox.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore } from '../../store/store.ts';
import { listDecisions } from './decisions.ts';
import { pushesOf, pushesOfEvents, updatePush } from './record.ts';
import { type Batch, noteFailure, settleBatch, takeBatch } from './sending.ts';
import { createPushes, type Push, type PushTables } from './tables.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const at = '2026-03-01T00:00:00.000Z';
const accepted = { kind: 'accepted', record: null } as const;

describe.each(engines)('changes of a record that wait, on $engine', ({ engine, missing }) => {
  const open = async (count: number, tenants: readonly string[] = ['north']) => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const store = await openStore<PushTables>({
      name: 'things',
      location,
      migrations: {
        '001_pushes': async (target) => {
          await createPushes(target);
          await createOutbox(target);
        },
      },
    });
    ends.push(store.close);
    await store.transaction(async (trx) => {
      for (const tenant of tenants) {
        for (let nth = 1; nth <= count; nth += 1) {
          const fields = JSON.stringify({ status: { from: `${nth - 1}`, to: `${nth}` } });
          await sql`
            insert into pushes (tenant, event_id, type, id, version, kind, fields, state, made_at, attempts, contested)
            values (${tenant}, ${`e${nth}`}, 'things', 'thg_1', ${nth}, 'update', ${fields}, 'PENDING', ${at}, 0, 0)`.execute(
            trx,
          );
        }
      }
    });
    const push = async (nth: number, tenant = 'north') =>
      (await pushesOfEvents(store.db, tenant, [`e${nth}`]))[0] as Push;
    return { store, push, take: async (nth: number) => takeBatch(store, await push(nth), true) };
  };

  it.skipIf(missing)('are sent though more stand before than are sent at once', async () => {
    const { take } = await open(103);
    // Its own event alone is left: those of the others were parked.
    expect((await take(103))?.pushes).toHaveLength(100);
  });

  it.skipIf(missing)('are none of a change that is settled, whatever waits beside it', async () => {
    const { store, push, take } = await open(2);
    const first = await push(1);
    await store.transaction((trx) => updatePush(trx, first, { state: 'REJECTED', settledAt: at }));
    expect(await take(1)).toBeNull();
    expect((await take(2))?.fields).toEqual({ status: { from: '1', to: '2' } });
  });

  it.skipIf(missing)(
    'keep their key and the time of the first attempt, safe from a loss of power',
    async () => {
      const { store, push, take } = await open(1);
      const seen: (string | null)[] = [];
      const durable = async () => void seen.push((await push(1)).sentAs);
      await takeBatch({ ...store, durable }, await push(1), true);
      expect(seen).toEqual(['e1']);
      const { sentAt } = await push(1);
      expect((await take(1))?.idempotencyKey).toBe('e1');
      expect(await push(1)).toMatchObject({ sentAt, attempts: 2 });
    },
  );

  it.skipIf(missing)('say why they wait, until they are settled, and are settled once', async () => {
    const { store, push, take } = await open(1);
    const batch = (await take(1)) as Batch;
    await noteFailure(store, batch, 'unavailable');
    expect(await push(1)).toMatchObject({ failure: 'unavailable' });
    const settle = () => store.transaction((trx) => settleBatch(trx, batch, accepted));
    expect((await settle()).settled).toHaveLength(1);
    const settled = await push(1);
    expect(settled).toMatchObject({ state: 'ACCEPTED', failure: null });
    // Another process had sent the same.
    await noteFailure(store, batch, 'unavailable');
    expect((await settle()).settled).toEqual([]);
    expect(await push(1)).toEqual(settled);
  });

  it.skipIf(missing)('are of their tenant alone', async () => {
    const { store, push, take } = await open(2, ['north', 'south']);
    const theirs = () => pushesOfEvents(store.db, 'south', ['e1', 'e2']);
    const before = await theirs();
    expect(before).toHaveLength(2);
    expect(await pushesOf(store.db, { tenant: 'north', type: 'things' }, ['thg_1'], null)).toHaveLength(2);
    expect(await pushesOfEvents(store.db, 'north', ['e1', 'e2'])).toHaveLength(2);
    await store.transaction(async (trx) => updatePush(trx, await push(1), { contested: 1 }));
    const batch = (await take(1)) as Batch;
    expect(batch.pushes.map(({ tenant }) => tenant)).toEqual(['north', 'north']);
    await noteFailure(store, batch, 'unavailable');
    await store.transaction((trx) => settleBatch(trx, batch, accepted));
    expect(await theirs()).toEqual(before);
    const decision = { type: 'things', id: 'thg_1', field: 'status', vendorValue: '1', vendorAt: at };
    const ours = { ourValue: '2', ourAt: at, eventId: 'e1', rule: 'newest', winner: 'vendor' } as const;
    await store.transaction((trx) =>
      trx
        .insertInto('decisions')
        .values({ tenant: 'south', ...decision, ...ours, because: 'rule', decidedAt: at })
        .execute(),
    );
    expect(await listDecisions(store.db, { tenant: 'north', limit: 10 })).toEqual([]);
  });
});
