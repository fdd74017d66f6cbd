import { describe, expect, it } from 'vitest';
import { testEvent } from '#test/harness/buses.ts';
import type { Happening } from './place.ts';
import { openRing } from './ring.ts';

const happened = (position: number): Happening => ({
  kind: 'event',
  event: testEvent(),
  cursor: `c${position}`,
  position,
});
const start = { position: 10, cursor: 'c10' };
const positionsOf = (ring: ReturnType<typeof openRing>, position: number, most = 100) =>
  ring.behind(position, most)?.happenings.map((each) => each.position);

describe('the latest events', () => {
  it('are found behind any place that they reach back to', () => {
    const ring = openRing(start, { recentEvents: 3, recentBytes: 1_000_000 });
    expect(ring.behind(10, 5)).toEqual({ happenings: [], to: start });
    expect(ring.behind(9, 5)).toBeUndefined();
    for (const position of [12, 15, 20, 21]) ring.add(happened(position));
    expect(ring.behind(10, 5)).toBeUndefined();
    expect(positionsOf(ring, 12)).toEqual([15, 20, 21]);
    expect(positionsOf(ring, 16)).toEqual([20, 21]);
    expect(positionsOf(ring, 30)).toEqual([]);
    expect(ring.behind(12, 2)?.to.cursor).toBe('c20');
    expect(ring.behind(12, 3)?.to.cursor).toBe('c21');
  });

  it('are few where they are large, and one at least', () => {
    const ring = openRing(start, { recentEvents: 100, recentBytes: 4_000 });
    for (let position = 11; position < 20; position += 1) ring.add(happened(position));
    expect(positionsOf(ring, 17)).toEqual([18, 19]);
    expect(ring.behind(16, 5)).toBeUndefined();
    const tiny = openRing(start, { recentEvents: 100, recentBytes: 1 });
    tiny.add(happened(11));
    tiny.add(happened(12));
    expect(positionsOf(tiny, 11)).toEqual([12]);
  });

  it('are forgotten for good, however many come', () => {
    const ring = openRing(start, { recentEvents: 5, recentBytes: 1_000_000 });
    for (let position = 11; position < 2_000; position += 1) ring.add(happened(position));
    expect(positionsOf(ring, 1_994)).toEqual([1_995, 1_996, 1_997, 1_998, 1_999]);
    expect(ring.behind(1_993, 5)).toBeUndefined();
  });

  it('end where nothing happened up to', () => {
    const ring = openRing(start, { recentEvents: 5, recentBytes: 1_000_000 });
    ring.advance({ position: 40, cursor: 'c40' });
    ring.advance({ position: 30, cursor: 'c30' });
    expect(ring.behind(10, 5)).toEqual({ happenings: [], to: { position: 40, cursor: 'c40' } });
  });
});
