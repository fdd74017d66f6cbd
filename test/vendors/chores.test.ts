import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { keepHouse } from '#chassis/store/housekeeping.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines } from '#test/harness/stores.ts';
import { type EmailHouse, emailHouse } from '#test/harness/vendors/email-replica.ts';

const kept = ['pushes', 'decisions', 'call_limits'] as const;

describe.each(engines)('what a store with a vendor forgets on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await house?.close();
  });

  it.skipIf(missing)('is what was settled, decided and counted long ago, and no more', async () => {
    house = await emailHouse(engine);
    const { store, chores } = house.email;
    const put = (id: string, at: string) =>
      store.transaction(async (trx) => {
        await sql`
          insert into pushes (tenant, event_id, type, id, version, kind, fields, state, made_at, attempts, settled_at,
            contested)
          values ('default', ${id}, 'suppressions', ${id}, 1, 'lift', '{}', 'ACCEPTED', ${at}, 1, ${at}, 0)`.execute(
          trx,
        );
        await sql`
          insert into decisions (tenant, type, id, field, vendor_value, vendor_at, our_value, our_at, event_id, rule,
            winner, because, decided_at)
          values ('default', 'suppressions', ${id}, 'reason', '1', ${at}, '2', ${at}, ${id}, 'newest', 'vendor', 'rule',
            ${at})`.execute(trx);
        await sql`
          insert into call_limits (tenant, vendor, account, endpoint, state, used_at)
          values ('default', 'scripted', 'a', ${id}, '{}', ${at})`.execute(trx);
      });
    await put('old', '2020-01-01T00:00:00.000Z');
    await put('new', new Date().toISOString());
    const left = async () => {
      const counts: Record<string, number> = {};
      for (const table of kept) {
        counts[table] = (await sql`select 1 as one from ${sql.table(table)}`.execute(store.db)).rows.length;
      }
      return counts;
    };
    expect(await left()).toEqual({ pushes: 2, decisions: 2, call_limits: 2 });
    const { logger: log } = collectLog();
    ends.push(keepHouse(store, { name: 'email', log, chores, everyMs: 20 }).stop);
    await expect.poll(left).toEqual({ pushes: 1, decisions: 1, call_limits: 1 });
  });
});
