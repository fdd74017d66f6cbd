import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';

/** One number, which each writer reads, and writes again with one more. */
export interface TallyTables {
  tally: { readonly total: number };
}

/** @param between waited for in the midst of the migration */
export function openTally(
  location: StoreLocation,
  between: () => Promise<unknown> = turn,
): Promise<Store<TallyTables>> {
  return openStore<TallyTables>({
    name: 'tally',
    location,
    migrations: {
      '001_tally': async ({ db }) => {
        await sql`create table tally (total integer not null)`.execute(db);
        await between();
        await sql`insert into tally (total) values (0)`.execute(db);
      },
    },
  });
}

export async function totalOf({ db }: Pick<Store<TallyTables>, 'db'>): Promise<number> {
  const { rows } = await sql<{ total: number }>`select total from tally`.execute(db);
  return Number(rows[0]?.total);
}

/** Adds one; `between` is what a transaction waits for after it has read. */
export function addOne(store: Store<TallyTables>, between: () => Promise<unknown> = turn): Promise<void> {
  return store.transaction(async (trx) => {
    const total = await totalOf({ db: trx });
    await between();
    await sql`update tally set total = ${total + 1}`.execute(trx);
  });
}
