import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeadBehaviour } from '../adapters/warehouse.ts';
import { score } from './score.ts';

const idle: LeadBehaviour = {
  from: '2025-12-02T00:00:00.000Z',
  asOf: '2026-03-01T12:00:00.000Z',
  observedAt: '2026-03-01T12:05:00.000Z',
  visits: 0,
  pageViews: 0,
  opens: 0,
  clicks: 0,
  responses: 0,
  lastAt: null,
};

describe('lead score', () => {
  it('adds the points of what a lead did', () => {
    const { value, factors, modelVersion } = score({
      ...idle,
      visits: 2,
      pageViews: 7,
      opens: 9,
      clicks: 1,
      responses: 1,
      lastAt: '2026-02-20T12:00:00.000Z',
    });
    expect(factors.map(({ name, value: found, points }) => [name, found, points])).toEqual([
      ['VISITS', 2, 6],
      ['PAGE_VIEWS', 7, 7],
      ['OPENS', 9, 5],
      ['CLICKS', 1, 5],
      ['RESPONSES', 1, 15],
      ['RECENCY', 9, 15],
    ]);
    expect(value).toBe(53);
    expect(modelVersion).toBe('behaviour-1');
  });

  it.each([
    ['2026-03-01T12:00:00.000Z', 20],
    ['2026-02-22T12:00:00.001Z', 20],
    ['2026-02-22T12:00:00.000Z', 15],
    ['2026-02-15T12:00:00.000Z', 10],
    ['2026-01-30T12:00:00.000Z', 5],
    ['2025-12-31T12:00:00.000Z', 0],
  ])('weighs the last sign of life on %s with %i points', (lastAt, points) => {
    expect(score({ ...idle, visits: 1, lastAt }).factors.at(-1)).toMatchObject({ name: 'RECENCY', points });
  });

  it('is 0 for a lead that did nothing, and 100 for one that did all', () => {
    expect(score(idle).value).toBe(0);
    const much = { visits: 99, pageViews: 99, opens: 99, clicks: 99, responses: 99 };
    expect(score({ ...idle, ...much, lastAt: idle.asOf }).value).toBe(100);
  });

  it('stays between 0 and 100, and is the sum of its factors', () => {
    const count = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(
        fc.record({ visits: count, pageViews: count, opens: count, clicks: count, responses: count }),
        fc.option(fc.integer({ min: 0, max: 89 })),
        (counts, days) => {
          const lastAt =
            days === null ? null : new Date(Date.parse(idle.asOf) - days * 86_400_000).toISOString();
          const { value, factors } = score({ ...idle, ...counts, lastAt });
          expect(value).toBe(factors.reduce((total, { points }) => total + points, 0));
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(100);
          for (const { points, maxPoints } of factors) expect(points).toBeLessThanOrEqual(maxPoints);
        },
      ),
    );
  });
});
