import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributionModel, TouchChannel } from '../__generated__/resolvers.ts';
import type { Path, PathSteps } from '../adapters/warehouse.ts';
import { attribute } from './attribution.ts';

const models: readonly AttributionModel[] = [
  'FIRST_TOUCH',
  'LAST_TOUCH',
  'LINEAR',
  'TIME_DECAY',
  'POSITION_BASED',
];

const weekMs = 7 * 86_400_000;
const monday = Date.parse('2026-01-05T00:00:00.000Z');

interface SimpleTouch {
  readonly channel: TouchChannel;
  readonly campaignId: string | null;
  readonly week: number;
}

/** The path that a warehouse would keep of such touches. */
function pathOf(touches: readonly SimpleTouch[]): Path {
  const facts = touches.map((touch, index) => ({
    ...touch,
    id: `tch_${String(index).padStart(4, '0')}`,
    at: new Date(monday + touch.week * weekMs).toISOString(),
  }));
  const groups = Map.groupBy(facts, ({ channel, campaignId }) => `${channel} ${campaignId}`);
  const steps = [...groups.values()].map((group): PathSteps => {
    const ordered = group.toSorted((a, b) => (a.at + a.id < b.at + b.id ? -1 : 1));
    const [first, last] = [ordered[0], ordered.at(-1)];
    if (!first || !last) throw new Error('A group has a touch.');
    return {
      channel: first.channel,
      campaignId: first.campaignId,
      touches: group.length,
      firstAt: first.at,
      firstId: first.id,
      lastAt: last.at,
      lastId: last.id,
      decayedTouches: group.reduce((total, { week }) => total + 2 ** (week - last.week), 0),
    };
  });
  const time = new Date(monday).toISOString();
  return { conversion: null, steps, asOf: time, observedAt: time };
}

function touch(channel: TouchChannel, week: number, campaignId: string | null = null): SimpleTouch {
  return { channel, week, campaignId };
}

function creditsOf(touches: readonly SimpleTouch[], model: AttributionModel) {
  return Object.fromEntries(
    attribute(pathOf(touches), model).credits.map(({ channel, campaignId, credit }) => [
      campaignId ? `${channel} ${campaignId}` : channel,
      credit,
    ]),
  );
}

const journey = [touch('EMAIL', 0), touch('PAID_SEARCH', 1), touch('EMAIL', 2, 'cmp_1'), touch('DIRECT', 3)];

describe('attribution', () => {
  it.each<[AttributionModel, Record<string, string>]>([
    [
      'FIRST_TOUCH',
      { EMAIL: '1.000000', DIRECT: '0.000000', 'EMAIL cmp_1': '0.000000', PAID_SEARCH: '0.000000' },
    ],
    [
      'LAST_TOUCH',
      { DIRECT: '1.000000', EMAIL: '0.000000', 'EMAIL cmp_1': '0.000000', PAID_SEARCH: '0.000000' },
    ],
    ['LINEAR', { DIRECT: '0.250000', EMAIL: '0.250000', 'EMAIL cmp_1': '0.250000', PAID_SEARCH: '0.250000' }],
    // Weights 1, 2, 4, 8 of 15.
    [
      'TIME_DECAY',
      { DIRECT: '0.533333', 'EMAIL cmp_1': '0.266667', PAID_SEARCH: '0.133333', EMAIL: '0.066667' },
    ],
    [
      'POSITION_BASED',
      { EMAIL: '0.400000', DIRECT: '0.400000', PAID_SEARCH: '0.100000', 'EMAIL cmp_1': '0.100000' },
    ],
  ])('by %s gives what is worked out by hand', (model, credits) => {
    expect(creditsOf(journey, model)).toEqual(credits);
  });

  it('adds the touches of one channel and campaign up', () => {
    const repeated = [
      touch('EMAIL', 0),
      touch('EMAIL', 1),
      touch('DIRECT', 2),
      touch('EMAIL', 3),
      touch('DIRECT', 4),
    ];
    expect(creditsOf(repeated, 'LINEAR')).toEqual({ EMAIL: '0.600000', DIRECT: '0.400000' });
    // 0.4 + 0.2 × 2/3 and 0.4 + 0.2 × 1/3.
    expect(creditsOf(repeated, 'POSITION_BASED')).toEqual({ EMAIL: '0.533333', DIRECT: '0.466667' });
    // (1 + 2 + 8) / 31 and (4 + 16) / 31.
    expect(creditsOf(repeated, 'TIME_DECAY')).toEqual({ DIRECT: '0.645161', EMAIL: '0.354839' });
    expect(attribute(pathOf(repeated), 'LINEAR').touches).toBe(5);
  });

  it('sums channels over their campaigns', () => {
    expect(attribute(pathOf(journey), 'LINEAR').channels).toEqual([
      { channel: 'EMAIL', credit: '0.500000', touches: 2 },
      { channel: 'DIRECT', credit: '0.250000', touches: 1 },
      { channel: 'PAID_SEARCH', credit: '0.250000', touches: 1 },
    ]);
  });

  it.each(models)('by %s gives one touch all, and no touch nothing', (model) => {
    expect(creditsOf([touch('EVENT', 3)], model)).toEqual({ EVENT: '1.000000' });
    expect(attribute(pathOf([]), model)).toMatchObject({ touches: 0, credits: [], channels: [] });
  });

  it('halves POSITION_BASED between two touches', () => {
    expect(creditsOf([touch('EMAIL', 0), touch('EVENT', 1)], 'POSITION_BASED')).toEqual({
      EMAIL: '0.500000',
      EVENT: '0.500000',
    });
    expect(creditsOf([touch('EMAIL', 0), touch('EMAIL', 1)], 'POSITION_BASED')).toEqual({
      EMAIL: '1.000000',
    });
  });

  it('gives thirds that sum to exactly 1', () => {
    const thirds = creditsOf([touch('EMAIL', 0), touch('EVENT', 0), touch('DIRECT', 0)], 'LINEAR');
    expect(Object.values(thirds).toSorted()).toEqual(['0.333333', '0.333333', '0.333334']);
  });

  const anyTouch = fc.record({
    channel: fc.constantFrom<TouchChannel>('EMAIL', 'EVENT', 'DIRECT', 'DISPLAY'),
    campaignId: fc.constantFrom(null, 'cmp_1', 'cmp_2', 'cmp_3'),
    week: fc.integer({ min: -2_000, max: 2_000 }),
  });

  it.each(models)('by %s has credits that sum to exactly 1, none of them negative', (model) => {
    fc.assert(
      fc.property(fc.array(anyTouch, { minLength: 1, maxLength: 40 }), (touches) => {
        const { credits, channels } = attribute(pathOf(touches), model);
        for (const list of [credits, channels]) {
          const millionths = list.map(({ credit }) => BigInt(credit.replace('.', '')));
          expect(millionths.every((value) => value >= 0n)).toBe(true);
          expect(millionths.reduce((total, value) => total + value, 0n)).toBe(1_000_000n);
          expect(list.reduce((total, { touches: count }) => total + count, 0)).toBe(touches.length);
        }
      }),
    );
  });

  it('follows time, not the order in which touches are known', () => {
    const distinctWeeks = fc.uniqueArray(anyTouch, {
      minLength: 1,
      maxLength: 20,
      selector: ({ week }) => week,
    });
    fc.assert(
      fc.property(distinctWeeks, (touches) => {
        const ordered = touches.toSorted((a, b) => a.week - b.week);
        for (const model of models) {
          expect(creditsOf(touches, model)).toEqual(creditsOf(ordered, model));
        }
        const winner = (model: AttributionModel) => attribute(pathOf(touches), model).credits[0];
        expect(winner('FIRST_TOUCH')).toMatchObject({ channel: ordered[0]?.channel, credit: '1.000000' });
        expect(winner('LAST_TOUCH')).toMatchObject({ channel: ordered.at(-1)?.channel, credit: '1.000000' });
      }),
    );
  });

  it('by TIME_DECAY does not care when the path was, only how far apart its touches are', () => {
    fc.assert(
      fc.property(fc.array(anyTouch, { minLength: 1, maxLength: 20 }), (touches) => {
        const later = touches.map((given) => ({ ...given, week: given.week + 500 }));
        expect(creditsOf(later, 'TIME_DECAY')).toEqual(creditsOf(touches, 'TIME_DECAY'));
      }),
    );
  });
});
