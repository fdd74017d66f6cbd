import { SubscriptionLimitExceeded } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { LiveOptions } from './options.ts';

/** Counts subscriptions: all together, and those of each user and machine. Whoever has no identity is in the first alone. */
export interface SubscriptionLimits {
  /**
   * @returns what to leave with, once; undefined where the viewer has no identity
   * @throws GatewayError `SUBSCRIPTION_LIMIT_EXCEEDED`.
   */
  readonly enter: (viewer: Viewer) => string | undefined;
  readonly leave: (countedAs: string | undefined) => void;
}

export function openSubscriptionLimits({
  subscriptions,
  subscriptionsPerViewer,
}: Pick<LiveOptions, 'subscriptions' | 'subscriptionsPerViewer'>): SubscriptionLimits {
  const counted = new Map<string, { readonly key: string; count: number }>();
  let all = 0;
  return {
    enter: ({ kind, tenant, id }) => {
      if (all >= subscriptions) throw SubscriptionLimitExceeded('gateway', subscriptions);
      if (kind !== 'user' && kind !== 'machine') {
        all += 1;
        return undefined;
      }
      const key = JSON.stringify([kind, tenant, id]);
      const entry = counted.get(key) ?? { key, count: 0 };
      if (entry.count >= subscriptionsPerViewer) {
        throw SubscriptionLimitExceeded('viewer', subscriptionsPerViewer);
      }
      all += 1;
      entry.count += 1;
      counted.set(key, entry);
      /* The same text for all of them, which is kept once. */
      return entry.key;
    },
    leave: (countedAs) => {
      all -= 1;
      const entry = countedAs === undefined ? undefined : counted.get(countedAs);
      if (entry === undefined) return;
      entry.count -= 1;
      if (entry.count === 0) counted.delete(entry.key);
    },
  };
}
