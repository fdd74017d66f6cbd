import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { createInbox, type InboxTables } from '#events/inbox.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { forgetHandled, keepHouse } from './housekeeping.ts';
import { createIdempotency, forgetKeys, type IdempotencyTables } from './idempotency.ts';
import { openStore } from './store.ts';

const day = 24 * 3_600_000;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(engines)('housekeeping on $engine', ({ engine, missing }) => {
  it.skipIf(missing)('forgets what is old enough, in more than one step, and keeps the rest', async () => {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const store = await openStore<IdempotencyTables & InboxTables>({
      name: 'tidy',
      location: temporary.location,
      migrations: {
        '001_tidy': async (target) => {
          await createIdempotency(target);
          await createInbox(target);
        },
      },
    });
    ends.push(store.close);
    const ago = (days: number) => new Date(Date.now() - days * day).toISOString();
    const put = (count: number, days: number) =>
      store.transaction(async (trx) => {
        for (let n = 0; n < count; n++) {
          const id = `${days}-${n}`;
          await sql`insert into inbox values ('default', 'a.b', ${id}, ${ago(days)})`.execute(trx);
          await sql`insert into idempotency values ('default', 'local', ${id}, '', '', ${ago(days)})`.execute(
            trx,
          );
        }
      });
    await put(1_200, 9);
    await put(3, 7);
    await put(2, 1);
    const left = async () => {
      const { rows } = await sql<{ keys: number; events: number }>`
        select (select count(*) from idempotency) as keys, (select count(*) from inbox) as events`.execute(
        store.db,
      );
      return { keys: Number(rows[0]?.keys), events: Number(rows[0]?.events) };
    };
    const options = { name: 'tidy', log: collectLog().logger, everyMs: 20 };
    const week = keepHouse(store, {
      ...options,
      chores: { keys: forgetKeys, inbox: forgetHandled(7 * day) },
    });
    ends.push(week.stop);
    // Keys are kept for eight days; the inbox for as long as the bus keeps events, and one more day.
    await expect.poll(left).toEqual({ keys: 5, events: 5 });
    await week.stop();
    const days = keepHouse(store, {
      ...options,
      chores: { keys: forgetKeys, inbox: forgetHandled(5 * day) },
    });
    ends.push(days.stop);
    await expect.poll(left).toEqual({ keys: 5, events: 2 });
  });
});
