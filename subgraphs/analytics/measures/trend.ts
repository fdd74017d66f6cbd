import type { TrendInterval } from '../__generated__/resolvers.ts';
import type { DailyUsage } from '../adapters/warehouse.ts';

const dayMs = 86_400_000;

export interface TrendBucket {
  /** Calendar date. */
  readonly start: string;
  readonly visits: number;
  readonly pageViews: number;
}

/** Usage by day or by week (from Monday on, as ISO 8601 has it), in order, without a gap. */
export function trendOf({ from, to, days }: DailyUsage, interval: TrendInterval): readonly TrendBucket[] {
  const byDay = new Map(days.map((usage) => [usage.day, usage]));
  const buckets: { start: string; visits: number; pageViews: number }[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += dayMs) {
    const day = new Date(time);
    const start = day.toISOString().slice(0, 10);
    if (buckets.length === 0 || interval === 'DAY' || day.getUTCDay() === 1) {
      buckets.push({ start, visits: 0, pageViews: 0 });
    }
    const bucket = buckets.at(-1);
    const usage = byDay.get(start);
    if (!bucket || !usage) continue;
    bucket.visits += usage.visits;
    bucket.pageViews += usage.pageViews;
  }
  return buckets;
}
