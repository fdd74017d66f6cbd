import { describe, expect, it } from 'vitest';
import { type ClassLimits, isNews, type LimitState, narrow, pause, take, untouched } from './limits.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const hour = 3_600_000;
const limits: ClassLimits = { windows: [{ points: 1_000, perMs: 1_000 }], perDay: { points: 100 } };
const heard = (state: LimitState, remaining: number, now: number) =>
  narrow(state, limits, { remaining, per: 'day' }, now);
const at = (state: LimitState, now: number, urgency: 'read' | 'push' | 'sync' = 'read') =>
  take(state, limits, urgency, now);
const taken = (state: LimitState, now: number): LimitState => {
  const answer = at(state, now);
  if (answer.kind === 'wait') throw new Error(`It has to wait ${answer.ms} ms.`);
  return answer.state;
};

describe("a day's budget that the vendor says is used up", () => {
  it('stops for an hour at a time, since its day may end at another time than ours', () => {
    const state = pause(untouched, limits, null, noon, 'day');
    expect(at(state, noon)).toEqual({ kind: 'wait', ms: hour });
    expect(at(state, noon + hour).kind).toBe('taken');
    // Not twice as long for being refused again.
    expect(at(pause(state, limits, null, noon + hour, 'day'), noon + hour)).toEqual({
      kind: 'wait',
      ms: hour,
    });
  });

  it('stops no longer than the day, in its zone', () => {
    const late = Date.parse('2026-03-01T23:59:30Z');
    expect(at(pause(untouched, limits, null, late, 'day'), late)).toEqual({ kind: 'wait', ms: 30_000 });
    const inTokyo = { ...limits, perDay: { points: 100, zone: 'Asia/Tokyo' } };
    const state = pause(untouched, inTokyo, null, Date.parse('2026-03-01T14:59:00Z'), 'day');
    expect(state.pause?.until).toBe(Date.parse('2026-03-01T15:00:00Z'));
  });

  it('stops for as long as the vendor asks, where it does', () => {
    expect(at(pause(untouched, limits, 5 * hour, noon, 'day'), noon)).toEqual({ kind: 'wait', ms: 5 * hour });
  });
});

describe("what the vendor says is left of a day's budget", () => {
  it('holds for an hour, with the parts of the more urgent, and is used up by calls', () => {
    const state = heard(untouched, 11, noon);
    expect(at(state, noon, 'sync')).toEqual({ kind: 'wait', ms: hour });
    expect(at(state, noon, 'push').kind).toBe('taken');
    expect(at(taken(state, noon), noon, 'push').kind).toBe('wait');
    let used = state;
    for (let n = 0; n < 11; n += 1) used = taken(used, noon);
    expect(at(used, noon)).toEqual({ kind: 'wait', ms: hour });
    expect(at(used, noon + hour).kind).toBe('taken');
  });

  it('is neither raised nor made to hold for longer by an answer that comes late', () => {
    const state = heard(heard(untouched, 0, noon), 90, noon + 60_000);
    expect(at(state, noon + 60_000)).toEqual({ kind: 'wait', ms: hour - 60_000 });
  });

  it('moves with a clock that was set back', () => {
    const state = taken(heard(untouched, 1, noon), noon);
    expect(at(state, noon - 5 * hour)).toEqual({ kind: 'wait', ms: hour });
  });

  it('ends with the day', () => {
    const midnight = Date.parse('2026-03-02T00:00:00Z');
    expect(at(heard(untouched, 0, midnight - 1_000), midnight).kind).toBe('taken');
  });

  it('matters where it is less than was counted and heard, and somebody has to wait for it', () => {
    const news = (remaining: number, state: LimitState = untouched) => {
      const answer = at(state, noon);
      return answer.kind === 'taken' && isNews({ remaining, per: 'day' }, limits, answer);
    };
    expect([31, 30, 0, -1].map((remaining) => news(remaining))).toEqual([false, true, true, false]);
    const known = heard(untouched, 20, noon);
    expect([19, 18].map((remaining) => news(remaining, known))).toEqual([false, true]);
    const mostUsed: LimitState = { ...untouched, day: { date: '2026-03-01', used: 89 } };
    expect([10, 9].map((remaining) => news(remaining, mostUsed))).toEqual([false, true]);
    const { windows } = limits;
    expect(isNews({ remaining: 0, per: 'day' }, { windows }, { left: [] })).toBe(false);
  });
});
