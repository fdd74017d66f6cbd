import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { append, createOutbox, type OutboxTables } from '#events/outbox.ts';
import { testEvents } from '#test/harness/buses.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store } from './store.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(engines)('commits on $engine', ({ engine, missing }) => {
  async function place() {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    return async (): Promise<Store<OutboxTables>> => {
      const migrations = { '001_outbox': createOutbox };
      const store = await openStore<OutboxTables>({ name: 'told', location: temporary.location, migrations });
      ends.push(store.close);
      return store;
    };
  }

  it.skipIf(missing)('are told where they appended events, and only then', async () => {
    const store = await (await place())();
    let told = 0;
    const end = store.onAppend(() => {
      told += 1;
    });
    await expect.poll(() => told).toBe(engine === 'postgres' ? 1 : 0);
    told = 0;
    await store.transaction((trx) => append(trx, testEvents(2)));
    expect(told).toBe(1);
    await store.transaction((trx) => append(trx, []));
    await expect(
      store.transaction(async (trx) => {
        await append(trx, testEvents(1));
        throw new Error('Never mind.');
      }),
    ).rejects.toThrow('Never mind.');
    expect(told).toBe(1);
    end();
    await store.transaction((trx) => append(trx, testEvents(1)));
    expect(told).toBe(1);
  });

  it.skipIf(missing || engine === 'sqlite')(
    'are told to other processes, and again after a lost connection',
    async () => {
      const open = await place();
      const [store, elsewhere] = [await open(), await open()];
      let told = 0;
      store.onAppend(() => {
        told += 1;
      });
      const listening = async () => {
        const { rows } = await sql<{ pid: number }>`
        select pid from pg_stat_activity
        where datname = current_database() and query like 'listen %'`.execute(elsewhere.db);
        return rows.map(({ pid }) => pid);
      };
      await expect.poll(() => told).toBe(1);
      await elsewhere.transaction((trx) => append(trx, testEvents(1)));
      await expect.poll(() => told).toBe(2);
      const [pid] = await listening();
      await sql`select pg_terminate_backend(${pid})`.execute(elsewhere.db);
      // It says so once it listens again, since something may have been missed.
      await expect.poll(() => told, { timeout: 10_000 }).toBe(3);
      await elsewhere.transaction((trx) => append(trx, testEvents(1)));
      await expect.poll(() => told).toBe(4);
    },
  );
});

describe('an event that no bus takes', () => {
  it('is not committed', async () => {
    const temporary = await temporaryStore('sqlite');
    ends.push(temporary.remove);
    const migrations = { '001_outbox': createOutbox };
    const store = await openStore<OutboxTables>({ name: 'told', location: temporary.location, migrations });
    ends.push(store.close);
    const [event] = testEvents(1);
    const large = { ...event!, data: { text: 'x'.repeat(300_000) } };
    await expect(store.transaction((trx) => append(trx, [large]))).rejects.toThrow('more than 262144');
  });
});
