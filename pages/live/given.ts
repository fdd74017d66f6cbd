import type { LeadUpdatesSubscription } from '#client/__generated__/operations.ts';

export type LeadUpdate = LeadUpdatesSubscription['leadUpdated'];

/** What the page shows updates of; both have to match. */
export interface LiveGiven {
  readonly ownerId: string | null;
  readonly accountId: string | null;
}
