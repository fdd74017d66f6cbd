import type { IncomingHttpHeaders } from 'node:http';
import type { SeenLimit } from './calls.ts';

/**
 * Milliseconds of a `Retry-After` (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), or null. A date there is by
 * the vendor's clock, so it is held against the `Date` of the same answer, and against ours where that has none.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | null {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return null;
  // Fractions are no standard, and sent all the same.
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  const until = Date.parse(text);
  if (Number.isNaN(until)) return null;
  const theirs = Date.parse(headers.date ?? '');
  return Math.max(0, until - (Number.isNaN(theirs) ? now : theirs));
}

/**
 * What `RateLimit-Remaining` and `RateLimit-Reset` say (draft-ietf-httpapi-ratelimit-headers, up to 07: a number of calls
 * and one of seconds); null where they are not there.
 */
export function rateLimitHeaders(headers: IncomingHttpHeaders): SeenLimit | null {
  const remaining = wholeNumber(headers['ratelimit-remaining']);
  const reset = wholeNumber(headers['ratelimit-reset']);
  return remaining === null || reset === null ? null : { remaining, resetMs: reset * 1_000 };
}

function wholeNumber(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : null;
}
