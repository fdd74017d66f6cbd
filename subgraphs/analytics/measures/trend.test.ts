import { describe, expect, it } from 'vitest';
import { trendOf } from './trend.ts';

const usage = {
  from: '2026-02-26T00:00:00.000Z',
  to: '2026-03-04T09:00:00.000Z',
  asOf: '2026-03-04T09:00:00.000Z',
  observedAt: '2026-03-04T10:00:00.000Z',
  days: [
    { day: '2026-02-26', visits: 1, pageViews: 2 },
    { day: '2026-03-01', visits: 2, pageViews: 3 },
    { day: '2026-03-04', visits: 4, pageViews: 8 },
  ],
};

describe('usage trend', () => {
  it('has every day of the window, the day of the watermark last', () => {
    const days = trendOf(usage, 'DAY');
    expect(days.map(({ start, visits }) => [start, visits])).toEqual([
      ['2026-02-26', 1],
      ['2026-02-27', 0],
      ['2026-02-28', 0],
      ['2026-03-01', 2],
      ['2026-03-02', 0],
      ['2026-03-03', 0],
      ['2026-03-04', 4],
    ]);
  });

  it('begins a week on Monday and loses no day', () => {
    expect(trendOf(usage, 'WEEK')).toEqual([
      { start: '2026-02-26', visits: 3, pageViews: 5 },
      { start: '2026-03-02', visits: 4, pageViews: 8 },
    ]);
  });
});
