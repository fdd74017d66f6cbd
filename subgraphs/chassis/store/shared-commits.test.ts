import { sql, type Transaction } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store } from './store.ts';

interface Tables {
  notes: { readonly text: string };
}

describe('short work on SQLite', () => {
  const ends: (() => Promise<void>)[] = [];
  let store: Store<Tables>;
  let statements: string[];
  beforeEach(async () => {
    const { location, remove } = await temporaryStore('sqlite');
    ends.push(remove);
    statements = [];
    store = await openStore<Tables>({
      name: 'notes',
      location,
      migrations: {
        '001': async ({ db, text }) => {
          await db.schema
            .createTable('notes')
            .addColumn('text', text, (column) => column.unique())
            .execute();
        },
      },
      onQuery: (statement) => statements.push(statement),
    });
    ends.push(store.close);
    statements = [];
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const note = (text: string) => (trx: Transaction<Tables>) =>
    sql`insert into notes (text) values (${text})`.execute(trx).then(() => text);
  const kept = async () => {
    const { rows } = await sql<{ text: string }>`select text from notes order by text`.execute(store.db);
    return rows.map(({ text }) => text);
  };

  it('that comes at once shares a transaction, and each has its own result', async () => {
    const texts = Array.from({ length: 20 }, (_, nth) => `note ${String(nth).padStart(2, '0')}`);
    expect(await Promise.all(texts.map((text) => store.briefly(note(text))))).toEqual(texts);
    expect(await kept()).toEqual(texts);
    expect(statements.filter((statement) => statement.startsWith('begin'))).toHaveLength(1);
  });

  it('that throws is undone alone, whatever it wrote before', async () => {
    const outcomes = await Promise.allSettled([
      store.briefly(note('first')),
      store.briefly(async (trx) => {
        await note('gone')(trx);
        throw new Error('I changed my mind.');
      }),
      store.briefly(note('first')),
      store.briefly(note('last')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { message: 'I changed my mind.' } });
    expect(await kept()).toEqual(['first', 'last']);
  });

  it('is told of a transaction that could not be committed, all of it', async () => {
    const outcomes = await Promise.allSettled([
      store.briefly(note('first')),
      // As SQLite itself does where the disk is full.
      store.briefly((trx) => sql`rollback`.execute(trx)),
      store.briefly(note('last')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await kept()).toEqual([]);
    await store.briefly(note('afterwards'));
    expect(await kept()).toEqual(['afterwards']);
  });

  it('sees what came before it, and waits for transactions that were begun', async () => {
    const slow = store.transaction(async (trx) => {
      await note('slow')(trx);
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const seen = await store.briefly(async (trx) => {
      const { rows } = await sql<{ text: string }>`select text from notes`.execute(trx);
      return rows.map(({ text }) => text);
    });
    await slow;
    expect(seen).toEqual(['slow']);
  });
});
