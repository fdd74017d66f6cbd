import { expect, it } from 'vitest';
import { z } from 'zod';
import type { ReachedLimit, SeenLimit } from './calls.ts';
import { readVendorAnswer } from './http-answer.ts';

const ofDay = { of: 'account', per: 'day', remaining: 0 } as const;
const ofSeconds = { of: 'account', remaining: 0, resetMs: 10_000 } as const;
const day = { of: 'account', per: 'day' } as const;
const account = { of: 'account' } as const;

/** What a 429 with these words and headers makes of it. */
function limited(
  reached: ReachedLimit | null,
  limits: SeenLimit | readonly SeenLimit[] | null,
  retryAfter?: string,
) {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  const request = { method: 'GET', path: '/people', answer: z.unknown() };
  const options = { vendor: 'some', request, limitOf: () => limits, reachedOf: () => reached };
  try {
    return readVendorAnswer({ statusCode: 429, headers, text: '{}' }, options);
  } catch (error) {
    return (error as { failure: unknown }).failure;
  }
}

it.each<[string, Parameters<typeof limited>, number | null, ReachedLimit | undefined]>([
  ['which it names, until that is over', [account, [ofDay, ofSeconds]], 10_000, account],
  ['of a day that it names, and not until another is over', [day, [ofSeconds]], null, day],
  ['which it names, for as long as it asks', [day, [ofDay, ofSeconds], '7'], 7_000, day],
  ['which it names, though another is used up', [{ of: 'class' }, [ofSeconds]], null, { of: 'class' }],
  ['that is used up, where it names none', [null, [{ ...ofDay, remaining: 1 }, ofSeconds]], 10_000, account],
  ['of a day that is used up, where it names none', [null, [ofDay, ofSeconds]], null, day],
  ['of the class where it is used up', [null, { remaining: 0, resetMs: 500 }], 500, undefined],
  ['of which nothing is said', [null, null], null, undefined],
])('a 429 is for the limit %s', (_, [said, limits, retryAfter], retryAfterMs, reached) => {
  expect(limited(said, limits, retryAfter)).toEqual({ kind: 'limited', retryAfterMs, reached });
});
