import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '#chassis/store/store.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import {
  createLinks,
  type Link,
  type LinkTables,
  linksOfIds,
  linksOfVendorIds,
  lockVendor,
  writeLinks,
} from './links.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const place = { tenant: 'default', vendor: 'acme', type: 'things' };
const at = '2026-03-01T00:00:00.000Z';
const link = (vendorId: string, id: string, extra: Partial<Link> = {}): Link => ({
  ...place,
  vendorId,
  id,
  changedAt: at,
  observedAt: at,
  goneAt: null,
  ...extra,
});

describe.each(engines)('links on $engine', ({ engine, missing }) => {
  const open = async () => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const store = await openStore<LinkTables>({
      name: 'things',
      location,
      migrations: { '001_links': createLinks },
    });
    ends.push(store.close);
    return store;
  };

  it.skipIf(missing)(
    'are found both ways, many at once, of their tenant, vendor and type alone',
    async () => {
      const store = await open();
      const many = Array.from({ length: 5_000 }, (_, n) => link(`${n}`, `thg_${n}`));
      const others = [
        link('1', 'x', { tenant: 'other' }),
        link('1', 'y', { vendor: 'b' }),
        link('1', 'z', { type: 'c' }),
      ];
      await store.transaction((trx) => writeLinks(trx, [...many, ...others]));
      const wanted = Array.from({ length: 4_000 }, (_, n) => `${n + 2_000}`);
      const found = await linksOfVendorIds(store.db, place, wanted);
      expect(found.size).toBe(3_000);
      expect((await linksOfVendorIds(store.db, place, ['1'])).get('1')).toEqual(link('1', 'thg_1'));
      expect((await linksOfIds(store.db, place, ['thg_7', 'x', 'nobody'])).get('thg_7')?.vendorId).toBe('7');
      expect(await linksOfIds(store.db, place, [])).toEqual(new Map());
    },
  );

  it.skipIf(missing)('the one that is there goes before one that is gone', async () => {
    const store = await open();
    const gone = link('9', 'thg_1', { goneAt: at });
    for (const order of [
      ['1', '9'],
      ['9', '1'],
    ]) {
      await store.transaction((trx) =>
        writeLinks(
          trx,
          order.map((vendorId) => (vendorId === '9' ? gone : link(vendorId, 'thg_1'))),
        ),
      );
      expect((await linksOfIds(store.db, place, ['thg_1'])).get('thg_1')?.vendorId).toBe('1');
    }
  });

  it.skipIf(missing)('of one vendor are written by one transaction at a time', async () => {
    const store = await open();
    await store.transaction((trx) => writeLinks(trx, [link('1', '0')]));
    const add = () =>
      store.transaction(async (trx) => {
        await lockVendor(trx, place);
        const known = (await linksOfVendorIds(trx, place, ['1'])).get('1') as Link;
        await writeLinks(trx, [{ ...known, id: String(Number(known.id) + 1) }]);
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect((await linksOfVendorIds(store.db, place, ['1'])).get('1')?.id).toBe('8');
  });
});
