import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { keepHouse } from '#chassis/store/housekeeping.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { type MeterPlace, meterSecrets, openMeters, signed, type Told } from '#test/harness/webhook-place.ts';
import { discardWebhooks } from './discard.ts';
import { erasePersons } from './erase.ts';
import { findWebhook, parkedWebhooks, retryWebhooks, webhookStatus } from './inspect.ts';
import { webhookMetrics } from './metrics.ts';
import { defaultWebhookRetry } from './queue.ts';
import { forgetWebhooks } from './retention.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const told = (id: string, meter: string): Told => ({
  ...{ id, meter, value: 1, reader: 'ada@example.com' },
  at: new Date(Date.UTC(2026, 0, 1)).toISOString(),
});
const which = { tenant: 'default', vendor: 'content' };

describe.each(engines)('what was discarded, on $engine', ({ engine, missing }) => {
  const send = async ({ webhooks }: MeterPlace, body: string) => {
    const delivery = { method: 'POST', url: 'https://here', headers: signed(body), body: Buffer.from(body) };
    const taken = await webhooks.intake.take('content', 'default', delivery);
    return taken.kind === 'received' ? taken.receiptId : '';
  };
  /** With the notices `bad` and `worse` parked, `good` done, and a delivery that cannot be read. */
  const open = async () => {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    let isBroken = true;
    const place = await openMeters(temporary.location, {
      spoil: ({ recordId }) => {
        if (isBroken && recordId === 'broken') throw new RangeError('the meter is off its scale');
      },
    });
    ends.push(place.store.close);
    await send(place, JSON.stringify([told('bad', 'broken'), told('worse', 'broken'), told('good', 'fine')]));
    const unreadable = await send(place, '{"by": "ada@example.com"}');
    const retry = { ...defaultWebhookRetry, attempts: 1, firstMs: 1, capMs: 5 };
    const work = place.webhooks.start({ retry, pollMs: 20 });
    ends.push(work.close);
    const states = async () =>
      (await webhookStatus(place.store)).map(({ state, count }) => `${count} ${state}`).sort();
    await expect.poll(states).toEqual(['1 unreadable', '2 parked']);
    await expect.poll(() => stateOf(place, 'good')).toBe('done');
    isBroken = false;
    return { ...place, unreadable, work, states };
  };
  const stateOf = async ({ store }: MeterPlace, id: string) =>
    (await findWebhook(store, { ...which, id }))?.state;
  const discard = ({ store }: MeterPlace, ids: readonly string[], tenant = 'default') =>
    store.transaction((trx) => discardWebhooks(trx, { ...which, tenant, ids }));
  const readingsOf = async ({ store }: MeterPlace) => {
    const { rows } = await sql<{ noticeId: string }>`select notice_id from readings`.execute(store.db);
    return rows.map(({ noticeId }) => noticeId).sort();
  };

  it.skipIf(missing)('never takes effect, however it is asked for or sent again', async () => {
    const place = await open();
    const { store, unreadable } = place;
    expect(await discard(place, ['bad', unreadable, 'good', 'unknown'])).toBe(2);
    expect(await discard(place, ['bad', unreadable])).toBe(0);
    expect(await discard(place, ['worse'], 'north')).toBe(0);
    expect(await discard(place, [])).toBe(0);
    expect(await stateOf(place, 'good')).toBe('done');
    const retry = (ids: readonly string[]) =>
      store.transaction((trx) => retryWebhooks(trx, { ...which, ids }));
    expect(await retry(['bad', unreadable])).toBe(0);
    expect(await store.transaction((trx) => retryWebhooks(trx, which))).toBe(1);
    await send(place, JSON.stringify([told('bad', 'broken'), told('last', 'broken')]));
    await expect.poll(() => stateOf(place, 'last')).toBe('done');
    await expect.poll(() => stateOf(place, 'worse')).toBe('done');
    expect(await readingsOf(place)).toEqual(['good', 'last', 'worse']);
    expect(await stateOf(place, 'bad')).toBe('discarded');
    expect(await stateOf(place, unreadable)).toBe('discarded');
  });

  it.skipIf(missing)('is told as such, and counted by itself', async () => {
    const place = await open();
    const { store, unreadable, states, webhooks } = place;
    await discard(place, ['bad', unreadable]);
    const list = (shown: 'parked' | 'discarded') =>
      parkedWebhooks(store, { tenant: 'default', limit: 10, which: shown });
    expect(await list('discarded')).toMatchObject([
      { kind: 'receipt', id: unreadable, state: 'discarded', reason: expect.stringContaining('none of') },
      {
        ...{ kind: 'notice', id: 'bad', state: 'discarded', endedAt: expect.any(String) },
        reason: 'RangeError: the meter is off its scale',
      },
    ]);
    expect(await list('parked')).toMatchObject([{ id: 'worse', state: 'parked' }]);
    expect(await states()).toEqual(['1 parked']);
    const registry = new Registry();
    webhookMetrics(registry, [{ webhooks, store }]);
    const metrics = await registry.metrics();
    expect(metrics).toContain('tributary_webhook_discarded{vendor="content",kind="delivery"} 1');
    expect(metrics).toContain('tributary_webhook_discarded{vendor="content",kind="notice"} 1');
    expect(metrics).toContain('tributary_webhook_open{vendor="content",state="parked"} 1');
    expect(metrics).not.toContain('tributary_webhook_open{vendor="content",state="discarded"}');
  });

  it.skipIf(missing)('is kept as long as what is done', async () => {
    const place = await open();
    const { store, unreadable, work } = place;
    await discard(place, ['bad', 'worse', unreadable]);
    await work.close();
    const rows = async () => {
      const { rows: left } = await sql<{ id: string }>`
        select id from webhook_receipts union all select notice_id from webhook_notices`.execute(store.db);
      return left.length;
    };
    const tidy = (keepMs: number) => {
      const house = keepHouse(store, {
        ...{ name: 'meters', log: collectLog().logger, everyMs: 20 },
        chores: forgetWebhooks(keepMs),
      });
      ends.push(house.stop);
      return house;
    };
    await tidy(3_600_000).stop();
    expect(await rows()).toBe(5);
    tidy(0);
    await expect.poll(rows).toBe(0);
  });

  it.skipIf(missing)('loses what it says of a person who is forgotten, and stays discarded', async () => {
    const place = await open();
    const { store, unreadable } = place;
    await discard(place, ['bad', unreadable]);
    const persons = ['ada@example.com'];
    expect(await erasePersons(store, meterSecrets, { ...which, persons })).toEqual({
      receipts: 2,
      notices: 3,
    });
    expect(await stateOf(place, 'bad')).toBe('discarded');
    expect(await stateOf(place, 'worse')).toBe('erased');
    const { rows } = await sql<{ sealed: null }>`
      select sealed from webhook_receipts union all select sealed from webhook_notices`.execute(store.db);
    expect(rows.filter(({ sealed }) => sealed !== null)).toEqual([]);
  });
});
