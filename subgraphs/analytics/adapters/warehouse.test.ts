import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import type { AttributionModel, TouchChannel } from '../__generated__/resolvers.ts';
import { attribute } from '../measures/attribution.ts';
import { openWarehouse } from './open.ts';
import type { ConversionRow, TouchRow, VisitCountRow, VisitRow, Warehouse } from './warehouse.ts';

const seen = '2026-03-02T00:00:00.000Z';
const later = '2026-03-03T00:00:00.000Z';
const mark = '2026-03-01T12:00:00.000Z';

function touch(n: number, at: string, extra: Partial<TouchRow> = {}): TouchRow {
  return {
    id: `tch_${n}`,
    accountId: 'acc_1',
    leadId: null,
    channel: 'EMAIL',
    campaignId: null,
    kind: 'CLICK',
    at,
    ...extra,
  };
}

function visit(n: number, at: string, extra: Partial<VisitRow> = {}): VisitRow {
  return {
    id: `vis_${n}`,
    accountId: 'acc_1',
    leadId: null,
    visitorId: 'u_1',
    at,
    pageViews: 3,
    seconds: 60,
    ...extra,
  };
}

function visitCount(n: number, at: string, extra: Partial<VisitCountRow> = {}): VisitCountRow {
  return { id: `vct_${n}`, leadId: 'lea_1', visits: 4, pageViews: 9, seconds: 300, at, ...extra };
}

function conversion(n: number, at: string, accountId = 'acc_1'): ConversionRow {
  return { id: `cnv_${n}`, accountId, kind: 'OPPORTUNITY_OPENED', at };
}

describe.each(warehouses)('a warehouse on $engine', ({ engine, missing }) => {
  let place: Awaited<ReturnType<typeof temporaryWarehouse>>;
  let warehouse: Warehouse;
  let tenants = 0;
  /** Every test has a tenant of its own. */
  const tenantOf = () => `tenant_${++tenants}`;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryWarehouse(engine);
    warehouse = await openWarehouse(place.location);
  });

  afterAll(async () => {
    await warehouse?.close();
    await place?.remove();
  });

  const it = test.skipIf(missing);

  const usageOf = async (tenant: string, window: Parameters<Warehouse['usage']>[2] = 'LAST_7_DAYS') =>
    (await warehouse.usage(tenant, ['acc_1'], window))?.get('acc_1');

  const stepsOf = async (tenant: string) => {
    const path = (await warehouse.paths(tenant, ['acc_1']))?.get('acc_1');
    return path?.steps.toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
  };

  it('answers nothing before the first watermark', async () => {
    const tenant = tenantOf();
    await warehouse.writeVisits(tenant, [visit(1, mark)], seen);
    expect(await warehouse.usage(tenant, ['acc_1'], 'LAST_30_DAYS')).toBeNull();
    expect(await warehouse.usageByDay(tenant, ['acc_1'], 'LAST_30_DAYS')).toBeNull();
    expect(await warehouse.paths(tenant, ['acc_1'])).toBeNull();
    expect(await warehouse.leadBehaviour(tenant, ['lea_1'], 90)).toBeNull();
    expect(await warehouse.visitCounts(tenant, ['lea_1'])).toBeNull();
    expect(
      await warehouse.touches(tenant, ['acc_1'], { channels: null, first: 5, withTotal: true }),
    ).toBeNull();
    expect(await warehouse.channelPerformance(tenant, 'LAST_30_DAYS')).toBeNull();
    expect(await warehouse.mostActiveAccounts(tenant, 'LAST_30_DAYS', 5)).toBeNull();
  });

  it('ends a window at the watermark and begins it on a midnight', async () => {
    const tenant = tenantOf();
    await warehouse.writeVisits(
      tenant,
      [
        visit(1, '2026-02-22T23:59:59.999Z', { visitorId: 'u_before' }),
        visit(2, '2026-02-23T00:00:00.000Z', { visitorId: 'u_first', seconds: null }),
        visit(3, mark, { visitorId: 'u_last' }),
        visit(4, mark, { visitorId: 'u_last', seconds: 30 }),
        visit(5, '2026-03-01T12:00:00.001Z', { visitorId: 'u_after' }),
      ],
      seen,
    );
    await warehouse.setWatermark(tenant, mark, seen);
    expect(await usageOf(tenant)).toEqual({
      from: '2026-02-23T00:00:00.000Z',
      to: mark,
      asOf: mark,
      observedAt: seen,
      visits: 3,
      activeUsers: 2,
      pageViews: 9,
      timeOnSiteSeconds: 90,
      lastSeenAt: mark,
    });
    expect(await usageOf(tenant, 'LAST_30_DAYS')).toMatchObject({
      from: '2026-01-31T00:00:00.000Z',
      visits: 4,
      activeUsers: 3,
    });
    const byDay = (await warehouse.usageByDay(tenant, ['acc_1'], 'LAST_7_DAYS'))?.get('acc_1');
    expect(byDay?.days).toEqual([
      { day: '2026-02-23', visits: 1, pageViews: 3 },
      { day: '2026-03-01', visits: 2, pageViews: 6 },
    ]);

    await warehouse.setWatermark(tenant, '2026-03-02T00:00:00.000Z', later);
    expect(await usageOf(tenant)).toMatchObject({
      from: '2026-02-24T00:00:00.000Z',
      visits: 3,
      activeUsers: 2,
      observedAt: later,
      lastSeenAt: '2026-03-01T12:00:00.001Z',
    });
  });

  it('never moves a watermark back', async () => {
    const tenant = tenantOf();
    expect(await warehouse.setWatermark(tenant, mark, seen)).toBe(mark);
    expect(await warehouse.setWatermark(tenant, '2026-02-01T00:00:00Z', later)).toBe(mark);
    expect(await usageOf(tenant)).toMatchObject({ asOf: mark, observedAt: seen });
  });

  it('holds an account that nothing happened to, with zeros', async () => {
    const tenant = tenantOf();
    await warehouse.setWatermark(tenant, mark, seen);
    expect(await usageOf(tenant)).toMatchObject({ visits: 0, activeUsers: 0, timeOnSiteSeconds: null });
    expect(await stepsOf(tenant)).toEqual([]);
    const touches = await warehouse.touches(tenant, ['acc_1'], { channels: null, first: 5, withTotal: true });
    expect(touches?.get('acc_1')).toEqual({ rows: [], hasNextPage: false, total: 0 });
  });

  it('writes rows that it knows again without any effect, whenever they come', async () => {
    const tenant = tenantOf();
    const touches = [
      touch(1, '2026-02-01T00:00:00Z', { leadId: 'lea_1' }),
      touch(2, '2026-02-08T00:00:00Z', { channel: 'EVENT' }),
    ];
    const visits = [visit(1, '2026-02-27T00:00:00Z', { leadId: 'lea_1' })];
    const conversions = [conversion(1, '2026-02-20T00:00:00Z')];
    const write = async () => [
      await warehouse.writeTouches(tenant, touches, seen),
      await warehouse.writeVisits(tenant, visits, seen),
      await warehouse.writeConversions(tenant, conversions, seen),
    ];
    const answers = async () => ({
      usage: await usageOf(tenant, 'LAST_90_DAYS'),
      paths: await warehouse.paths(tenant, ['acc_1']),
      lead: await warehouse.leadBehaviour(tenant, ['lea_1'], 90),
      touches: await warehouse.touches(tenant, ['acc_1'], { channels: null, first: 5, withTotal: true }),
      channels: await warehouse.channelPerformance(tenant, 'LAST_90_DAYS'),
    });
    expect(await write()).toEqual([
      { inserted: 2, known: 0 },
      { inserted: 1, known: 0 },
      { inserted: 1, known: 0 },
    ]);
    await write();
    await warehouse.setWatermark(tenant, mark, seen);
    const before = await answers();
    expect(before.usage?.visits).toBe(1);
    expect(before.lead?.get('lea_1')).toMatchObject({ visits: 1, pageViews: 3, clicks: 1 });
    expect(await write()).toEqual([
      { inserted: 0, known: 2 },
      { inserted: 0, known: 1 },
      { inserted: 0, known: 1 },
    ]);
    await warehouse.setWatermark(tenant, mark, seen);
    expect(await answers()).toEqual(before);
    expect(await warehouse.writeTouches(tenant, [touch(3, mark), touch(3, mark)], seen)).toEqual({
      inserted: 1,
      known: 1,
    });
  });

  it('takes in late facts at once, and says that it was observed anew', async () => {
    const tenant = tenantOf();
    await warehouse.writeTouches(tenant, [touch(1, '2026-02-10T00:00:00Z')], seen);
    await warehouse.setWatermark(tenant, mark, seen);
    await warehouse.writeTouches(tenant, [touch(2, '2026-02-03T00:00:00Z')], later);
    await warehouse.writeVisits(tenant, [visit(1, '2026-02-28T00:00:00Z')], later);
    expect(await usageOf(tenant)).toMatchObject({ visits: 1, asOf: mark, observedAt: later });
    expect(await stepsOf(tenant)).toMatchObject([
      { touches: 2, firstId: 'tch_2', lastId: 'tch_1', decayedTouches: 1.5 },
    ]);
  });

  it('begins and ends a path by the ids of touches that happened at one moment', async () => {
    const tenant = tenantOf();
    const at = '2026-02-01T00:00:00Z';
    const touches = [5, 2, 9, 1, 7, 4, 8, 3, 6].map((n) => touch(n, at));
    // Behind the watermark, since an index would lead those before it in the order of their ids.
    await warehouse.setWatermark(tenant, mark, seen);
    await warehouse.writeTouches(tenant, touches, seen);
    expect(await stepsOf(tenant)).toMatchObject([{ touches: 9, firstId: 'tch_1', lastId: 'tch_9' }]);
  });

  it('leads a path to the latest conversion, whichever of them is known first', async () => {
    const tenant = tenantOf();
    const touches = [
      touch(1, '2026-01-01T00:00:00Z'),
      touch(2, '2026-01-15T00:00:00Z', { channel: 'EVENT' }),
      touch(3, '2026-02-15T00:00:00Z', { channel: 'DIRECT' }),
    ];
    await warehouse.writeTouches(tenant, touches, seen);
    await warehouse.setWatermark(tenant, mark, seen);
    expect(await stepsOf(tenant)).toHaveLength(3);

    await warehouse.writeConversions(tenant, [conversion(1, '2026-01-10T00:00:00Z')], seen);
    expect(await stepsOf(tenant)).toMatchObject([{ channel: 'EMAIL' }]);

    // A touch at the very time of the conversion is on the path; an earlier conversion changes nothing.
    await warehouse.writeConversions(
      tenant,
      [conversion(2, '2026-01-15T00:00:00Z'), conversion(3, '2026-01-02T00:00:00Z')],
      seen,
    );
    expect(await stepsOf(tenant)).toMatchObject([{ channel: 'EMAIL' }, { channel: 'EVENT' }]);
    const path = (await warehouse.paths(tenant, ['acc_1']))?.get('acc_1');
    expect(path?.conversion).toEqual({
      id: 'cnv_2',
      kind: 'OPPORTUNITY_OPENED',
      at: '2026-01-15T00:00:00.000Z',
      observedAt: seen,
    });

    // One that lies behind the watermark counts once the watermark has passed it.
    await warehouse.writeConversions(tenant, [conversion(4, '2026-03-05T00:00:00Z')], seen);
    await warehouse.writeTouches(tenant, [touch(4, '2026-03-04T00:00:00Z', { channel: 'PARTNER' })], seen);
    expect(await stepsOf(tenant)).toHaveLength(2);
    await warehouse.setWatermark(tenant, '2026-03-06T00:00:00Z', later);
    expect((await stepsOf(tenant))?.map(({ channel }) => channel)).toEqual([
      'DIRECT',
      'EMAIL',
      'EVENT',
      'PARTNER',
    ]);
  });

  it('keeps the same paths however the facts are cut into writes and watermarks', async () => {
    const models: readonly AttributionModel[] = ['FIRST_TOUCH', 'LAST_TOUCH', 'TIME_DECAY', 'POSITION_BASED'];
    const day = (n: number) => new Date(Date.parse('2025-06-01T00:00:00Z') + n * 86_400_000).toISOString();
    const fact = fc.record({
      day: fc.integer({ min: 0, max: 200 }),
      channel: fc.constantFrom<TouchChannel>('EMAIL', 'EVENT', 'DIRECT'),
      campaignId: fc.constantFrom(null, 'cmp_1'),
      part: fc.integer({ min: 0, max: 2 }),
    });
    const converted = fc.record({
      day: fc.integer({ min: 0, max: 200 }),
      part: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fact, { minLength: 1, maxLength: 15 }),
        fc.array(converted, { maxLength: 3 }),
        async (facts, conversions) => {
          const whole = tenantOf();
          const parts = tenantOf();
          const rows = facts.map(({ part, day: on, ...rest }, n) => ({ part, row: touch(n, day(on), rest) }));
          const ends = conversions.map(({ part, day: on }, n) => ({ part, row: conversion(n, day(on)) }));
          await warehouse.writeTouches(
            whole,
            rows.map(({ row }) => row),
            seen,
          );
          await warehouse.writeConversions(
            whole,
            ends.map(({ row }) => row),
            seen,
          );
          await warehouse.setWatermark(whole, day(200), seen);
          for (const part of [0, 1, 2]) {
            const of = <Row>(list: readonly { part: number; row: Row }[]) =>
              list.filter((entry) => entry.part === part).map(({ row }) => row);
            await warehouse.writeConversions(parts, of(ends), seen);
            await warehouse.setWatermark(parts, day(part * 100), seen);
            await warehouse.writeTouches(parts, of(rows), seen);
          }
          const [one, other] = [
            (await warehouse.paths(whole, ['acc_1']))?.get('acc_1'),
            (await warehouse.paths(parts, ['acc_1']))?.get('acc_1'),
          ];
          if (!one || !other) throw new Error('Both tenants have a watermark.');
          for (const model of models) {
            expect(attribute(other, model)).toEqual(attribute(one, model));
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it('pages through the touches up to the watermark, latest first, without gap or double', async () => {
    const tenant = tenantOf();
    const rows = Array.from({ length: 230 }, (_, n) =>
      touch(n, new Date(Date.parse('2026-02-01T00:00:00Z') + Math.floor(n / 3) * 60_000).toISOString(), {
        channel: n % 2 ? 'EMAIL' : 'EVENT',
      }),
    );
    await warehouse.writeTouches(tenant, [...rows, touch(999, later)], seen);
    await warehouse.setWatermark(tenant, mark, seen);
    const walk = async (channels: readonly TouchChannel[] | null) => {
      const ids: string[] = [];
      let after: { value: string; id: string } | undefined;
      for (;;) {
        const pages = await warehouse.touches(tenant, ['acc_1'], {
          channels,
          first: 40,
          after,
          withTotal: true,
        });
        const page = pages?.get('acc_1');
        ids.push(...(page?.rows ?? []).map(({ id }) => id));
        const last = page?.rows.at(-1);
        expect(page?.total).toBe(channels ? 115 : 230);
        if (!page?.hasNextPage || !last) return ids;
        after = { value: last.at, id: last.id };
      }
    };
    const order = (a: TouchRow, b: TouchRow) => (a.at + a.id < b.at + b.id ? 1 : -1);
    expect(await walk(null)).toEqual(rows.toSorted(order).map(({ id }) => id));
    expect(await walk(['EMAIL'])).toEqual(
      rows
        .filter(({ channel }) => channel === 'EMAIL')
        .toSorted(order)
        .map(({ id }) => id),
    );
  });

  it('tells what channels did in a window', async () => {
    const tenant = tenantOf();
    await warehouse.writeTouches(
      tenant,
      [
        touch(1, '2026-02-27T00:00:00Z'),
        touch(2, '2026-02-28T00:00:00Z'),
        touch(3, '2026-02-28T00:00:00Z', { accountId: 'acc_2' }),
        touch(4, '2026-01-01T00:00:00Z', { accountId: 'acc_3', channel: 'EVENT' }),
        touch(5, '2026-02-28T00:00:00Z', { accountId: null, leadId: 'lea_1' }),
        touch(6, '2026-01-01T00:00:00Z', { channel: 'PARTNER' }),
      ],
      seen,
    );
    await warehouse.writeConversions(
      tenant,
      [conversion(1, '2026-02-28T12:00:00Z', 'acc_3'), conversion(2, '2026-02-01T00:00:00Z', 'acc_2')],
      seen,
    );
    await warehouse.setWatermark(tenant, mark, seen);
    expect((await warehouse.channelPerformance(tenant, 'LAST_7_DAYS'))?.channels).toEqual([
      { channel: 'EMAIL', touches: 3, accounts: 2, assistedConversions: 0 },
      { channel: 'EVENT', touches: 0, accounts: 0, assistedConversions: 1 },
    ]);
  });

  it('adds a count of visits to what a lead did, and dates nothing by it', async () => {
    const tenant = tenantOf();
    const visitedAt = '2026-02-01T00:00:00.000Z';
    await warehouse.writeVisits(tenant, [visit(1, visitedAt, { accountId: null, leadId: 'lea_1' })], seen);
    await warehouse.setWatermark(tenant, mark, seen);
    const counts = [
      visitCount(1, '2026-02-20T00:00:00.000Z'),
      visitCount(2, '2025-01-01T00:00:00.000Z', { leadId: 'lea_2' }),
      visitCount(3, '2026-02-20T00:00:00.000Z', { leadId: 'lea_3', visits: null, pageViews: null }),
      visitCount(4, '2026-03-01T12:00:00.001Z', { leadId: 'lea_4' }),
    ];
    expect(await warehouse.writeVisitCounts(tenant, counts, later)).toEqual({ inserted: 4, known: 0 });
    expect(await warehouse.writeVisitCounts(tenant, counts, later)).toEqual({ inserted: 0, known: 4 });

    const ids = ['lea_1', 'lea_2', 'lea_3', 'lea_4'];
    const behaviour = await warehouse.leadBehaviour(tenant, ids, 90);
    expect(behaviour?.get('lea_1')).toMatchObject({
      visits: 5,
      pageViews: 12,
      lastAt: visitedAt,
      observedAt: later,
    });
    // Taken before the window, without a number of visits, and behind the watermark.
    for (const id of ['lea_2', 'lea_3', 'lea_4']) {
      expect(behaviour?.get(id), id).toMatchObject({ visits: 0, pageViews: 0, lastAt: null });
    }
    const found = await warehouse.visitCounts(tenant, [...ids, 'lea_5']);
    expect(found?.get('lea_2')).toEqual({
      visits: 4,
      pageViews: 9,
      timeOnSiteSeconds: 300,
      countedAt: '2025-01-01T00:00:00.000Z',
      asOf: mark,
      observedAt: later,
    });
    expect(found?.get('lea_3')).toMatchObject({ visits: null, pageViews: null, timeOnSiteSeconds: 300 });
    expect([found?.get('lea_4'), found?.get('lea_5')]).toEqual([null, null]);
  });

  it('holds the latest count of a lead, and of one time the one observed last', async () => {
    const tenant = tenantOf();
    await warehouse.setWatermark(tenant, mark, seen);
    const held = async () => (await warehouse.leadBehaviour(tenant, ['lea_1'], 90))?.get('lea_1')?.visits;
    await warehouse.writeVisitCounts(tenant, [visitCount(2, '2026-02-20T00:00:00Z', { visits: 7 })], seen);
    await warehouse.writeVisitCounts(tenant, [visitCount(3, '2026-02-10T00:00:00Z', { visits: 5 })], later);
    expect(await held()).toBe(7);
    await warehouse.writeVisitCounts(tenant, [visitCount(1, '2026-02-20T00:00:00Z', { visits: 6 })], later);
    expect(await held()).toBe(6);
  });

  it('ranks accounts by visits', async () => {
    const tenant = tenantOf();
    await warehouse.writeVisits(
      tenant,
      [
        visit(1, '2026-02-28T00:00:00Z', { accountId: 'acc_1' }),
        visit(2, '2026-02-28T00:00:00Z', { accountId: 'acc_2' }),
        visit(3, '2026-02-28T01:00:00Z', { accountId: 'acc_2' }),
        visit(4, '2025-02-28T01:00:00Z', { accountId: 'acc_3' }),
      ],
      seen,
    );
    await warehouse.setWatermark(tenant, mark, seen);
    expect((await warehouse.mostActiveAccounts(tenant, 'LAST_7_DAYS', 5))?.accounts).toEqual([
      { accountId: 'acc_2', visits: 2, pageViews: 6, lastSeenAt: '2026-02-28T01:00:00.000Z' },
      { accountId: 'acc_1', visits: 1, pageViews: 3, lastSeenAt: '2026-02-28T00:00:00.000Z' },
    ]);
    expect((await warehouse.mostActiveAccounts(tenant, 'LAST_7_DAYS', 1))?.accounts).toHaveLength(1);
  });

  it('keeps tenants apart, even where they use the same ids', async () => {
    const [mine, theirs] = [tenantOf(), tenantOf()];
    for (const tenant of [mine, theirs]) await warehouse.setWatermark(tenant, mark, seen);
    const at = '2026-02-28T00:00:00Z';
    await warehouse.writeVisits(theirs, [visit(1, at, { leadId: 'lea_1' })], seen);
    await warehouse.writeTouches(theirs, [touch(1, at, { leadId: 'lea_1' })], seen);
    await warehouse.writeConversions(theirs, [conversion(1, at)], seen);
    expect(await usageOf(mine)).toMatchObject({ visits: 0, lastSeenAt: null });
    expect((await warehouse.paths(mine, ['acc_1']))?.get('acc_1')).toMatchObject({
      conversion: null,
      steps: [],
    });
    expect((await warehouse.leadBehaviour(mine, ['lea_1'], 90))?.get('lea_1')).toMatchObject({
      lastAt: null,
    });
    expect((await warehouse.channelPerformance(mine, 'LAST_7_DAYS'))?.channels).toEqual([]);
    expect((await warehouse.mostActiveAccounts(mine, 'LAST_7_DAYS', 5))?.accounts).toEqual([]);
    const page = { channels: null, first: 5, withTotal: true };
    expect((await warehouse.touches(mine, ['acc_1'], page))?.get('acc_1')?.total).toBe(0);
    expect(await warehouse.writeTouches(mine, [touch(1, at)], seen)).toEqual({ inserted: 1, known: 0 });
    expect((await warehouse.touches(theirs, ['acc_1'], page))?.get('acc_1')?.total).toBe(1);
  });

  it('takes rows from a generator in batches, and the writes of two callers one after the other', async () => {
    const tenant = tenantOf();
    async function* rows(from: number) {
      for (let n = from; n < from + 12_000; n += 1) yield touch(n, '2026-02-01T00:00:00Z');
    }
    const [first, second] = await Promise.all([
      warehouse.writeTouches(tenant, rows(0), seen),
      warehouse.writeTouches(tenant, rows(6_000), seen),
    ]);
    expect(first).toEqual({ inserted: 12_000, known: 0 });
    expect(second).toEqual({ inserted: 6_000, known: 6_000 });
    await warehouse.setWatermark(tenant, mark, seen);
    expect(await stepsOf(tenant)).toMatchObject([{ touches: 18_000 }]);
  });

  it('lets others write between the transactions of a long writing', async () => {
    const tenant = tenantOf();
    const { promise: between, resolve } = Promise.withResolvers<void>();
    async function* rows() {
      for (let n = 0; n < 200_000; n += 1) yield visit(n, '2026-02-01T00:00:00Z');
      await between;
      yield visit(200_000, '2026-02-01T00:00:00Z');
    }
    const long = warehouse.writeVisits(tenant, rows(), seen);
    expect(await warehouse.writeTouches(tenant, [touch(1, mark)], seen)).toMatchObject({ inserted: 1 });
    await warehouse.setWatermark(tenant, mark, seen);
    resolve();
    expect(await long).toEqual({ inserted: 200_001, known: 0 });
  });

  it('refuses a row without a time or an owner, naming it, and goes on', async () => {
    const tenant = tenantOf();
    await expect(warehouse.writeTouches(tenant, [touch(7, 'yesterday')], seen)).rejects.toThrow(
      '"yesterday" of tch_7',
    );
    await expect(warehouse.writeVisits(tenant, [visit(8, mark, { accountId: null })], seen)).rejects.toThrow(
      'vis_8',
    );
    await expect(warehouse.setWatermark(tenant, 'soon', seen)).rejects.toThrow('"soon" of asOf');
    expect(await warehouse.writeTouches(tenant, [touch(7, mark)], seen)).toEqual({ inserted: 1, known: 0 });
  });

  it('refuses batches beyond its bound, and a cursor that is no time', async () => {
    const tenant = tenantOf();
    const ids = Array.from({ length: 101 }, (_, n) => `acc_${n}`);
    await expect(warehouse.usage(tenant, ids, 'LAST_7_DAYS')).rejects.toThrow('101 ids');
    await expect(
      warehouse.touches(tenant, ['acc_1'], {
        channels: null,
        first: 5,
        after: { value: 'never', id: 'tch_1' },
        withTotal: false,
      }),
    ).rejects.toMatchObject({ extensions: { code: 'INVALID_CURSOR' } });
  });
});
