import { z } from 'zod';
import type { CallLimits } from '#chassis/vendor/call-limits.ts';
import { limitSettings } from '#chassis/vendor/limit-settings.ts';
import { secretSource } from '#chassis/vendor/secrets.ts';

const second = 1_000;
const minute = 60_000;
const burstAndSteady = (perSecond: number, perMinute: number) => ({
  windows: [
    { points: perSecond, perMs: second },
    { points: perMinute, perMs: minute },
  ],
});
const report = { ...burstAndSteady(1, 2), perDay: { points: 225 } };

/**
 * What Klaviyo's specification says of each endpoint (Burst, Steady, Daily). Klaviyo counts endpoint by endpoint; those
 * that write profiles are counted as one here, which is less than is allowed.
 */
export const publishedLimits = {
  default: burstAndSteady(10, 150),
  profiles: burstAndSteady(75, 750),
  'profile-writes': burstAndSteady(75, 750),
  'event-reads': burstAndSteady(350, 3_500),
  'event-writes': burstAndSteady(350, 3_500),
  campaigns: burstAndSteady(10, 150),
  flows: burstAndSteady(3, 60),
  metrics: burstAndSteady(10, 150),
  'campaign-reports': report,
  'flow-reports': report,
} as const satisfies CallLimits;

export type Endpoint = keyof typeof publishedLimits;

export const klaviyoSettings = z.strictObject({
  /** A private key. */
  apiKey: secretSource,
  baseUrl: z.string().default('https://a.klaviyo.com'),
  /** By class of endpoints, in place of what Klaviyo publishes: less where others use the same account. */
  limits: limitSettings(publishedLimits),
  /** A YAML file in place of `mapping.yaml`. */
  mapping: z.string().min(1).optional(),
  /** The `secret_key` that the webhook was created with; without it no delivery is taken. */
  webhookSecret: secretSource.optional(),
  /** The account's: reports are of its days. */
  timeZone: z.string().refine(isZone, 'name an IANA time zone, such as "Europe/Berlin"').default('UTC'),
  /** Activities and counts are read from this day on; from the first where it is left out. */
  historyFrom: z.iso.date().optional(),
  /** How old counts of campaigns may be. A report a day for each past year and one in this time use the daily budget. */
  reportMinutes: z.int().min(10).max(1_440).default(30),
  /** How late Klaviyo may show a change: so much is read again. */
  overlapSeconds: z.int().min(0).max(86_400).default(600),
});

export type KlaviyoSettings = z.output<typeof klaviyoSettings>;

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
