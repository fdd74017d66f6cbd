import { defineError } from './errors.ts';

/* Subscriptions that are refused, or ended. */

export const SubscriptionLimitExceeded = defineError(
  'SUBSCRIPTION_LIMIT_EXCEEDED',
  429,
  'request',
  (of: 'gateway' | 'viewer', limit: number) =>
    of === 'viewer'
      ? `This viewer has ${limit} subscriptions, the most that one may have: end one first.`
      : `This gateway has ${limit} subscriptions, the most that it takes ("live.subscriptions"): come again later.`,
);
export const InitialNeedsEntity = defineError(
  'INITIAL_NEEDS_ENTITY',
  400,
  'request',
  (field: string, argument: string) =>
    `"${field}" begins with an entity only where it is told which: give "${argument}", or leave "initial" out.`,
);
export const ViewerOfAnotherTenant = defineError(
  'FORBIDDEN',
  403,
  'request',
  () => 'The connection has a viewer of another tenant now: subscribe again.',
);

/** The client reads more slowly than events are forgotten. */
export const SubscriberTooSlow = defineError(
  'SUBSCRIBER_TOO_SLOW',
  429,
  'request',
  () =>
    'Messages were read so slowly that events were forgotten meanwhile: read what you show anew, and subscribe again.',
);
export const TokenRunOut = defineError(
  'TOKEN_EXPIRED',
  401,
  'http',
  () => 'The access token has run out: send a fresh one, and go on behind the last cursor.',
);
