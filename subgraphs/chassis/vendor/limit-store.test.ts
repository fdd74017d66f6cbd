import { afterEach, describe, expect, it } from 'vitest';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store } from '../store/store.ts';
import { type CallLimitTables, createCallLimits, forgetCallLimits, openLimitStore } from './limit-store.ts';
import type { ClassLimits } from './limits.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const hour: ClassLimits = { windows: [{ points: 40, perMs: 3_600_000 }] };

describe.each(engines)('limits on $engine', ({ engine, missing }) => {
  async function twoStores(): Promise<[Store<CallLimitTables>, Store<CallLimitTables>]> {
    const place = await temporaryStore(engine);
    ends.push(place.remove);
    const open = async () => {
      const migrations = { '001_limits': createCallLimits };
      const store = await openStore<CallLimitTables>({
        name: 'limits',
        location: place.location,
        migrations,
      });
      ends.push(store.close);
      return store;
    };
    return [await open(), await open()];
  }
  const account = { tenant: 'acme', vendor: 'some', account: 'main' };

  it.skipIf(missing)('are one for all who share a database', async () => {
    const kept = (await twoStores()).map((store) => openLimitStore({ store, ...account }));
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, n) => kept[n % 2]!.take('default', hour, 'read')),
    );
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(40);
  });

  it.skipIf(missing)('are of one account, tenant and class each', async () => {
    const [store] = await twoStores();
    const one: ClassLimits = { windows: [{ points: 1, perMs: 3_600_000 }] };
    const taken = async (more: Partial<typeof account>, endpoint: string) =>
      (await openLimitStore({ store, ...account, ...more }).take(endpoint, one, 'read')).kind;
    expect(await taken({}, 'default')).toBe('taken');
    expect(await taken({}, 'default')).toBe('wait');
    expect(await taken({}, 'search')).toBe('taken');
    expect(await taken({ account: 'second' }, 'default')).toBe('taken');
    expect(await taken({ tenant: 'other' }, 'default')).toBe('taken');
    expect(await taken({ vendor: 'another' }, 'default')).toBe('taken');
  });

  it.skipIf(missing)('tell others of a pause and of what the vendor says is left', async () => {
    const [mine, theirs] = (await twoStores()).map((store) => openLimitStore({ store, ...account }));
    await mine!.pause('default', hour, 600_000);
    const paused = await theirs!.take('default', hour, 'read');
    expect(paused.kind === 'wait' && paused.ms).toBeGreaterThan(500_000);
    expect((await theirs!.take('search', hour, 'read')).kind).toBe('taken');
    await mine!.narrow('search', hour, { remaining: 0, resetMs: 600_000 });
    expect((await theirs!.take('search', hour, 'read')).kind).toBe('wait');
  });

  it.skipIf(missing)('count by the clock that is given', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z');
    const [store] = await twoStores();
    const kept = openLimitStore({ store, ...account, now: () => now });
    const one: ClassLimits = { windows: [{ points: 1, perMs: 1_000 }], perDay: { points: 2 } };
    await kept.take('default', one, 'read');
    expect(await kept.take('default', one, 'read')).toEqual({ kind: 'wait', ms: 1_000 });
    now += 1_000;
    expect((await kept.take('default', one, 'read')).kind).toBe('taken');
    now += 1_000;
    expect(await kept.take('default', one, 'read')).toEqual({ kind: 'wait', ms: 12 * 3_600_000 - 2_000 });
    now = Date.parse('2026-03-02T00:00:00Z');
    expect((await kept.take('default', one, 'read')).kind).toBe('taken');
  });

  it.skipIf(missing)('are forgotten when nobody has called for days', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z');
    const [store] = await twoStores();
    const kept = openLimitStore({ store, ...account, now: () => now });
    await kept.take('default', hour, 'read');
    now += 24 * 3_600_000;
    await kept.take('search', hour, 'read');
    now += 2.5 * 24 * 3_600_000;
    const forget = () => store.transaction((trx) => forgetCallLimits(trx, new Date(now), 10));
    expect([await forget(), await forget()]).toEqual([1, 0]);
    const rows = await store.db.selectFrom('callLimits').select('endpoint').execute();
    expect(rows).toEqual([{ endpoint: 'search' }]);
  });
});
