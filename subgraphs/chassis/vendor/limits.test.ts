import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLimits } from './call-limits.ts';
import type { Urgency } from './calls.ts';
import {
  type ClassLimits,
  isNarrower,
  type LimitState,
  type LimitWindow,
  narrow,
  pause,
  take,
  untouched,
} from './limits.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');

/** Takes as many as may be at one moment, a hundred at most. */
function takeAll(state: LimitState, limits: ClassLimits, urgency: Urgency, now: number) {
  let present = state;
  for (let count = 0; count < 100; count += 1) {
    const answer = take(present, limits, urgency, now);
    if (answer.kind === 'wait') return { state: present, count, waitMs: answer.ms };
    present = answer.state;
  }
  return { state: present, count: 100, waitMs: 0 };
}

const urgencies: fc.Arbitrary<Urgency> = fc.constantFrom('read', 'push', 'sync');
/* Of few points, which are counted one by one, and of many, which are counted in pieces. */
const windows = fc.array(
  fc.record({ points: fc.integer({ min: 1, max: 60 }), perMs: fc.integer({ min: 1, max: 5_000 }) }),
  { minLength: 1, maxLength: 2 },
);
const apart = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
);

function mostIn(moments: readonly number[], { perMs }: LimitWindow): number {
  let most = 0;
  let from = 0;
  for (const [index, moment] of moments.entries()) {
    while ((moments[from] as number) <= moment - perMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

describe('windows', () => {
  it('are kept to wherever they begin, however calls come', () => {
    fc.assert(
      fc.property(
        windows,
        fc.array(fc.record({ after: apart, urgency: urgencies }), { minLength: 100, maxLength: 400 }),
        fc.boolean(),
        (given, calls, isPatient) => {
          const limits = { windows: given };
          let state = untouched;
          let now = noon;
          const made: number[] = [];
          for (const { after, urgency } of calls) {
            now += after;
            let answer = take(state, limits, urgency, now);
            // Those who wait exactly as long as they are told are who comes at the edges.
            while (isPatient && answer.kind === 'wait') {
              now += answer.ms;
              answer = take(state, limits, urgency, now);
            }
            if (answer.kind === 'wait') continue;
            state = answer.state;
            made.push(now);
          }
          for (const window of given) expect(mostIn(made, window)).toBeLessThanOrEqual(window.points);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are kept to by the time that has passed, where the clock is set back meanwhile', () => {
    fc.assert(
      fc.property(
        windows,
        fc.array(
          fc.record({ after: fc.integer({ min: 0, max: 500 }), back: fc.integer({ min: 0, max: 60_000 }) }),
          {
            minLength: 50,
            maxLength: 200,
          },
        ),
        (given, calls) => {
          let state = untouched;
          let passed = 0;
          let off = noon;
          const made: number[] = [];
          for (const { after, back } of calls) {
            passed += after;
            if (back % 7 === 0) off -= back;
            const answer = take(state, { windows: given }, 'read', off + passed);
            if (answer.kind === 'wait') continue;
            state = answer.state;
            made.push(passed);
          }
          for (const window of given) expect(mostIn(made, window)).toBeLessThanOrEqual(window.points);
        },
      ),
    );
  });

  it('let calls through again after as long as ever, where the clock was set back', () => {
    const limits = { windows: [{ points: 3, perMs: 1_000 }] };
    const { state } = takeAll(untouched, limits, 'read', noon);
    const hourAgo = noon - 3_600_000;
    expect(take(state, limits, 'read', hourAgo)).toEqual({ kind: 'wait', ms: 1_000 });
    expect(takeAll(pause(state, limits, 2_000, noon), limits, 'read', hourAgo).waitMs).toBe(2_000);
    // Where nothing is taken the row stays as it was, and with it the later moment.
    const narrowed = narrow(state, limits, { remaining: 2, resetMs: 900 }, hourAgo);
    expect(takeAll(narrowed, limits, 'read', hourAgo + 1_000).count).toBe(3);
  });

  it('give out nearly all that they allow, in pieces of a bounded number', () => {
    const limits = { windows: [{ points: 190, perMs: 10_000 }] };
    let state = untouched;
    let made = 0;
    for (let now = noon; now < noon + 600_000; now += 10) {
      const answer = take(state, limits, 'read', now);
      if (answer.kind === 'wait') continue;
      state = answer.state;
      made += 1;
    }
    expect(made).toBeGreaterThan(190 * 60 * 0.9);
    expect(state.taken[10_000]?.length).toBeLessThanOrEqual(21);
  });

  it('say how long to wait, and let the call through then', () => {
    const limits = {
      windows: [
        { points: 2, perMs: 1_000 },
        { points: 3, perMs: 60_000 },
      ],
    };
    const burst = takeAll(untouched, limits, 'read', noon);
    expect(burst).toMatchObject({ count: 2, waitMs: 1_000 });
    const steady = takeAll(burst.state, limits, 'read', noon + 1_000);
    expect(steady).toMatchObject({ count: 1, waitMs: 59_000 });
    expect(take(steady.state, limits, 'read', noon + 59_999)).toEqual({ kind: 'wait', ms: 1 });
    expect(takeAll(steady.state, limits, 'read', noon + 60_000).count).toBe(2);
  });

  it('keep a part for the more urgent', () => {
    const limits = { windows: [{ points: 20, perMs: 1_000 }] };
    const sync = takeAll(untouched, limits, 'sync', noon);
    const push = takeAll(sync.state, limits, 'push', noon);
    const read = takeAll(push.state, limits, 'read', noon);
    expect([sync.count, push.count, read.count]).toEqual([14, 4, 2]);
    // One at least, or a small limit would never let a sync through.
    expect(takeAll(untouched, { windows: [{ points: 1, perMs: 1_000 }] }, 'sync', noon).count).toBe(1);
  });

  it('go on counting where their number of points is changed', () => {
    const before = takeAll(untouched, { windows: [{ points: 10, perMs: 1_000 }] }, 'read', noon).state;
    expect(takeAll(before, { windows: [{ points: 12, perMs: 1_000 }] }, 'read', noon + 1).count).toBe(2);
  });
});

describe('a daily budget', () => {
  const limits = (zone?: string): ClassLimits => ({
    windows: [{ points: 100, perMs: 1 }],
    perDay: { points: 10, zone },
  });

  it.each([
    ['UTC', undefined, '2026-03-02T00:00:00Z'],
    ['the zone', 'America/New_York', '2026-03-01T05:00:00Z'],
    // The night to the 8th has an hour less there.
    ['a zone that changes its clock', 'America/New_York', '2026-03-09T04:00:00Z'],
  ])('begins anew at midnight of %s', (_, zone, midnight) => {
    const at = Date.parse(midnight);
    const used = takeAll(untouched, limits(zone), 'read', at - 3_600_000);
    expect(used).toMatchObject({ count: 10, waitMs: 3_600_000 });
    expect(take(used.state, limits(zone), 'read', at - 1)).toEqual({ kind: 'wait', ms: 1 });
    expect(takeAll(used.state, limits(zone), 'read', at).count).toBe(10);
  });

  it('keeps a part for the more urgent', () => {
    const sync = takeAll(untouched, limits(), 'sync', noon);
    expect([sync.count, takeAll(sync.state, limits(), 'read', noon).count]).toEqual([7, 3]);
  });

  it('is not given out again where the clock is set back over midnight', () => {
    const midnight = Date.parse('2026-03-02T00:00:00Z');
    const used = takeAll(untouched, limits(), 'read', midnight + 1_000).state;
    expect(take(used, limits(), 'read', midnight - 1_000).kind).toBe('wait');
  });
});

describe('a pause', () => {
  const limits: ClassLimits = { windows: [{ points: 10, perMs: 2_000 }] };
  const waitAt = (state: LimitState, now: number) => takeAll(state, limits, 'read', now).waitMs;
  const isPaused = (state: LimitState, now: number) => take(state, limits, 'read', now).kind === 'wait';

  it('is as long as the vendor asked, and not shortened by an answer that asks for less', () => {
    const state = pause(pause(untouched, limits, 30_000, noon), limits, 1_000, noon + 10);
    expect(take(state, limits, 'read', noon + 29_999)).toEqual({ kind: 'wait', ms: 1 });
    expect(isPaused(state, noon + 30_000)).toBe(false);
  });

  it('is one even where the vendor asks for none', () => {
    expect(waitAt(pause(untouched, limits, 0, noon), noon)).toBe(2_000);
  });

  it('is of a day at most', () => {
    expect(waitAt(pause(untouched, limits, 1e12, noon), noon)).toBe(24 * 3_600_000);
  });

  it('doubles where nobody said how long and it did not suffice, up to a minute', () => {
    let state = untouched;
    let now = noon;
    const pauses: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      state = pause(state, limits, null, now);
      // What was under way as well is refused for the same reason.
      state = pause(state, limits, null, now + 5);
      const ms = waitAt(state, now);
      pauses.push(ms);
      now += ms;
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(waitAt(pause(state, limits, null, now + 60_000), now + 60_000)).toBe(2_000);
  });
});

describe('what the vendor says is left', () => {
  const limits: ClassLimits = {
    windows: [
      { points: 10, perMs: 1_000 },
      { points: 100, perMs: 60_000 },
    ],
  };

  it('holds until its reset, with the parts of the more urgent', () => {
    const state = narrow(untouched, limits, { remaining: 2, resetMs: 800 }, noon);
    expect(takeAll(state, limits, 'sync', noon)).toMatchObject({ count: 0, waitMs: 800 });
    expect(takeAll(state, limits, 'push', noon).count).toBe(1);
    const used = takeAll(state, limits, 'read', noon);
    expect(used).toMatchObject({ count: 2, waitMs: 800 });
    expect(takeAll(used.state, limits, 'read', noon + 800).count).toBe(8);
  });

  it('is not raised by an answer that comes late', () => {
    const state = narrow(untouched, limits, { remaining: 1, resetMs: 800 }, noon);
    const later = narrow(state, limits, { remaining: 5, resetMs: 700 }, noon + 100);
    expect(takeAll(later, limits, 'read', noon + 100)).toMatchObject({ count: 1, waitMs: 700 });
  });

  it('matters only where it is less than was counted', () => {
    const answer = take(untouched, limits, 'read', noon);
    const left = answer.kind === 'taken' ? answer.left : [];
    expect(isNarrower({ remaining: 9, resetMs: 500 }, left)).toBe(false);
    expect(isNarrower({ remaining: 8, resetMs: 500 }, left)).toBe(true);
    expect(isNarrower({ remaining: 98, resetMs: 30_000 }, left)).toBe(true);
    expect(isNarrower({ remaining: 0, resetMs: 0 }, left)).toBe(false);
  });
});

describe('limits that are none', () => {
  const fine: ClassLimits = { windows: [{ points: 1, perMs: 1 }] };
  it.each<[string, Record<string, ClassLimits>, string]>([
    ['without default', { search: fine }, 'no class "default"'],
    ['without windows', { default: { windows: [] } }, 'one window at least'],
    ['without points', { default: { windows: [{ points: 0, perMs: 1 }] } }, '0 points'],
    ['of half a millisecond', { default: { windows: [{ points: 1, perMs: 0.5 }] } }, 'a window of 0.5 ms'],
    ['of half a call a day', { default: { ...fine, perDay: { points: 0.5 } } }, '0.5 points a day'],
    ['in no zone', { default: { ...fine, perDay: { points: 1, zone: 'Mars/Olympus' } } }, '"Mars/Olympus"'],
  ])('%s are refused', (_, limits, message) => {
    expect(() => checkLimits('acme', limits as never)).toThrow(message);
  });
});
