import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { ReachedLimit, SeenLimit } from '#chassis/vendor/calls.ts';
import type { Reason } from '#chassis/vendor/http-answer.ts';

/*
 * What is relied on in answers, before the SDK makes its models of them: these promise more than they check.
 */
const record = z.looseObject({
  id: z.string().min(1),
  properties: z.record(z.string(), z.string().nullable()),
  updatedAt: z.iso.datetime(),
});
const paging = z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).nullish();
const list = <Item extends z.ZodType>(item: Item) => z.looseObject({ results: z.array(item), paging });
const finding = z.looseObject({
  code: z.string().nullish(),
  message: z.string().nullish(),
  context: z.record(z.string(), z.array(z.string())).nullish(),
});
const refusal = z.looseObject({
  message: z.string().nullish(),
  category: z.string().nullish(),
  errors: z.array(finding).nullish(),
});

/**
 * Why a 207 leaves something out: there is none, or its key can be nobody's. Who reads takes what is left out for gone, so
 * that an answer with another reason is none.
 */
const notThere = z.looseObject({ category: z.enum(['OBJECT_NOT_FOUND', 'VALIDATION_ERROR']) });
const batch = <Item extends z.ZodType>(item: Item) =>
  list(item).extend({ errors: z.array(notThere).nullish() });

export const shapes = {
  record,
  records: batch(record),
  /** Why a part was refused is told to whoever wrote it. */
  written: list(record).extend({ errors: z.array(refusal).nullish() }),
  associations: batch(
    z.looseObject({
      from: z.looseObject({ id: z.string() }),
      to: z.array(
        z.looseObject({
          toObjectId: z.union([z.string(), z.number()]),
          associationTypes: z.array(z.looseObject({ typeId: z.number() })),
        }),
      ),
      paging,
    }),
  ),
  owners: list(z.looseObject({ id: z.string(), updatedAt: z.iso.datetime() })),
  properties: list(z.looseObject({ name: z.string(), type: z.string() })),
  pipelines: list(
    z.looseObject({ id: z.string(), stages: z.array(z.looseObject({ id: z.string(), label: z.string() })) }),
  ),
} as const;

/** What HubSpot says of a refusal: the code of its first finding is more telling than the category of all. */
export function reasonOf(body: unknown): Reason | null {
  const read = refusal.safeParse(body);
  if (!read.success) return null;
  const { message, category, errors } = read.data;
  const found = errors ?? [];
  const scopes = found.flatMap(({ context }) => context?.requiredGranularScopes ?? []);
  const said = found.flatMap((each) => each.message ?? []);
  const code = found.find((each) => each.code)?.code ?? category;
  if (!code) return null;
  const reason = [said.length > 0 ? said.join(' ') : message, scopes.join(', ')].filter(Boolean).join(' ');
  return { code, reason: reason || code };
}

/**
 * Locked, for two seconds where much is written at once; and being moved to another place, with how long that takes
 * (HubSpot, Error handling). What is asked then is refused for nothing that it says.
 */
export const limiting = [423, 477] as const;

const policies: ReadonlyMap<unknown, ReachedLimit> = new Map<string, ReachedLimit>([
  ['DAILY', { of: 'account', per: 'day' }],
  ['TEN_SECONDLY_ROLLING', { of: 'account' }],
  ['SECONDLY', { of: 'class' }],
]);
const throttled = z.looseObject({ policyName: z.string() });

/** Which limit the body of a 429 says is reached. */
export function reachedOf(body: unknown): ReachedLimit | null {
  const read = throttled.safeParse(body);
  return (read.success && policies.get(read.data.policyName)) || null;
}

/** What is left of the account's day, and of its ten seconds. Answers of searches say nothing. */
export function limitsOfAccount(headers: IncomingHttpHeaders): readonly SeenLimit[] {
  const ofDay = wholeNumber(headers['x-hubspot-ratelimit-daily-remaining']);
  const remaining = wholeNumber(headers['x-hubspot-ratelimit-remaining']);
  const resetMs = wholeNumber(headers['x-hubspot-ratelimit-interval-milliseconds']);
  return [
    ...(ofDay === null ? [] : [{ of: 'account', per: 'day', remaining: ofDay } as const]),
    ...(remaining === null || resetMs === null ? [] : [{ of: 'account', remaining, resetMs } as const]),
  ];
}

function wholeNumber(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,12}$/.test(value.trim()) ? Number(value) : null;
}
