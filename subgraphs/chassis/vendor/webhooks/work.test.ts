import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { keepHouse } from '#chassis/store/housekeeping.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import {
  type MeterPlace,
  meterSecrets,
  openMeters,
  type PlaceOptions,
  signed,
  type Told,
} from '#test/harness/webhook-place.ts';
import { VendorError } from '../error.ts';
import type { Notice } from '../system.ts';
import { erasePersons } from './erase.ts';
import { findWebhook, parkedWebhooks, retryWebhooks, webhookStatus } from './inspect.ts';
import { claimNotices, defaultWebhookRetry } from './queue.ts';
import { forgetWebhooks } from './retention.ts';
import { recordsAtOnce } from './source.ts';
import type { NoticeRow, ReceiptRow } from './tables.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const told = (id: string, meter: string, second: number, more: Partial<Told> = {}): Told => ({
  id,
  meter,
  at: at(second),
  value: second,
  ...more,
});
const quick = { ...defaultWebhookRetry, attempts: 3, firstMs: 1, capMs: 5 };

describe.each(engines)('notices on $engine', ({ engine, missing }) => {
  const open = async (options: PlaceOptions = {}) => {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const place = await openMeters(temporary.location, options);
    ends.push(place.store.close);
    return { ...place, location: temporary.location };
  };
  const start = ({ webhooks }: MeterPlace, concurrency = 4) => {
    const work = webhooks.start({ retry: quick, pollMs: 20, concurrency });
    ends.push(work.close);
    return work;
  };
  const send = async (
    { webhooks }: MeterPlace,
    vendor: string,
    notices: readonly Told[],
    tenant = 'default',
  ) => {
    const body = JSON.stringify(notices);
    const headers = signed(body, { tenant });
    const delivery = { method: 'POST', url: 'https://here', headers, body: Buffer.from(body) };
    return webhooks.intake.take(vendor, tenant, delivery);
  };
  const receiptOf = async (place: MeterPlace, vendor: string, notices: readonly Told[]) => {
    const taken = await send(place, vendor, notices);
    return taken.kind === 'received' ? taken.receiptId : '';
  };
  const readingsOf = async ({ store }: MeterPlace) => {
    const { rows } = await sql<{ tenant: string; noticeId: string; times: number; turn: number }>`
      select * from readings order by turn`.execute(store.db);
    return rows;
  };
  const idsOf = async (place: MeterPlace) => (await readingsOf(place)).map(({ noticeId }) => noticeId);
  const noticesOf = async ({ store }: MeterPlace) =>
    (await sql<NoticeRow>`select * from webhook_notices order by notice_id`.execute(store.db)).rows;
  const receiptsOf = async ({ store }: MeterPlace) =>
    (await sql<ReceiptRow>`select * from webhook_receipts order by position`.execute(store.db)).rows;
  const statesOf = async (place: MeterPlace) => (await noticesOf(place)).map(({ state }) => state);

  it.skipIf(missing)('take effect once, those of a record in the order in which they occurred', async () => {
    const place = await open();
    await send(place, 'content', [told('c', 'm1', 3), told('x', 'm2', 9)]);
    await send(place, 'content', [told('a', 'm1', 1)]);
    await send(place, 'content', [told('b', 'm1', 2), told('a', 'm1', 1)]);
    await send(place, 'content', [told('c', 'm1', 3), told('x', 'm2', 9)]);
    // Of another tenant it is another notice.
    await send(place, 'content', [told('a', 'm1', 1)], 'north');
    start(place);
    await expect.poll(() => statesOf(place)).toEqual(Array(5).fill('done'));
    const rows = await readingsOf(place);
    expect(rows.every(({ times }) => times === 1)).toBe(true);
    const own = rows.filter(({ tenant }) => tenant === 'default').map(({ noticeId }) => noticeId);
    expect(own.filter((id) => id !== 'x')).toEqual(['a', 'b', 'c']);
    expect(place.webhooks.counts.get('content')).toMatchObject({ received: 5, applied: 5, duplicates: 3 });
    // What comes later is worked without waiting for the next look.
    await send(place, 'content', [told('a', 'm1', 1), told('d', 'm1', 4)]);
    await expect.poll(() => idsOf(place)).toContain('d');
    await expect.poll(() => statesOf(place)).toEqual(Array(6).fill('done'));
    expect((await readingsOf(place)).every(({ times }) => times === 1)).toBe(true);
  });

  it.skipIf(missing)(
    'are claimed as quickly where thousands wait that came since the store last counted',
    async () => {
      const { store } = await open();
      const waiting = Array.from({ length: 8_000 }, (_, nth) => ({ id: `n${nth}`, record: `m${nth}` }));
      for (let start = 0; start < waiting.length; start += 1_000) {
        const rows = waiting.slice(start, start + 1_000).map(({ id, record }) => {
          const [told, free] = [
            sql`${id}, 'r', 'readings', ${record}, ${at(0)}`,
            sql`'waiting', 0, ${at(0)}, ${at(0)}`,
          ];
          return sql`('default', 'content', ${told}, ${free})`;
        });
        await store.transaction((trx) =>
          sql`
            insert into webhook_notices (tenant, vendor, notice_id, receipt_id, type, record_id, occurred_at, state,
              attempts, arrived_at, due_at) values ${sql.join(rows)}`.execute(trx),
        );
      }
      const begun = performance.now();
      const claimed = await claimNotices(store, ['content'], 60_000);
      const took = performance.now() - begun;
      expect(claimed?.records).toHaveLength(recordsAtOnce);
      // Claims come one after another: a slow one holds up all others.
      expect(took).toBeLessThan(2_000);
    },
  );

  it.skipIf(missing)('of one record are one read, many records one call', async () => {
    const calls: (readonly Notice[])[] = [];
    const place = await open({
      read: async (notices) => {
        calls.push(notices);
      },
    });
    await send(place, 'keys', [told('1', 'm1', 1), told('2', 'm2', 1), told('4', 'm1', 4)]);
    await send(place, 'keys', [told('3', 'm1', 3)]);
    start(place);
    await expect.poll(() => statesOf(place)).toEqual(Array(4).fill('done'));
    expect(calls.map((notices) => notices.map(({ id }) => id).sort())).toEqual([['2', '4']]);
    expect(calls[0]?.[0]).toMatchObject({ type: 'meters', content: null, persons: [] });
  });

  it.skipIf(missing)('that fail are parked alone, with the reason, until an operator says so', async () => {
    let isBroken = true;
    const log = collectLog();
    const place = await open({
      log: log.logger,
      spoil: ({ recordId }) => {
        if (isBroken && recordId === 'bad') throw new RangeError('the meter is off its scale');
      },
    });
    await send(place, 'content', [told('1', 'good', 1), told('2', 'bad', 1), told('3', 'fine', 1)]);
    await send(place, 'content', [told('4', 'bad', 2)]);
    start(place);
    await expect.poll(() => statesOf(place)).toEqual(['done', 'parked', 'done', 'parked']);
    expect((await idsOf(place)).sort()).toEqual(['1', '3']);
    const parked = await parkedWebhooks(place.store, { tenant: 'default', limit: 10 });
    expect(parked).toMatchObject([
      {
        kind: 'notice',
        id: '2',
        vendor: 'content',
        attempts: 3,
        reason: 'RangeError: the meter is off its scale',
      },
      { kind: 'notice', id: '4' },
    ]);
    expect(await webhookStatus(place.store)).toEqual([{ vendor: 'content', state: 'parked', count: 2 }]);
    expect(log.text()).toContain('parked');
    isBroken = false;
    const which = { tenant: 'default', vendor: 'content' };
    expect(await place.store.transaction((trx) => retryWebhooks(trx, { ...which, ids: ['2'] }))).toBe(1);
    await expect.poll(() => statesOf(place)).toEqual(['done', 'done', 'done', 'parked']);
    expect(await place.store.transaction((trx) => retryWebhooks(trx, which))).toBe(1);
    await expect.poll(() => statesOf(place)).toEqual(Array(4).fill('done'));
    expect(await findWebhook(place.store, { ...which, id: '4' })).toMatchObject({
      state: 'done',
      reason: null,
    });
  });

  it.skipIf(missing)('wait for a vendor that is away, all of them and for long', async () => {
    let isAway = true;
    let tries = 0;
    const place = await open({
      read: async () => {
        tries += 1;
        if (isAway) throw new VendorError('keys', { kind: 'unavailable' }, 'no answer');
      },
    });
    await send(place, 'keys', [told('1', 'm1', 1), told('2', 'm2', 1)]);
    start(place);
    // More often than what is parked for a fault of its own.
    await expect.poll(() => tries).toBeGreaterThan(quick.attempts + 2);
    expect(await statesOf(place)).toEqual(['waiting', 'waiting']);
    isAway = false;
    await expect.poll(() => statesOf(place)).toEqual(['done', 'done']);
  });

  it.skipIf(missing)('of a delivery that cannot be read come once it can be', async () => {
    const place = await open();
    const body = '{"readings": []}';
    await place.webhooks.intake.take('content', 'default', {
      method: 'POST',
      url: 'https://here',
      headers: signed(body),
      body: Buffer.from(body),
    });
    start(place);
    const which = { tenant: 'default', vendor: 'content' };
    await expect
      .poll(() => parkedWebhooks(place.store, { ...which, limit: 10 }))
      .toMatchObject([
        {
          kind: 'receipt',
          state: 'unreadable',
          reason: 'The delivery is none of this vendor: Invalid input: expected array, received object.',
        },
      ]);
    const [receipt] = await receiptsOf(place);
    expect(await findWebhook(place.store, { ...which, id: receipt?.id ?? '' })).toMatchObject({
      notices: [],
    });
    expect(await place.store.transaction((trx) => retryWebhooks(trx, which))).toBe(1);
    await expect.poll(() => place.webhooks.counts.get('content')?.unreadable).toBe(2);
  });

  it.skipIf(missing)(
    'are taken over from a process that is gone, and applied once by those that are not',
    async () => {
      const stuck = Promise.withResolvers<void>();
      const entered = Promise.withResolvers<void>();
      const first = await open({
        read: async () => {
          entered.resolve();
          await stuck.promise;
        },
      });
      await send(first, 'keys', [told('1', 'm1', 1)]);
      const firstWork = start(first, 1);
      await entered.promise;
      // Nobody else has it while the lease lasts; it is as if the process stood still until that was over.
      const read: string[] = [];
      const released = Promise.withResolvers<void>();
      const second = await openMeters(first.location, {
        read: async (notices) => {
          read.push(...notices.map(({ id }) => id));
          if (notices.some(({ id }) => id === '1')) await released.promise;
        },
      });
      ends.push(second.store.close);

      start(second);
      await send(second, 'keys', [told('2', 'm2', 1)]);
      await expect.poll(() => read).toEqual(['2']);
      await first.store.transaction((trx) =>
        sql`update webhook_notices set leased_until = ${at(0)} where notice_id = '1'`.execute(trx),
      );
      await expect.poll(() => read).toEqual(['2', '1']);
      stuck.resolve();
      // It is done when the one that has it now says so.
      await firstWork.close();
      expect(first.webhooks.counts.get('keys')?.applied).toBe(0);
      expect(await statesOf(second)).toEqual(['waiting', 'done']);
      released.resolve();
      await expect.poll(() => statesOf(second)).toEqual(['done', 'done']);

      const many = Array.from({ length: 300 }, (_, n) => told(`n${n}`, `m${n % 7}`, n % 60));
      for (let n = 0; n < many.length; n += 10)
        await send(n % 20 === 0 ? first : second, 'content', many.slice(n, n + 10));
      start(first);
      await expect.poll(async () => (await idsOf(second)).length).toBe(300);
      await expect.poll(async () => (await statesOf(second)).every((state) => state === 'done')).toBe(true);
      expect((await readingsOf(second)).every(({ times }) => times === 1)).toBe(true);
    },
  );

  it.skipIf(missing)('lose what they say when a person is forgotten, as do the deliveries', async () => {
    const log = collectLog();
    const place = await open({ log: log.logger });
    const ada = { reader: 'ada@example.com' };
    const work = start(place);
    const done = await receiptOf(place, 'content', [
      told('1', 'm1', 1, ada),
      told('2', 'm2', 1, { reader: 'bo' }),
    ]);
    await expect.poll(() => statesOf(place)).toEqual(['done', 'done']);
    // Told again, with nothing new.
    const again = await receiptOf(place, 'content', [told('1', 'm1', 1, ada)]);
    const other = await receiptOf(place, 'content', [told('3', 'm3', 1, { reader: 'bo' })]);
    await expect
      .poll(async () => (await receiptsOf(place)).every(({ state }) => state === 'parsed'))
      .toBe(true);
    await expect.poll(() => statesOf(place)).toEqual(['done', 'done', 'done']);
    await work.close();
    const unread = await receiptOf(place, 'content', [told('4', 'm4', 1, { reader: 'ADA@example.com' })]);
    const persons = [ada.reader, 'id-of-ada'];
    const erased = await erasePersons(place.store, meterSecrets, {
      tenant: 'default',
      vendor: 'content',
      persons,
    });
    expect(erased).toEqual({ receipts: 3, notices: 1 });
    const rows = await receiptsOf(place);
    const left = rows.filter(({ sealed }) => sealed !== null).map(({ id }) => id);
    expect(left).toEqual([other]);
    expect(rows.filter(({ erasedAt }) => erasedAt !== null).map(({ id }) => id)).toEqual([
      done,
      again,
      unread,
    ]);
    expect(await noticesOf(place)).toMatchObject([
      { noticeId: '1', sealed: null, recordId: null, state: 'done', erasedAt: expect.any(String) },
      { noticeId: '2', recordId: 'm2', erasedAt: null },
      { noticeId: '3', recordId: 'm3', erasedAt: null },
    ]);
    // Neither does an unread one come to anything, nor does the vendor bring it back by sending it again.
    start(place);
    const third = await receiptOf(place, 'content', [told('1', 'm1', 1, ada)]);
    await expect
      .poll(async () => (await receiptsOf(place)).every(({ state }) => state === 'parsed'))
      .toBe(true);
    expect((await receiptsOf(place)).find(({ id }) => id === third)?.sealed).toBeNull();
    expect(await statesOf(place)).toEqual(['done', 'done', 'done']);
    expect(log.text()).not.toContain('example.com');
    const index = await sql<{ person: string }>`select person from webhook_persons`.execute(place.store.db);
    expect(JSON.stringify(index.rows)).not.toContain('bo"');
  });

  it.skipIf(missing)('that wait when a person is forgotten never take effect', async () => {
    let isHeld = true;
    const place = await open({
      spoil: () => {
        if (isHeld) throw new VendorError('content', { kind: 'unavailable' }, 'not yet');
      },
    });
    const work = start(place);
    await send(place, 'content', [told('1', 'm1', 1, { reader: 'ada' }), told('2', 'm2', 1)]);
    await expect.poll(() => place.webhooks.counts.get('content')?.retried).toBeGreaterThan(0);
    await erasePersons(place.store, meterSecrets, { tenant: 'default', vendor: 'content', persons: ['ada'] });
    isHeld = false;
    await expect.poll(() => statesOf(place)).toEqual(['erased', 'done']);
    await work.close();
    expect(await idsOf(place)).toEqual(['2']);
  });

  it.skipIf(missing)(
    'are forgotten with their receipts when they are old, but for those that are parked',
    async () => {
      const place = await open({
        spoil: ({ recordId }) => {
          if (recordId === 'bad') throw new Error('no');
        },
      });
      const work = start(place);
      await send(place, 'content', [told('1', 'm1', 1, { reader: 'ada' })]);
      await send(place, 'content', [told('2', 'bad', 1, { reader: 'bo' })]);
      await expect.poll(() => statesOf(place)).toEqual(['done', 'parked']);
      await work.close();
      const tidy = (keepMs: number) => {
        const house = keepHouse(place.store, {
          name: 'meters',
          log: collectLog().logger,
          chores: forgetWebhooks(keepMs),
          everyMs: 20,
        });
        ends.push(house.stop);
        return house;
      };
      const rowsLeft = async () => {
        const persons = await sql`select person from webhook_persons`.execute(place.store.db);
        return [(await receiptsOf(place)).length, (await noticesOf(place)).length, persons.rows.length];
      };
      const hour = tidy(3_600_000);
      await hour.stop();
      expect(await rowsLeft()).toEqual([2, 2, 2]);
      tidy(0);
      await expect.poll(rowsLeft).toEqual([1, 1, 1]);
      expect(await statesOf(place)).toEqual(['parked']);
    },
  );
});
