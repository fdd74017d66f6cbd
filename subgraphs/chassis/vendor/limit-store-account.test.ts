import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Urgency } from './calls.ts';
import { type CallLimitTables, createCallLimits, openLimitStore } from './limit-store.ts';
import type { ClassLimits, LimitState } from './limits.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0).reverse()) await end();
});

const noon = Date.parse('2026-03-01T12:00:00Z');
const classes = ['search', 'reports', 'account'] as const;
type Class = (typeof classes)[number];

/* The day counts exactly what was taken, so that all have one; the small ones are to be met. */
const limitsArbitrary: fc.Arbitrary<ClassLimits> = fc.record({
  windows: fc.array(
    fc.record({ points: fc.integer({ min: 1, max: 30 }), perMs: fc.integer({ min: 50, max: 3_000 }) }),
    { minLength: 1, maxLength: 2 },
  ),
  perDay: fc.record({ points: fc.oneof(fc.integer({ min: 3, max: 40 }), fc.constant(1_000)) }),
});
const call = fc.record({
  endpoint: fc.constantFrom<Class>(...classes),
  urgency: fc.constantFrom<Urgency>('read', 'push', 'sync'),
  process: fc.constantFrom(0, 1),
});
/** Calls that are made at once, so long after those before. */
const steps = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 700 }),
    calls: fc.array(call, { minLength: 1, maxLength: 10 }),
  }),
  { minLength: 4, maxLength: 10 },
);

const mostIn = (moments: readonly number[], perMs: number) =>
  Math.max(0, ...moments.map((end) => moments.filter((at) => at > end - perMs && at <= end).length));

describe.each(engines)('limits of an account on $engine', ({ engine, missing }) => {
  async function twoStores(): Promise<[Store<CallLimitTables>, Store<CallLimitTables>]> {
    const place = await temporaryStore(engine);
    ends.push(place.remove);
    const open = async () => {
      const migrations = { '001_limits': createCallLimits };
      const options = { name: 'limits', location: place.location, migrations };
      const store = await openStore<CallLimitTables>(options);
      ends.push(store.close);
      return store;
    };
    return [await open(), await open()];
  }
  const main = { tenant: 'acme', vendor: 'some', account: 'main' };
  const wide: ClassLimits = { windows: [{ points: 1_000, perMs: 60_000 }] };
  const two: ClassLimits = { windows: [{ points: 2, perMs: 60_000 }] };

  it.skipIf(missing)(
    'are kept to, and those of each class, by all who share a database; what is refused counts nowhere',
    async () => {
      const stores = await twoStores();
      let round = 0;
      let refusals = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.record({ search: limitsArbitrary, reports: limitsArbitrary, account: limitsArbitrary }),
          steps,
          async (limits, given) => {
            round += 1;
            let now = noon;
            const account = `account ${round}`;
            const processes = stores.map((store) =>
              openLimitStore({ store, ...main, account, now: () => now }),
            );
            const made: Record<Class, number[]> = { search: [], reports: [], account: [] };
            for (const { after, calls } of given) {
              now += after;
              await Promise.all(
                calls.map(async ({ endpoint, urgency, process }) => {
                  const ofAccount = endpoint === 'account' ? undefined : limits.account;
                  const answer = await processes[process]!.take(
                    endpoint,
                    limits[endpoint],
                    urgency,
                    ofAccount,
                  );
                  if (answer.kind === 'wait') refusals += 1;
                  else for (const name of new Set([endpoint, 'account'] as const)) made[name].push(now);
                }),
              );
            }
            for (const name of classes) {
              const { windows, perDay } = limits[name];
              for (const { points, perMs } of windows) {
                expect(mostIn(made[name], perMs), name).toBeLessThanOrEqual(points);
              }
              expect(made[name].length).toBeLessThanOrEqual(perDay!.points);
            }
            const { db } = stores[0];
            const rows = await db
              .selectFrom('callLimits')
              .selectAll()
              .where('account', '=', account)
              .execute();
            const counts = rows.map(({ endpoint, state }) => {
              const { day } = (state === '' ? {} : JSON.parse(state)) as Partial<LimitState>;
              return [endpoint, day?.used ?? 0];
            });
            for (const [endpoint, used] of counts)
              expect(used, String(endpoint)).toBe(made[endpoint as Class].length);
          },
        ),
        { numRuns: 40 },
      );
      expect(refusals).toBeGreaterThan(100);
    },
  );

  it.skipIf(missing)('are said to be what has to be waited for', async () => {
    const [store] = await twoStores();
    const kept = openLimitStore({ store, ...main, now: () => noon });
    await kept.take('search', wide, 'read', two);
    expect(await kept.take('reports', wide, 'read', two)).toMatchObject({ kind: 'taken' });
    for (const endpoint of ['search', 'reports']) {
      const wait = { kind: 'wait', ms: 60_000, of: 'account' };
      expect(await kept.take(endpoint, wide, 'read', two)).toEqual(wait);
    }
    expect(await kept.take('account', two, 'read')).toEqual({ kind: 'wait', ms: 60_000 });
  });

  it.skipIf(missing)('stop all classes with a pause, in all processes, and no other account', async () => {
    const [one, another] = await twoStores();
    const [mine, theirs] = [one, another].map((store) => openLimitStore({ store, ...main }));
    const other = openLimitStore({ store: one, ...main, account: 'second' });
    await mine!.pause('account', wide, 600_000);
    for (const endpoint of ['search', 'reports']) {
      expect((await theirs!.take(endpoint, wide, 'read', wide)).kind).toBe('wait');
      expect((await other.take(endpoint, wide, 'read', wide)).kind).toBe('taken');
    }
  });
});

describe('on PostgreSQL', () => {
  const { missing } = engines.find(({ engine }) => engine === 'postgres')!;

  it.skipIf(missing)('windows and pauses go by its clock, whatever those of the processes say', async () => {
    const place = await temporaryStore('postgres');
    ends.push(place.remove);
    const migrations = { '001_limits': createCallLimits };
    const store = await openStore<CallLimitTables>({ name: 'limits', location: place.location, migrations });
    ends.push(store.close);
    const kept = openLimitStore({ store, tenant: 'acme', vendor: 'some', account: 'main' });
    const one: ClassLimits = { windows: [{ points: 1, perMs: 4_000 }] };
    const real = Date.now();
    const inClock = async <Answer>(offMs: number, work: () => Promise<Answer>) => {
      vi.useFakeTimers({ now: real + offMs, toFake: ['Date'] });
      return work().finally(() => vi.useRealTimers());
    };
    expect((await kept.take('search', one, 'read', one)).kind).toBe('taken');
    for (const off of [5_000, -5_000]) {
      const answer = await inClock(off, () => kept.take('search', one, 'read', one));
      expect(answer.kind === 'wait' && answer.ms <= 4_000, `${off} ms`).toBe(true);
    }
    await inClock(-5_000, () => kept.pause('account', one, 60_000));
    const paused = await inClock(5_000, () => kept.take('other', one, 'read', one));
    expect(paused.kind === 'wait' && paused.ms).toBeGreaterThan(57_000);
  });
});
