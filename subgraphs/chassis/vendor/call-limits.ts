import type { Urgency } from './calls.ts';
import { dayAt } from './limit-days.ts';
import { type ClassLimits, type LimitState, type Remaining, type Take, take } from './limits.ts';

/** What the limit of an account over all classes is called, in settings, in the store and in metrics: no class is. */
export const accountLimit = 'account';
const defaultClass = 'default';

/**
 * By class of endpoints; `default` is the one of all that have none of their own. `account` is what the vendor allows
 * over all classes together: a call must fit into its class and into the account. With it a class needs no limits of
 * its own.
 */
export type CallLimits = Readonly<Partial<Record<string, ClassLimits>>> &
  ({ readonly default: ClassLimits } | { readonly account: ClassLimits });

/** A limit by the name that it is counted under. */
export interface NamedLimits {
  readonly name: string;
  readonly limits: ClassLimits;
}

/** What the calls of a class of endpoints count in. */
export interface CallClass {
  readonly name: string;
  /** What a refusal stops that names no limit: the class, or the account where the class has no limits of its own. */
  readonly own: NamedLimits;
  /** Beside `own`; null where the vendor counts by class alone, and where `own` is the account. */
  readonly account: NamedLimits | null;
}

/** The class of an endpoint. Limits must have been checked. */
export function callClass(limits: CallLimits, endpoint: string): CallClass {
  const name = Object.hasOwn(limits, endpoint) && endpoint !== accountLimit ? endpoint : defaultClass;
  const ofClass = limits[name];
  const ofAccount = limits[accountLimit];
  const account = ofAccount === undefined ? null : { name: accountLimit, limits: ofAccount };
  if (ofClass !== undefined) return { name, own: { name, limits: ofClass }, account };
  if (account === null) throw new Error(`There are no limits for "${endpoint}".`);
  return { name, own: account, account: null };
}

/** A limit, and what is known of it. */
export interface Counted extends NamedLimits {
  readonly state: LimitState;
}

export type TakeInAll =
  | { readonly kind: 'taken'; readonly taken: readonly Extract<Take, { kind: 'taken' }>[] }
  /** `of` is the one that has to be waited for longest. */
  | { readonly kind: 'wait'; readonly ms: number; readonly of: string };

/** Counts one call in all of several limits, one at least, or in none. */
export function takeInAll(all: readonly Counted[], urgency: Urgency, now: number): TakeInAll {
  const takes = all.map(({ name, limits, state }) => ({ name, answer: take(state, limits, urgency, now) }));
  const waits = takes.flatMap(({ name, answer }) =>
    answer.kind === 'wait' ? [{ kind: 'wait' as const, ms: answer.ms, of: name }] : [],
  );
  const longest = waits.toSorted((a, b) => b.ms - a.ms)[0];
  if (longest !== undefined) return longest;
  return { kind: 'taken', taken: takes.flatMap(({ answer }) => (answer.kind === 'taken' ? [answer] : [])) };
}

/** Whether a call may be made, by its class and by its account. */
export type CallTake =
  | ({ readonly kind: 'taken'; readonly account?: Remaining } & Remaining)
  /** `of` is the limit that has to be waited for; that of the class where nothing is said. */
  | { readonly kind: 'wait'; readonly ms: number; readonly of?: string };

/** @throws RangeError naming what cannot be kept to. */
export function checkLimits(vendor: string, limits: CallLimits): void {
  for (const [name, given] of Object.entries(limits)) {
    if (given !== undefined) checkOne(vendor, name, given);
  }
  if (limits[defaultClass] === undefined && limits[accountLimit] === undefined) {
    throw new RangeError(
      `The limits of ${vendor} have no class "${defaultClass}", which all other endpoints count in, and none of the account, "${accountLimit}".`,
    );
  }
}

function checkOne(vendor: string, name: string, { windows, perDay }: ClassLimits): void {
  const refuse = (what: string) => {
    const whose = name === accountLimit ? 'the account' : `class "${name}"`;
    throw new RangeError(`The limits of ${vendor}, ${whose}: ${what}`);
  };
  if (windows.length === 0) refuse('there must be one window at least.');
  for (const { points, perMs } of windows) {
    if (!Number.isSafeInteger(points) || points < 1)
      refuse(`${points} points; it must be a whole number from 1.`);
    if (!Number.isSafeInteger(perMs) || perMs < 1) {
      refuse(`a window of ${perMs} ms; it must be a whole number of milliseconds from 1.`);
    }
  }
  if (perDay === undefined) return;
  if (!Number.isSafeInteger(perDay.points) || perDay.points < 1) {
    refuse(`${perDay.points} points a day; it must be a whole number from 1.`);
  }
  try {
    dayAt(0, perDay.zone);
  } catch {
    refuse(`there is no time zone "${perDay.zone}"; an IANA name such as "America/New_York" is one.`);
  }
}
