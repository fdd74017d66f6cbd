import { createHash, timingSafeEqual } from 'node:crypto';
import type { Verdict } from '../system.ts';

/** How far the clock of who signed may be from ours, in either direction. */
export const signatureWindowMs = 5 * 60_000;

export const genuine: Verdict = { kind: 'genuine' };

export function refused(reason: string): Verdict {
  return { kind: 'refused', reason };
}

/**
 * Whether a signature was made at a time that is believed.
 * @param signedAt milliseconds since 1970; NaN where it is none
 */
export function isTimely(signedAt: number, now: Date): boolean {
  return Math.abs(now.getTime() - signedAt) <= signatureWindowMs;
}

/** Compares in a time that tells nothing of where they differ, nor of how long the right one is. */
export function sameText(given: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}
