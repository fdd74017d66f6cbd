import { type RawBuilder, sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { type MeterPlace, meterSecrets, openMeters, signed, type Told } from '#test/harness/webhook-place.ts';
import type { Notice } from '../system.ts';
import { erasePersons } from './erase.ts';
import { defaultWebhookRetry } from './queue.ts';
import type { NoticeRow } from './tables.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const hourMs = 3_600_000;
const inAnHour = () => new Date(Date.now() + hourMs).toISOString();
const anHourAgo = () => new Date(Date.now() - hourMs).toISOString();
const told = (id: string, meter: string, reader = 'bo'): Told => ({
  ...{ id, meter, reader, value: 1 },
  at: new Date(Date.UTC(2026, 0, 1)).toISOString(),
});

describe.each(engines)(
  'notices that change hands while they are applied, on $engine',
  ({ engine, missing }) => {
    /** One batch at a time, and `meanwhile` once: after the notices were taken, before their effect is written. */
    const open = async (meanwhile: (place: MeterPlace) => Promise<unknown>) => {
      const temporary = await temporaryStore(engine);
      ends.push(temporary.remove);
      const seen: string[][] = [];
      const place: MeterPlace = await openMeters(temporary.location, {
        before: async (notices: readonly Notice[]) => {
          seen.push(notices.map(({ id }) => id));
          if (seen.length === 1) await meanwhile(place);
        },
      });
      ends.push(place.store.close);
      return { ...place, seen };
    };
    const send = async ({ webhooks }: MeterPlace, notices: readonly Told[]) => {
      const body = JSON.stringify(notices);
      const delivery = {
        method: 'POST',
        url: 'https://here',
        headers: signed(body),
        body: Buffer.from(body),
      };
      await webhooks.intake.take('content', 'default', delivery);
    };
    const start = ({ webhooks }: MeterPlace) => {
      const retry = { ...defaultWebhookRetry, firstMs: 1, capMs: 5 };
      ends.push(webhooks.start({ retry, pollMs: 20, concurrency: 1 }).close);
    };
    const update = ({ store }: MeterPlace, id: string, set: RawBuilder<unknown>) =>
      store.transaction((trx) => sql`update webhook_notices set ${set} where notice_id = ${id}`.execute(trx));
    const taken = sql`leased_by = 'another', leased_until = ${inAnHour()}`;
    const timesOf = async ({ store }: MeterPlace) => {
      const { rows } = await sql<{ noticeId: string; times: number }>`
      select notice_id, times from readings order by notice_id`.execute(store.db);
      return Object.fromEntries(rows.map(({ noticeId, times }) => [noticeId, times]));
    };
    const rowOf = async ({ store }: MeterPlace, id: string) =>
      (await sql<NoticeRow>`select * from webhook_notices where notice_id = ${id}`.execute(store.db)).rows[0];
    const failed = ({ webhooks }: MeterPlace) =>
      expect.poll(() => webhooks.counts.get('content')?.retried).toBe(1);

    it.skipIf(missing)('are left to whoever took them, with nothing written, and come once', async () => {
      const place = await open((of) => update(of, '1', taken));
      await send(place, [told('1', 'm1')]);
      start(place);
      await failed(place);
      expect(await timesOf(place)).toEqual({});
      expect(await rowOf(place, '1')).toMatchObject({ state: 'waiting', leasedBy: 'another', attempts: 0 });
      await update(place, '1', sql`leased_until = ${anHourAgo()}`);
      await expect.poll(() => rowOf(place, '1')).toMatchObject({ state: 'done', leasedBy: null });
      expect(await timesOf(place)).toEqual({ 1: 1 });
    });

    it.skipIf(missing)('keep what was taken with them from being written without them', async () => {
      const place = await open((of) => update(of, '1', taken));
      await send(place, [told('1', 'm1'), told('2', 'm2')]);
      start(place);
      await expect.poll(() => rowOf(place, '2')).toMatchObject({ state: 'done' });
      expect(place.seen).toEqual([['1', '2'], ['2']]);
      expect(await timesOf(place)).toEqual({ 2: 1 });
      await update(place, '1', sql`leased_until = ${anHourAgo()}`);
      await expect.poll(() => rowOf(place, '1')).toMatchObject({ state: 'done' });
      expect(await timesOf(place)).toEqual({ 1: 1, 2: 1 });
    });

    it.skipIf(missing)('are not done where they wait no more, whoever has the lease', async () => {
      const place = await open((of) => update(of, '1', sql`state = 'parked'`));
      await send(place, [told('1', 'm1'), told('2', 'm2')]);
      start(place);
      await expect.poll(() => rowOf(place, '2')).toMatchObject({ state: 'done' });
      expect(await timesOf(place)).toEqual({ 2: 1 });
      expect(await rowOf(place, '1')).toMatchObject({ state: 'parked', endedAt: null });
      await update(place, '1', sql`state = 'waiting', leased_by = null, leased_until = null`);
      await expect.poll(() => rowOf(place, '1')).toMatchObject({ state: 'done' });
      expect(await timesOf(place)).toEqual({ 1: 1, 2: 1 });
    });

    it.skipIf(missing)('never come where a person is forgotten meanwhile', async () => {
      const who = { tenant: 'default', vendor: 'content', persons: ['ada'] };
      const place = await open(({ store }) => erasePersons(store, meterSecrets, who));
      await send(place, [told('1', 'm1', 'ada'), told('2', 'm2')]);
      start(place);
      await expect.poll(() => rowOf(place, '2')).toMatchObject({ state: 'done' });
      expect(place.seen).toEqual([['1', '2'], ['2']]);
      expect(await timesOf(place)).toEqual({ 2: 1 });
      expect(await rowOf(place, '1')).toMatchObject({ state: 'erased', sealed: null });
    });
  },
);
