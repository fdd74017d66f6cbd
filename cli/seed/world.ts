import { randomOf } from './random.ts';

const dayMs = 86_400_000;

/** How long before its end the world began: nothing in it is older. */
export const worldDays = 1_200;

/** What everything that is generated depends on. */
export interface World {
  readonly seed: number;
  readonly accounts: number;
  /** Where the world ends, in milliseconds: the midnight (UTC) with which its day begins. Nothing is later. */
  readonly now: number;
}

/**
 * A world that ends on a day written `YYYY-MM-DD`. Throws a RangeError on numbers and days that make no world.
 */
export function worldOf(options: {
  readonly seed: number;
  readonly accounts: number;
  readonly now: string;
}): World {
  const { seed, accounts } = options;
  const now = Date.parse(`${options.now}T00:00:00.000Z`);
  if (Number.isNaN(now) || new Date(now).toISOString().slice(0, 10) !== options.now) {
    throw new RangeError(`now must be a day such as 2026-03-01, not "${options.now}".`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed must be a whole number, not ${seed}.`);
  if (!Number.isSafeInteger(accounts) || accounts < 1) {
    throw new RangeError(`accounts must be a whole number of at least 1, not ${accounts}.`);
  }
  return { seed, accounts, now };
}

/** Ids say the seed and the place, so that worlds of several seeds live side by side: `acc_1_17`. */
export function idOf({ seed }: World, prefix: string, ...place: readonly (string | number)[]): string {
  return [prefix, seed, ...place].join('_');
}

/** The place that an id was made from: that of `acc_1_17` is `17`. */
export function placeOf(id: string): string {
  return id.split('_').slice(2).join('_');
}

/** The random stream of one thing in the world. */
export function streamOf({ seed }: World, ...name: readonly (string | number)[]) {
  return randomOf(seed, ...name);
}

/** The time so many days before the world's end, RFC 3339. */
export function daysAgo({ now }: World, days: number): string {
  return new Date(now - Math.round(days * dayMs)).toISOString();
}

/** The calendar day so many days before (or, below zero, after) the world's end. */
export function dateAgo(world: World, days: number): string {
  return daysAgo(world, days).slice(0, 10);
}
