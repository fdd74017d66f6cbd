import type { EnrollmentValues, RecipientValues, SuppressionValues } from '#subgraphs/email/store/tables.ts';
import type { SeededContact } from './accounts.ts';
import { type CampaignCounts, noCounts, type SeededCampaign } from './campaigns.ts';
import type { Random } from './random.ts';
import { daysAgo, idOf, placeOf, streamOf, type World } from './world.ts';

/** What the email platform holds of one contact. */
export interface Mailing {
  readonly recipient: RecipientValues & { readonly createdAt: string };
  readonly enrollments: readonly (EnrollmentValues & { readonly createdAt: string })[];
  readonly suppressions: readonly (SuppressionValues & { readonly createdAt: string })[];
  /** What this contact adds to the campaigns it was in. */
  readonly byCampaign: ReadonlyMap<string, CampaignCounts>;
  /** Days before the world's end; null where the contact never unsubscribed. */
  readonly unsubscribedAgo: number | null;
}

/** Days until a contact opens half as much as in the beginning. */
const interestHalfLife = 240;

interface Course {
  readonly state: EnrollmentValues['state'];
  readonly counts: CampaignCounts;
  readonly openedAgo: number | null;
  readonly clickedAgo: number | null;
  readonly end: { readonly reason: SuppressionValues['reason']; readonly ago: number } | null;
}

/**
 * What became of a contact that has an address: campaigns that started after it was known, as long as it may be
 * written to. Interest differs from person to person and decays; mail to some comes back, some unsubscribe.
 */
export function mailingOf(
  world: World,
  contact: SeededContact,
  campaigns: readonly SeededCampaign[],
  mayBeMailed: boolean,
): Mailing {
  const random = streamOf(world, 'mailing', contact.id);
  const warmth = random.unit() ** 1.6;
  const comesBack = random.chance(0.03);
  const blocked = random.chance(0.006);
  const enrollments: Mailing['enrollments'][number][] = [];
  const suppressions: Mailing['suppressions'][number][] = [];
  const byCampaign = new Map<string, CampaignCounts>();
  const total = { sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 };
  let openedAgo: number | null = null;
  let clickedAgo: number | null = null;
  let unsubscribedAgo: number | null = null;

  const suppress = (reason: SuppressionValues['reason'], ago: number) => {
    const suppressedAt = daysAgo(world, ago);
    const id = idOf(world, 'sup', placeOf(contact.id), reason.toLowerCase());
    suppressions.push({ id, contactId: contact.id, reason, suppressedAt, createdAt: suppressedAt });
  };

  for (const campaign of mayBeMailed ? campaigns : []) {
    const { startedAgo } = campaign;
    if (startedAgo === null || startedAgo > contact.ageDays || !random.chance(0.11 + 0.25 * warmth)) continue;
    const enrolledAgo = startedAgo - Math.min(0.9 * startedAgo, 25 * random.unit());
    const interest = warmth * 2 ** (-(contact.ageDays - startedAgo) / interestHalfLife);
    const course = courseOf(campaign, enrolledAgo, interest, comesBack, random);
    const enrolledAt = daysAgo(world, enrolledAgo);
    enrollments.push({
      id: idOf(world, 'enr', placeOf(contact.id), placeOf(campaign.id)),
      contactId: contact.id,
      campaignId: campaign.id,
      state: course.state,
      enrolledAt,
      createdAt: enrolledAt,
    });
    byCampaign.set(campaign.id, course.counts);
    for (const count of Object.keys(total) as (keyof typeof total)[]) total[count] += course.counts[count];
    openedAgo = latest(openedAgo, course.openedAgo);
    clickedAgo = latest(clickedAgo, course.clickedAgo);
    if (course.end !== null) {
      const { reason, ago } = course.end;
      suppress(reason, ago);
      if (reason === 'UNSUBSCRIBE') unsubscribedAgo = ago;
      break;
    }
  }
  if (blocked) suppress('MANUAL', contact.ageDays * random.unit());

  return {
    recipient: {
      id: contact.id,
      accountId: contact.accountId,
      ...total,
      lastOpenedAt: openedAgo === null ? null : daysAgo(world, openedAgo),
      lastClickedAt: clickedAgo === null ? null : daysAgo(world, clickedAgo),
      createdAt: contact.createdAt,
    },
    enrollments,
    suppressions,
    byCampaign,
    unsubscribedAgo,
  };
}

/** One contact's way through one campaign: a message about every four days, each opened or not. */
function courseOf(
  { status }: SeededCampaign,
  enrolledAgo: number,
  interest: number,
  comesBack: boolean,
  random: Random,
): Course {
  const counts = { ...noCounts(), recipients: 1 };
  let openedAgo: number | null = null;
  let clickedAgo: number | null = null;
  const planned = random.integer(2, 6);
  for (let message = 0; message < planned; message += 1) {
    const sentAgo = enrolledAgo - message * 4;
    if (sentAgo <= 0.5) return { state: 'ACTIVE', counts, openedAgo, clickedAgo, end: null };
    counts.sent += 1;
    if (comesBack) {
      counts.bounced += 1;
      return { state: 'EXITED', counts, openedAgo, clickedAgo, end: { reason: 'BOUNCE', ago: sentAgo } };
    }
    counts.delivered += 1;
    const readAgo = sentAgo - Math.min(0.9 * sentAgo, random.exponential(0.6));
    const opens = random.chance(0.08 + 0.75 * interest);
    const clicks = opens && random.chance(0.06 + 0.22 * interest);
    const leaves = random.unit();
    if (opens) {
      counts.opened += 1;
      openedAgo = latest(openedAgo, readAgo);
    }
    if (clicks) {
      counts.clicked += 1;
      clickedAgo = latest(clickedAgo, readAgo);
    }
    if (leaves < 0.0065) {
      const reason = leaves < 0.0008 ? 'COMPLAINT' : 'UNSUBSCRIBE';
      if (reason === 'UNSUBSCRIBE') counts.unsubscribed = 1;
      return { state: 'EXITED', counts, openedAgo, clickedAgo, end: { reason, ago: readAgo } };
    }
  }
  const state = status === 'COMPLETED' || random.chance(0.4) ? 'COMPLETED' : 'ACTIVE';
  return { state, counts, openedAgo, clickedAgo, end: null };
}

/** Of two times in days before the end, the later one. */
function latest(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}
