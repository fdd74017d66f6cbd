import { z } from 'zod';
import type { CallLimits } from '#chassis/vendor/call-limits.ts';
import { limitSettings } from '#chassis/vendor/limit-settings.ts';
import { secretSource } from '#chassis/vendor/secrets.ts';

const minute = 60_000;
const perMinute = (points: number) => ({ windows: [{ points, perMs: minute }] });

/**
 * SendGrid counts endpoint by endpoint, publishes 600 calls a minute as what most of them take, and says in each answer
 * what is left. Writing contacts and asking for jobs are slower here, since SendGrid names no number for them.
 */
export const publishedLimits = {
  default: perMinute(600),
  'contact-writes': perMinute(90),
  'contact-jobs': perMinute(300),
  contacts: perMinute(300),
  campaigns: perMinute(300),
  suppressions: perMinute(600),
  'suppression-writes': perMinute(600),
} as const satisfies CallLimits;

export type Endpoint = keyof typeof publishedLimits;

export const sendgridSettings = z.strictObject({
  apiKey: secretSource,
  /** Of a regional account another: `https://api.eu.sendgrid.com`. Keys of one region are unknown in the other. */
  baseUrl: z.string().default('https://api.sendgrid.com'),
  /** The name of the subuser whose data these are, where the key is its parent's. */
  onBehalfOf: z
    .string()
    .regex(/^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/, 'must be the name of a subuser')
    .optional(),
  /** By class of endpoints, in place of the defaults: less where others use the same account. */
  limits: limitSettings(publishedLimits),
  /** A YAML file in place of `mapping.yaml`. */
  mapping: z.string().min(1).optional(),
  /** The event webhook's verification key, which is public; without it no delivery is taken. */
  webhookPublicKey: z.string().min(1).optional(),
  /**
   * The suppression group that keeps whom Tributary suppressed for want of consent: a yes then lifts what consent had
   * imposed, and no unsubscribe of the person's own.
   */
  consentGroup: z.int().min(1),
  /** How long a push waits for SendGrid to take a contact in; then it counts as not done, and is pushed again. */
  importSeconds: z.int().min(1).max(600).default(60),
  /** How late SendGrid may show a suppression: so much is read again. */
  overlapSeconds: z.int().min(0).max(86_400).default(600),
});

export type SendgridSettings = z.output<typeof sendgridSettings>;
