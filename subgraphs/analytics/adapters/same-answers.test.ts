import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import type { TouchChannel, UsageWindow } from '../__generated__/resolvers.ts';
import { openWarehouse } from './open.ts';
import type { ConversionRow, PathSteps, TouchRow, VisitCountRow, VisitRow, Warehouse } from './warehouse.ts';

const day = 86_400_000;
const end = Date.parse('2026-03-01T12:00:00.000Z');
const windows: readonly UsageWindow[] = ['LAST_7_DAYS', 'LAST_30_DAYS', 'LAST_90_DAYS', 'LAST_365_DAYS'];
/** Upper case sorts before lower case, and letters beyond ASCII behind both: by code point and not by a language. */
const accounts = ['acc_a', 'acc_B', 'acc_é', 'acc_none'];
const leads = ['lea_a', 'lea_B', 'lea_none'];

/** So many days before the last, close to a midnight or to noon: few times, so that they meet. */
const timeAgo = (days: readonly number[]) =>
  fc
    .tuple(fc.constantFrom(...days), fc.constantFrom(-1, 0, 1, day / 2, day / 2 + 1, 12_345))
    .map(([ago, rest]) => new Date(end - day / 2 - ago * day + rest).toISOString());
/** On the edges of windows, behind the last watermark, and a generation ago. */
const time = timeAgo([-1, 0, 1, 6, 7, 8, 29, 30, 40, 89, 90, 364, 365, 9_000]);
const owner = fc.constantFrom(
  { accountId: 'acc_a', leadId: null },
  { accountId: 'acc_B', leadId: 'lea_a' },
  { accountId: 'acc_é', leadId: 'lea_B' },
  { accountId: null, leadId: 'lea_a' },
);
/** Few ids, so that rows come twice; what such a row says follows from its id, since facts never change. */
const ids = (prefix: string, max: number) =>
  fc.integer({ min: 0, max }).map((n) => `${prefix}_${n % 2 ? 'X' : 'x'}${n}`);
const count = fc.option(fc.integer({ min: 0, max: 400 }));

const touch: fc.Arbitrary<TouchRow> = fc
  .tuple(
    owner,
    fc.record({
      id: ids('tch', 60),
      channel: fc.constantFrom<TouchChannel>('EMAIL', 'EVENT', 'DIRECT'),
      campaignId: fc.constantFrom(null, '', 'cmp_1'),
      kind: fc.constantFrom<TouchRow['kind']>('CLICK', 'OPEN', 'MEETING', 'IMPRESSION'),
      at: time,
    }),
  )
  .map(([whose, rest]) => ({ ...whose, ...rest }));
const visit: fc.Arbitrary<VisitRow> = fc
  .tuple(
    owner,
    fc.record({
      id: ids('vis', 60),
      visitorId: fc.constantFrom('u_1', 'U_1', 'u_2'),
      at: time,
      pageViews: fc.integer({ min: 0, max: 9 }),
      seconds: count,
    }),
  )
  .map(([whose, rest]) => ({ ...whose, ...rest }));
const visitCount: fc.Arbitrary<VisitCountRow> = fc.record({
  id: ids('vct', 20),
  leadId: fc.constantFrom('lea_a', 'lea_B'),
  visits: count,
  pageViews: count,
  seconds: count,
  at: time,
});
const conversion: fc.Arbitrary<ConversionRow> = fc.record({
  id: ids('cnv', 20),
  accountId: fc.constantFrom('acc_a', 'acc_B', 'acc_é'),
  kind: fc.constantFrom<ConversionRow['kind']>('OPPORTUNITY_OPENED', 'OPPORTUNITY_WON'),
  at: time,
});

/** Of rows with one id the first, each in one of two parts: which of two that differ is kept is nobody's promise. */
const rowsOf = <Row extends { readonly id: string }>(row: fc.Arbitrary<Row>, minLength: number) =>
  fc
    .array(fc.record({ row, part: fc.constantFrom(0, 1) }), {
      minLength,
      maxLength: 2 * minLength,
      size: 'max',
    })
    .map((rows) => {
      const first = new Map(rows.toReversed().map((each) => [each.row.id, each.row]));
      return rows.map(({ row: { id }, part }) => ({ part, row: first.get(id) as Row }));
    });

const facts = fc.record({
  touches: rowsOf(touch, 30),
  visits: rowsOf(visit, 20),
  visitCounts: rowsOf(visitCount, 6),
  conversions: rowsOf(conversion, 4),
  /** The watermarks that the parts are written behind: most of the facts come late to one of them. */
  marks: fc.tuple(timeAgo([8, 40]), timeAgo([0, 1, 10])),
  page: fc.record({
    first: fc.integer({ min: 0, max: 9 }),
    channels: fc.constantFrom<readonly TouchChannel[] | null>(null, ['EMAIL'], ['EVENT', 'DIRECT'], []),
    withTotal: fc.boolean(),
    after: fc.option(fc.record({ value: time, id: ids('tch', 60) }), { nil: undefined }),
  }),
});
type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never;

async function write(warehouse: Warehouse, tenant: string, given: Facts): Promise<readonly unknown[]> {
  const seen = (part: number) => new Date(end + part * 1_000).toISOString();
  const of = <Row>(rows: readonly { readonly part: number; readonly row: Row }[], wanted: number) =>
    rows.filter(({ part }) => part === wanted).map(({ row }) => row);
  const told: unknown[] = [];
  for (const [part, mark] of given.marks.entries()) {
    told.push(
      await warehouse.writeConversions(tenant, of(given.conversions, part), seen(part)),
      await warehouse.setWatermark(tenant, mark, seen(part)),
      await warehouse.writeTouches(tenant, of(given.touches, part), seen(part)),
      await warehouse.writeVisits(tenant, of(given.visits, part), seen(part)),
      await warehouse.writeVisitCounts(tenant, of(given.visitCounts, part), seen(part)),
    );
  }
  return told;
}

/** Every read of the port; steps of a path have no order of their own. */
async function answers(warehouse: Warehouse, tenant: string, { page }: Facts): Promise<unknown> {
  const keyOf = ({ channel, campaignId }: PathSteps) => `${channel} ${campaignId}`;
  const paths = await warehouse.paths(tenant, accounts);
  const ofWindows = windows.map(async (window) => ({
    window,
    usage: await warehouse.usage(tenant, accounts, window),
    usageByDay: await warehouse.usageByDay(tenant, accounts, window),
    channels: await warehouse.channelPerformance(tenant, window),
    active: await warehouse.mostActiveAccounts(tenant, window, 2),
  }));
  const pathsInOrder = [...(paths ?? [])].map(([id, path]) => [
    id,
    { ...path, steps: path.steps.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) },
  ]);
  return {
    windows: await Promise.all(ofWindows),
    paths: new Map(pathsInOrder as [string, unknown][]),
    touches: await warehouse.touches(tenant, accounts, page),
    newest: await warehouse.touches(tenant, accounts, { channels: null, first: 20, withTotal: true }),
    behaviour: await warehouse.leadBehaviour(tenant, leads, 90),
    counts: await warehouse.visitCounts(tenant, leads),
  };
}

const missing = warehouses.some((each) => each.missing);

describe('two warehouses that were told the same', () => {
  const opened: { readonly warehouse: Warehouse; readonly remove: () => Promise<void> }[] = [];

  beforeAll(async () => {
    if (missing) return;
    for (const { engine } of warehouses) {
      const { location, remove } = await temporaryWarehouse(engine);
      opened.push({ warehouse: await openWarehouse(location), remove });
    }
  });

  afterAll(async () => {
    for (const { warehouse, remove } of opened) {
      await warehouse.close();
      await remove();
    }
  });

  it.skipIf(missing)(
    'answer the same to the last digit, whatever is asked',
    { timeout: 60_000 },
    async () => {
      let tenants = 0;
      await fc.assert(
        fc.asyncProperty(facts, async (given) => {
          const tenant = `tenant_${++tenants}`;
          const results = await Promise.all(
            opened.map(async ({ warehouse }) => ({
              written: await write(warehouse, tenant, given),
              answers: await answers(warehouse, tenant, given),
            })),
          );
          const [one, other] = results;
          expect(other).toEqual(one);
        }),
        // What fails is large, and making it smaller takes minutes.
        { numRuns: 5, endOnFailure: true },
      );
    },
  );
});
