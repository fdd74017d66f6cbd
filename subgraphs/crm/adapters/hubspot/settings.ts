import { z } from 'zod';
import type { CallLimits } from '#chassis/vendor/call-limits.ts';
import { limitSettings } from '#chassis/vendor/limit-settings.ts';
import type { ClassLimits } from '#chassis/vendor/limits.ts';
import { secretSource } from '#chassis/vendor/secrets.ts';

/**
 * What HubSpot publishes for private apps of professional and enterprise accounts: so much for all calls together, and of
 * these so many searches.
 */
export const usualLimits = {
  account: { windows: [{ points: 190, perMs: 10_000 }], perDay: { points: 650_000 } },
  search: { windows: [{ points: 4, perMs: 1_000 }] },
} satisfies CallLimits;

/** How a tenant's HubSpot account is reached. */
export const hubspotSettings = z.strictObject({
  /** Of the account: a number that HubSpot shows beside its name. */
  portalId: z.int().positive(),
  credentials: z.union(
    [
      z.strictObject({ privateApp: secretSource }),
      z.strictObject({
        oauth: z.strictObject({
          clientId: z.string().min(1),
          clientSecret: secretSource,
          refreshToken: secretSource,
        }),
      }),
    ],
    { error: 'must be { privateApp: … } or { oauth: { clientId, clientSecret, refreshToken } }' },
  ),
  /** Without it HubSpot tells of nothing by itself, and changes are found by asking. */
  webhook: z.strictObject({ clientSecret: secretSource }).optional(),
  /** A file in the place of the mapping that comes with the adapter. */
  mapping: z.string().min(1).optional(),
  /** The account's own currency, of amounts that name none: an ISO 4217 code. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a code of three capitals, such as EUR'),
  /** The account's time zone: in it a moment of HubSpot is a date. */
  timeZone: z.string().refine(isTimeZone, 'must be an IANA name, such as Europe/Berlin').default('UTC'),
  baseUrl: z.url().default('https://api.hubapi.com'),
  limits: limitSettings(usualLimits).transform((given) => ({ ...usualLimits, ...given })),
  /** How long HubSpot's search may be behind its records: so far back each look at changes begins. */
  searchLagSeconds: z.int().min(0).max(3_600).default(60),
  /** How often archived records are looked for, which HubSpot lists only all together. */
  archivedEverySeconds: z.int().min(0).max(86_400).default(600),
});

export type HubspotSettings = z.infer<typeof hubspotSettings>;

/** A tenant's limits; HubSpot's day ends at midnight of the account's own time zone, unless the settings name another. */
export function limitsOf({ limits, timeZone }: HubspotSettings): CallLimits {
  const { perDay, ...account }: ClassLimits = limits.account;
  return {
    ...limits,
    account: { ...account, ...(perDay && { perDay: { ...perDay, zone: perDay.zone ?? timeZone } }) },
  };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
