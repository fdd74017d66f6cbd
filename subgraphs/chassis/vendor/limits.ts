import type { SeenLimit, SeenWindow, Urgency } from './calls.ts';
import { dayAt, laterOf, restOfDay, type UsedOfDay, usedOn } from './limit-days.ts';

/** So many calls in every stretch of time of that length, wherever it begins. */
export interface LimitWindow {
  readonly points: number;
  readonly perMs: number;
}

/** What one class of a vendor's endpoints allows an account, or the account over all; a call must fit into all of it. */
export interface ClassLimits {
  /** One or more, such as a burst of 10 in 1,000 ms and a steady 150 in 60,000 ms. */
  readonly windows: readonly LimitWindow[];
  /** Calls of a calendar day, counted anew at midnight of the IANA zone; UTC where none is named. */
  readonly perDay?: { readonly points: number; readonly zone?: string };
}

/** Calls that were made at nearly the same time: their first and last moment, and how many they were. */
type Taken = readonly [first: number, last: number, count: number];

/** What is known of one class of one account, or of the account itself. All moments are milliseconds since 1970, of one clock. */
export interface LimitState {
  readonly at: number;
  /** By the length of the window: limits may be changed while calls are counted. */
  readonly taken: Readonly<Record<string, readonly Taken[]>>;
  readonly day: UsedOfDay | null;
  readonly pause: { readonly until: number; readonly ms: number } | null;
  readonly seen: Seen | null;
  /** Of the day's budget; what was kept before vendors were heard of it has none. */
  readonly seenOfDay?: Seen | null;
}

/** What the vendor said is left, and until when it holds. */
interface Seen {
  readonly left: number;
  readonly until: number;
}

/** What remains where a call was counted: whoever hears of less from the vendor is to say so. */
export interface Remaining {
  readonly left: readonly (LimitWindow & { left: number })[];
  /** Of the day; absent without a daily budget. */
  readonly leftOfDay?: number | undefined;
}

export type Take =
  | ({ readonly kind: 'taken'; readonly state: LimitState } & Remaining)
  | { readonly kind: 'wait'; readonly ms: number };

/** The part of every limit that the more urgent have to themselves. */
const kept: Readonly<Record<Urgency, number>> = { read: 0, push: 0.1, sync: 0.3 };
/** A window is kept in as many pieces at most; a call counts until the last of its piece is out of the window. */
const piecesPerWindow = 20;
const leastPauseMs = 1_000;
const longestPauseMs = 60_000;
const longestAskedPauseMs = 24 * 3_600_000;

export const untouched: LimitState = { at: 0, taken: {}, day: null, pause: null, seen: null };

/** Counts one call where it is allowed now, or says how long it has to wait at least. Nothing is counted then. */
export function take(before: LimitState, limits: ClassLimits, urgency: Urgency, now: number): Take {
  const state = atTime(before, now);
  const waits = [
    (state.pause?.until ?? now) - now,
    waitForSeen(state, limits, urgency, now),
    waitForSeenDay(state, limits, urgency, now),
    waitForDay(state, limits, urgency, now),
    ...limits.windows.map((window) => waitForWindow(state, window, urgency, now)),
  ];
  const ms = Math.max(...waits);
  if (ms > 0) return { kind: 'wait', ms };

  const taken = Object.fromEntries(
    limits.windows.map((window) => [window.perMs, counted(takenIn(state, window, now), window, now)]),
  );
  const date = limits.perDay && dayAt(now, limits.perDay.zone).date;
  const next: LimitState = {
    at: now,
    taken,
    day:
      date === undefined ? null : { date: laterOf(state.day?.date, date), used: usedOn(state.day, date) + 1 },
    pause: state.pause,
    seen: oneLess(state.seen, now),
    seenOfDay: oneLess(state.seenOfDay, now),
  };
  const left = limits.windows.map((window) => ({
    ...window,
    left: window.points - sum(takenIn(next, window, now)),
  }));
  const { perDay } = limits;
  const leftOfDay =
    perDay &&
    Math.min(perDay.points - (next.day?.used ?? 0), next.seenOfDay?.left ?? Number.POSITIVE_INFINITY);
  return { kind: 'taken', state: next, left, leftOfDay };
}

/**
 * Stops a class or an account for as long as the vendor asked. Where it did not say, or asked for no time at all, and it
 * is the day's budget that is used up, until the day ends, an hour at a time at most. Else until its shortest window is
 * over, and each time twice as long where that was not enough, up to a minute.
 */
export function pause(
  before: LimitState,
  limits: ClassLimits,
  retryAfterMs: number | null,
  now: number,
  per?: 'day',
): LimitState {
  const state = atTime(before, now);
  const last = state.pause;
  const asked = retryAfterMs !== null && retryAfterMs > 0 ? Math.ceil(retryAfterMs) : null;
  const known = asked ?? (per === 'day' ? restOfDay(limits.perDay?.zone, now) : null);
  if (known !== null) {
    const until = now + Math.min(known, longestAskedPauseMs);
    return until <= (last?.until ?? 0) ? state : { ...state, pause: { until, ms: leastPauseMs } };
  }
  // Several calls under way are refused for the same reason: they are one refusal.
  if (last !== null && now < last.until) return state;
  const shortest = Math.min(...limits.windows.map(({ perMs }) => perMs));
  const first = Math.min(Math.max(shortest, leastPauseMs), longestPauseMs);
  const again = last !== null && now - last.until < last.ms;
  const ms = again ? Math.min(Math.max(last.ms * 2, first), longestPauseMs) : first;
  return { ...state, pause: { until: now + ms, ms } };
}

/**
 * Takes over what the vendor says is left, where that is less than is known. It holds until the vendor's reset and is
 * not raised before: an answer that was under way for long tells of the past.
 */
export function narrow(before: LimitState, limits: ClassLimits, seen: SeenLimit, now: number): LimitState {
  const state = atTime(before, now);
  if ('per' in seen) {
    const until = now + restOfDay(limits.perDay?.zone, now);
    return { ...state, seenOfDay: narrowed(state.seenOfDay, { left: seen.remaining, until }, now) };
  }
  const longest = Math.max(...limits.windows.map(({ perMs }) => perMs));
  const until = now + Math.min(Math.ceil(seen.resetMs), longest);
  return { ...state, seen: narrowed(state.seen, { left: seen.remaining, until }, now) };
}

/** Whether what the vendor says is to be taken over. */
export function isNews(seen: SeenLimit, limits: ClassLimits, { left, leftOfDay }: Remaining): boolean {
  if ('resetMs' in seen) return isNarrower(seen, left);
  if (limits.perDay === undefined || leftOfDay === undefined) return false;
  // Where others use the account each answer says less; it matters once somebody has to wait for it.
  const { points } = limits.perDay;
  return seen.remaining >= 0 && seen.remaining < leftOfDay && seen.remaining <= keptFrom(points, 'sync');
}

/** Whether the vendor says less than we counted ourselves. */
export function isNarrower(seen: SeenWindow, left: Remaining['left']): boolean {
  const window = windowOf(seen.resetMs, left);
  return seen.resetMs > 0 && seen.remaining >= 0 && seen.remaining < window.left;
}

/** How many of so many points calls of an urgency may use: one at least, or they would never be made. */
function share(points: number, urgency: Urgency): number {
  return Math.max(1, points - Math.ceil(points * kept[urgency]));
}

/** How many of so many points are for the more urgent alone. */
function keptFrom(points: number, urgency: Urgency): number {
  return points - share(points, urgency);
}

/** A clock that was set back must not free what was counted, nor stop all for as long: what is kept moves with it. */
function atTime(state: LimitState, now: number): LimitState {
  const back = state.at - now;
  if (back <= 0) return state;
  const { taken, pause, seen, seenOfDay } = state;
  return {
    ...state,
    at: now,
    taken: Object.fromEntries(
      Object.entries(taken).map(([perMs, pieces]) => [
        perMs,
        pieces.map(([first, last, count]): Taken => [first - back, last - back, count]),
      ]),
    ),
    pause: pause && { ...pause, until: pause.until - back },
    seen: seen && { ...seen, until: seen.until - back },
    seenOfDay: seenOfDay && { ...seenOfDay, until: seenOfDay.until - back },
  };
}

/** What still counts: a piece does for as long as its last call is within the window. */
function takenIn({ taken }: LimitState, { perMs }: LimitWindow, now: number): readonly Taken[] {
  return (taken[perMs] ?? []).filter(([, last]) => last > now - perMs);
}

function counted(pieces: readonly Taken[], { points, perMs }: LimitWindow, now: number): readonly Taken[] {
  // Few points are kept one by one, which is exact.
  const pieceMs = points <= piecesPerWindow ? 1 : Math.max(1, Math.floor(perMs / piecesPerWindow));
  const newest = pieces.at(-1);
  if (newest === undefined || now >= newest[0] + pieceMs) return [...pieces, [now, now, 1]];
  return [...pieces.slice(0, -1), [newest[0], now, newest[2] + 1]];
}

function sum(pieces: readonly Taken[]): number {
  return pieces.reduce((total, [, , count]) => total + count, 0);
}

function waitForWindow(state: LimitState, window: LimitWindow, urgency: Urgency, now: number): number {
  const pieces = takenIn(state, window, now);
  let over = sum(pieces) - share(window.points, urgency) + 1;
  if (over <= 0) return 0;
  for (const [, last, count] of pieces) {
    over -= count;
    if (over <= 0) return last + window.perMs - now;
  }
  return window.perMs;
}

function waitForSeen({ seen }: LimitState, { windows }: ClassLimits, urgency: Urgency, now: number): number {
  if (seen === null || seen.until <= now) return 0;
  const { points } = windowOf(seen.until - now, windows);
  return seen.left > keptFrom(points, urgency) ? 0 : seen.until - now;
}

function waitForSeenDay(
  { seenOfDay }: LimitState,
  { perDay }: ClassLimits,
  urgency: Urgency,
  now: number,
): number {
  if (!seenOfDay || seenOfDay.until <= now || perDay === undefined) return 0;
  return seenOfDay.left > keptFrom(perDay.points, urgency) ? 0 : seenOfDay.until - now;
}

function oneLess(seen: Seen | null | undefined, now: number): Seen | null {
  return seen && seen.until > now ? { ...seen, left: seen.left - 1 } : null;
}

/** What is heard while something heard before still holds can make it less, and not make it hold for longer. */
function narrowed(before: Seen | null | undefined, heard: Seen, now: number): Seen {
  if (!before || before.until <= now) return heard;
  return { left: Math.min(before.left, heard.left), until: before.until };
}

/** The window that a reset in so long is most likely of: the shortest that is as long. */
function windowOf<Window extends LimitWindow>(resetMs: number, windows: readonly Window[]): Window {
  const byLength = windows.toSorted((a, b) => a.perMs - b.perMs);
  return (byLength.find(({ perMs }) => perMs >= resetMs) ?? byLength.at(-1)) as Window;
}

function waitForDay(state: LimitState, { perDay }: ClassLimits, urgency: Urgency, now: number): number {
  if (perDay === undefined) return 0;
  const { date, endsAt } = dayAt(now, perDay.zone);
  return usedOn(state.day, date) < share(perDay.points, urgency) ? 0 : endsAt - now;
}
