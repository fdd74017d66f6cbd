import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { assertVersion, changeRow, lockRow, lockRows } from './change.ts';
import { entityTable } from './columns.ts';
import { openStore, type Store } from './store.ts';
import { type RowMeta, upsertAndCompare, upsertRows } from './upsert.ts';

interface Thing extends RowMeta {
  readonly id: string;
  readonly colour: string | null;
}

interface Tables {
  things: Thing;
}

const seen = '2026-03-01T00:00:00.000Z';
const address = { table: 'things', tenant: 'acme', id: 'thing_1', typename: 'Thing' } as const;

describe.each(engines)('changing rows on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let store: Store<Tables>;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    store = await openStore<Tables>({
      name: 'shop',
      location: place.location,
      migrations: {
        '001': (target) => entityTable(target, 'things').addColumn('colour', target.text).execute(),
      },
    });
  });

  afterAll(async () => {
    await store?.close();
    await place?.remove();
  });

  beforeEach(async () => {
    if (missing) return;
    await store.transaction(async (trx) => {
      await sql`delete from things`.execute(trx);
      const row = { id: 'thing_1', colour: 'red' };
      await upsertRows(trx, [row], { table: 'things', tenant: 'acme', observedAt: seen });
      await upsertRows(trx, [row], { table: 'things', tenant: 'other', observedAt: seen });
    });
  });

  const stored = () => store.db.selectFrom('things').selectAll().orderBy('tenant').execute();

  it.skipIf(missing)('changes one row of one tenant: the next version, seen now', async () => {
    const begun = new Date().toISOString();
    const after = await store.transaction(async (trx) =>
      changeRow(trx, address, await lockRow(trx, store.engine, address), { colour: null }),
    );
    const [mine, theirs] = await stored();
    expect(after).toEqual(mine);
    expect(mine).toMatchObject({ version: 2, colour: null, createdAt: seen });
    expect(mine && mine.updatedAt >= begun && mine.observedAt === mine.updatedAt).toBe(true);
    expect(theirs).toMatchObject({ tenant: 'other', version: 1, colour: 'red', updatedAt: seen });
  });

  it.skipIf(missing).each(['thing_2', ''])('knows no row "%s"', async (id) => {
    const locked = store.transaction((trx) => lockRow(trx, store.engine, { ...address, id }));
    await expect(locked).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND', typename: 'Thing', id } });
  });

  it.skipIf(missing)('has changes of one row follow each other, with no version used twice', async () => {
    const versions = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        store.transaction(async (trx) => {
          const row: Thing = await lockRow(trx, store.engine, address);
          return (await changeRow(trx, address, row, { colour: `colour ${n}` })).version;
        }),
      ),
    );
    expect(versions.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.skipIf(missing)('has writers of many rows and changes of one wait for each other', async () => {
    const options = { table: 'things', tenant: 'acme', observedAt: seen };
    await Promise.all([
      ...Array.from({ length: 4 }, (_, n) =>
        store.transaction((trx) =>
          upsertRows(
            trx,
            [1, 2, 3].map((id) => ({ id: `thing_${id}`, colour: `bulk ${n}` })),
            options,
          ),
        ),
      ),
      ...Array.from({ length: 4 }, (_, n) =>
        store.transaction(async (trx) => {
          const row: Thing = await lockRow(trx, store.engine, address);
          await changeRow(trx, address, row, { colour: `one ${n}` });
        }),
      ),
    ]);
    const versions = Object.fromEntries(
      (await stored()).filter(({ tenant }) => tenant === 'acme').map(({ id, version }) => [id, version]),
    );
    expect(versions).toEqual({ thing_1: 9, thing_2: 4, thing_3: 4 });
  });

  it.skipIf(missing)('tells of each row what it was, even of one that a batch names twice', async () => {
    const upserted = await store.transaction((trx) =>
      upsertAndCompare(
        trx,
        [
          { id: 'thing_1', colour: 'red' },
          { id: 'thing_1', colour: 'blue' },
          { id: 'thing_2', colour: null },
        ],
        { table: 'things', tenant: 'acme', observedAt: '2026-03-02T00:00:00.000Z' },
      ),
    );
    expect(upserted).toMatchObject([
      { outcome: 'unchanged', before: { colour: 'red', version: 1 }, after: { colour: 'red', version: 1 } },
      { outcome: 'updated', before: { colour: 'red', version: 1 }, after: { colour: 'blue', version: 2 } },
      { outcome: 'inserted', before: null, after: { colour: null, version: 1 } },
    ]);
    const mine = (await stored()).filter(({ tenant }) => tenant === 'acme');
    expect(mine).toEqual(upserted.slice(1).map(({ after }) => after));
  });

  it.skipIf(missing)('locks those of many rows that are there', async () => {
    const ids = ['thing_1', 'thing_9'];
    const rows = await store.transaction((trx) =>
      lockRows<Tables, Thing>(trx, { table: 'things', tenant: 'acme', ids }),
    );
    expect(rows.map(({ tenant, id }) => [tenant, id])).toEqual([['acme', 'thing_1']]);
  });

  it.skipIf(missing || engine === 'sqlite')(
    'keeps a row from others until the transaction ends',
    async () => {
      const other = store.db as Kysely<Tables>;
      await store.transaction(async (trx) => {
        await lockRow(trx, store.engine, address);
        const free = await sql`select id from things where tenant = 'acme' for update skip locked`.execute(
          other,
        );
        expect(free.rows).toEqual([]);
      });
    },
  );
});

describe('assertVersion', () => {
  it.each([undefined, null, 3])('lets %s pass at version 3', (ifVersion) => {
    assertVersion(address, { version: 3 }, ifVersion, {});
  });

  it.each([2, 4, 0, -1])('refuses %s at version 3, with the present state', (ifVersion) => {
    expect(() => assertVersion(address, { version: 3 }, ifVersion, { colour: 'red' })).toThrow(
      expect.objectContaining({
        message: `Thing "thing_1" is in version 3, not ${ifVersion}: look at its present state and decide again.`,
        extensions: {
          code: 'VERSION_CONFLICT',
          typename: 'Thing',
          id: 'thing_1',
          version: 3,
          ifVersion,
          present: { colour: 'red' },
        },
      }),
    );
  });
});
