import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { openLedger, post } from '#test/harness/ledger.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { eventMetrics } from './event-metrics.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(engines)('numbers of an outbox on $engine', ({ engine, missing }) => {
  it.skipIf(missing)('are of the moment in which somebody looks, the first time too', async () => {
    const { location, remove } = await temporaryStore(engine);
    ends.push(remove);
    const store = await openLedger(location, ['acc_1']);
    ends.push(store.close);
    for (const amount of [1, 2]) await post(store, { account: 'acc_1', amount });
    const minuteAgo = new Date(Date.now() - 60_000).toISOString();
    await store.transaction((trx) =>
      sql`update outbox set appended_at = ${minuteAgo} where envelope like '%"amount":1%'`.execute(trx),
    );
    const { read } = eventMetrics(
      { lag: async () => new Map() },
      { outboxes: new Map([['ledger', store]]), inboxes: new Map() },
    );
    const numbers = async () => {
      const text = await read();
      const value = (name: string) =>
        Number(text.match(new RegExp(`^tributary_events_${name}\\{store="ledger"\\} (.+)$`, 'm'))?.[1]);
      return { depth: value('outbox_depth'), isOld: value('outbox_oldest_age_seconds') >= 60 };
    };
    expect(await numbers()).toEqual({ depth: 2, isOld: true });
    await store.transaction((trx) => sql`delete from outbox where appended_at = ${minuteAgo}`.execute(trx));
    expect(await numbers()).toEqual({ depth: 1, isOld: false });
  });
});
