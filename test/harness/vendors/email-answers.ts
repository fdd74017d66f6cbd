import type { Campaign } from '#subgraphs/email/store/tables.ts';
import type { EmailSays } from '../email-places.ts';
import type { EmailWorld } from './email-world.ts';

/** What is asked of email in words that every place has. */
export const emailFields = {
  campaign: `id name channel status startedAt
    stats { recipients sent delivered opened clicked bounced unsubscribed }`,
  contact: `id engagement { sent delivered opened clicked bounced lastOpenedAt lastClickedAt }
    suppressions { reason suppressedAt } enrollments(first: 50) { totalCount }`,
  account: `emailEngagement { contactsMailed sent delivered opened clicked bounced openRate clickRate
    lastEngagedAt suppressedContacts }`,
};

/** The answer of a campaign, as a place says it. */
export function campaignOf({ id, name, channel, status, startedAt, ...row }: Campaign): object {
  const { recipients, sent, delivered, opened, clicked, bounced, unsubscribed } = row;
  const stats = { recipients, sent, delivered, opened, clicked, bounced, unsubscribed };
  return { id, name, channel, status, startedAt, stats };
}

/** The answer of a contact of the demo. */
export function contactOf(id: string, demo: EmailWorld, { time, pastEnrollments }: EmailSays) {
  const recipient = demo.recipients.find((one) => one.id === id);
  const held = demo.suppressions
    .filter(({ contactId }) => contactId === id)
    .toSorted((a, b) => (a.suppressedAt < b.suppressedAt ? 1 : -1));
  const entered = demo.enrollments.filter(({ contactId }) => contactId === id);
  const { sent, delivered, opened, clicked, bounced, lastOpenedAt, lastClickedAt } = recipient ?? {};
  return {
    id,
    engagement:
      recipient === undefined
        ? null
        : {
            ...{ sent, delivered, opened, clicked, bounced },
            lastOpenedAt: lastOpenedAt ? time(lastOpenedAt) : null,
            lastClickedAt: lastClickedAt ? time(lastClickedAt) : null,
          },
    suppressions: held.map(({ reason, suppressedAt }) => ({ reason, suppressedAt: time(suppressedAt) })),
    enrollments: { totalCount: pastEnrollments ? entered.length : 0 },
  };
}

interface AccountAnswer {
  readonly contactsMailed: number;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly bounced: number;
  readonly openRate: number | null;
  readonly clickRate: number | null;
  readonly lastEngagedAt: string | null;
  readonly suppressedContacts: number;
}

/** What came of all mail to the contacts of each account of the demo. */
export function accountsOf(demo: EmailWorld, { time }: EmailSays): ReadonlyMap<string, AccountAnswer> {
  const suppressed = new Set(demo.suppressions.map(({ contactId }) => contactId));
  const ofAccounts = Map.groupBy(demo.recipients, ({ accountId }) => accountId ?? '');
  return new Map(
    [...ofAccounts].map(([id, ofAccount]) => {
      const sum = (count: 'sent' | 'delivered' | 'opened' | 'clicked' | 'bounced') =>
        ofAccount.reduce((total, one) => total + one[count], 0);
      const [delivered, opened, clicked] = [sum('delivered'), sum('opened'), sum('clicked')];
      const engaged = ofAccount.flatMap((one) => [one.lastOpenedAt ?? [], one.lastClickedAt ?? []].flat());
      const last = engaged.toSorted().at(-1);
      return [
        id,
        {
          contactsMailed: ofAccount.filter(({ sent }) => sent > 0).length,
          ...{ sent: sum('sent'), delivered, opened, clicked, bounced: sum('bounced') },
          openRate: delivered === 0 ? null : opened / delivered,
          clickRate: delivered === 0 ? null : clicked / delivered,
          lastEngagedAt: last === undefined ? null : time(last),
          suppressedContacts: ofAccount.filter((one) => suppressed.has(one.id)).length,
        },
      ];
    }),
  );
}
