import { afterEach, describe, expect, it } from 'vitest';
import { createOutbox } from '#events/outbox.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore } from '../../store/store.ts';
import { releaseLease, takeLease } from './leases.ts';
import { forgetPositions, movePosition, positionOf } from './positions.ts';
import { recordProblems, summarizeProblems } from './problems.ts';
import { createReplica, type ReplicaTables } from './tables.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const vendor = 'acme';
const at = '2026-03-01T00:00:00.000Z';

describe.each(engines)('what is kept beside the rows of a replica on $engine', ({ engine, missing }) => {
  const open = async () => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const store = await openStore<ReplicaTables>({
      name: 'things',
      location,
      migrations: {
        '001_replica': async (target) => {
          await createReplica(target);
          await createOutbox(target);
        },
      },
    });
    ends.push(store.close);
    return store;
  };
  const use = (owner: string, tenant = 'north') => ({ tenant, vendor, owner });

  it.skipIf(missing)('a lease is of one owner until it has run out', async () => {
    const store = await open();
    expect(await takeLease(store, use('one'), 60_000)).toBe(true);
    expect(await takeLease(store, use('other'), 60_000)).toBe(false);
    // Renewed, and at an end at once.
    expect(await takeLease(store, use('one'), 0)).toBe(true);
    expect(await takeLease(store, use('other'), 60_000)).toBe(true);
    expect(await takeLease(store, use('one'), 60_000)).toBe(false);
  });

  it.skipIf(missing)('a lease is given up by its owner, and for one tenant', async () => {
    const store = await open();
    for (const tenant of ['north', 'south']) await takeLease(store, use('one', tenant), 60_000);
    await releaseLease(store, use('other'));
    expect(await takeLease(store, use('other'), 60_000)).toBe(false);
    await releaseLease(store, use('one'));
    expect(await takeLease(store, use('other'), 60_000)).toBe(true);
    expect(await takeLease(store, use('other', 'south'), 60_000)).toBe(false);
  });

  it.skipIf(missing)('a position is of one tenant, and stays swept while it moves', async () => {
    const store = await open();
    const place = (tenant: string) => ({ tenant, vendor, type: 'things' });
    const move = (tenant: string, cursor: string, sweptAt: string | null) =>
      store.transaction((trx) => movePosition(trx, place(tenant), { cursor, sweptAt }));
    await move('south', 's1', at);
    expect(await positionOf(store.db, place('north'))).toBeNull();
    await move('north', 'n1', at);
    await move('north', 'n2', null);
    expect(await positionOf(store.db, place('north'))).toMatchObject({ cursor: 'n2', sweptAt: at });
    expect(await positionOf(store.db, place('south'))).toMatchObject({ cursor: 's1' });
    await store.transaction((trx) => forgetPositions(trx, { tenant: 'north', vendor }));
    expect(await positionOf(store.db, place('north'))).toBeNull();
    expect(await positionOf(store.db, place('south'))).toMatchObject({ cursor: 's1' });
  });

  it.skipIf(missing)('a problem is of one tenant, and goes with what it was of', async () => {
    const store = await open();
    const problem = { field: 'stage', property: 'dealstage', value: 'odd' };
    const unmapped = { kind: 'unmapped', id: '1', problems: [problem] } as const;
    const note = (tenant: string, seen: Parameters<typeof recordProblems>[2]) =>
      store.transaction((trx) => recordProblems(trx, { tenant, vendor, type: 'things' }, seen, at));
    const summary = (tenant: string) => summarizeProblems(store.db, { tenant, vendor }, 10);
    const one = [{ type: 'things', ...problem, records: 1, example: '1' }];
    for (const tenant of ['north', 'south']) await note(tenant, [unmapped]);
    expect(await summary('north')).toEqual(one);
    await note('north', [{ kind: 'gone', id: '1' }]);
    expect(await summary('north')).toEqual([]);
    expect(await summary('south')).toEqual(one);
  });
});
