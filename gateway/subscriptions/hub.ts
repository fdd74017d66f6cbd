import type { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import type { Gate } from './gate.ts';
import type { Lookups } from './lookups.ts';
import type { LiveOptions } from './options.ts';
import type { SubscriptionLimits } from './subscription-limits.ts';
import type { LiveMessage, LiveNumbers } from './types.ts';

/** What all parts of one gateway's live queries share. */
export interface Hub {
  readonly log: Logger;
  readonly options: LiveOptions;
  readonly signViewer: SignViewer | undefined;
  readonly lookups: Lookups;
  readonly executions: Gate;
  readonly limits: SubscriptionLimits;
  /** Messages of the last seconds, by group and position. */
  readonly kept: LRUCache<string, LiveMessage>;
  readonly counts: Counts;
}

/** `LiveNumbers` as they are counted. */
export type Counts = { -readonly [Name in keyof LiveNumbers]: LiveNumbers[Name] };

export const noCounts: LiveNumbers = {
  subscriptions: 0,
  groups: 0,
  catchingUp: 0,
  tails: 0,
  upstreams: 0,
  events: 0,
  executions: 0,
  messages: 0,
  gaps: 0,
};
