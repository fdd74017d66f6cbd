import { setImmediate } from 'node:timers/promises';
import type { ConversionRow, TouchRow, VisitRow } from '#subgraphs/analytics/adapters/warehouse.ts';
import { accountOf, type SeededAccount } from './accounts.ts';
import type { SeededCampaign } from './campaigns.ts';
import type { SeededLead } from './leads.ts';
import { type Random, weighted } from './random.ts';
import { daysAgo, idOf, placeOf, streamOf, type World } from './world.ts';

type Channel = TouchRow['channel'];
type Kind = TouchRow['kind'];

const channelOf = weighted<Channel>([
  ['EMAIL', 26],
  ['ORGANIC_SEARCH', 16],
  ['DIRECT', 12],
  ['PAID_SEARCH', 10],
  ['DISPLAY', 8],
  ['PAID_SOCIAL', 7],
  ['OUTBOUND', 6],
  ['ORGANIC_SOCIAL', 5],
  ['WEBINAR', 4],
  ['REFERRAL', 3],
  ['EVENT', 2],
  ['PARTNER', 1],
]);

const browsing = weighted<Kind>([
  ['VISIT', 78],
  ['DOWNLOAD', 12],
  ['FORM_SUBMISSION', 10],
]);
const advertised = weighted<Kind>([
  ['IMPRESSION', 70],
  ['CLICK', 30],
]);

/** What happens through a channel. */
const kindOf: Readonly<Record<Channel, (random: Random) => Kind>> = {
  EMAIL: weighted([
    ['OPEN', 74],
    ['CLICK', 22],
    ['REPLY', 4],
  ]),
  ORGANIC_SEARCH: browsing,
  DIRECT: browsing,
  REFERRAL: browsing,
  PAID_SEARCH: weighted([
    ['CLICK', 85],
    ['FORM_SUBMISSION', 15],
  ]),
  DISPLAY: weighted([
    ['IMPRESSION', 95],
    ['CLICK', 5],
  ]),
  PAID_SOCIAL: advertised,
  ORGANIC_SOCIAL: advertised,
  OUTBOUND: weighted([
    ['REPLY', 70],
    ['MEETING', 30],
  ]),
  WEBINAR: weighted([
    ['FORM_SUBMISSION', 55],
    ['ATTENDANCE', 45],
  ]),
  EVENT: weighted([
    ['ATTENDANCE', 80],
    ['MEETING', 20],
  ]),
  PARTNER: weighted([
    ['VISIT', 60],
    ['MEETING', 40],
  ]),
};

/** How long before an opportunity opens a company begins to look around, and how its interest fades, in days. */
const lookAround = 90;
const fading = 110;

const accountsBetweenPauses = 100;

/**
 * How many facts each account gets of a total: in proportion to its people, unevenly. The shares of all
 * accounts sum to exactly the total. It pauses now and then, so that the process can do other things.
 */
export async function sharesOf(
  world: World,
  what: 'touches' | 'visits',
  total: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const weights = new Float64Array(world.accounts);
  let sum = 0;
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const { contacts, opportunities } = accountOf(world, nth);
    const busy = streamOf(world, what, 'share', nth).factor(0.5);
    sum += (0.3 + contacts.length ** 0.9 + opportunities.length) * busy;
    weights[nth] = sum;
    if (nth % accountsBetweenPauses === 0) await setImmediate(undefined, { signal });
  }
  let given = 0;
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const upTo = Math.round(((weights[nth] ?? 0) / sum) * total);
    weights[nth] = upTo - given;
    given = upTo;
  }
  return weights;
}

/** Touches of all accounts, one after the other: never more than one account in memory. */
export function* touchesOf(
  world: World,
  campaigns: readonly SeededCampaign[],
  shares: Float64Array,
): Generator<TouchRow> {
  const started = campaigns.filter(({ startedAgo }) => startedAgo !== null);
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const account = accountOf(world, nth);
    const random = streamOf(world, 'touches', nth);
    const clock = clockOf(world, account);
    for (let place = 0; place < (shares[nth] ?? 0); place += 1) {
      const channel = channelOf(random);
      const ago = clock(random);
      yield {
        id: idOf(world, 'tou', nth + 1, place + 1),
        ...who(account, ago, random),
        channel,
        campaignId: campaignAt(started, channel, ago, random),
        kind: kindOf[channel](random),
        at: daysAgo(world, ago),
      };
    }
  }
}

/** Visits of all accounts to site and product; a company's people come back, some of them often. */
export function* visitsOf(world: World, shares: Float64Array): Generator<VisitRow> {
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const account = accountOf(world, nth);
    const random = streamOf(world, 'visits', nth);
    const clock = clockOf(world, account);
    const visitors = Math.max(1, Math.round(account.contacts.length * 1.4));
    for (let place = 0; place < (shares[nth] ?? 0); place += 1) {
      const ago = clock(random);
      const pageViews = 1 + Math.floor(random.exponential(2.6));
      const visitor = 1 + Math.floor(visitors * random.unit() ** 2);
      const measured = random.chance(0.88);
      const seconds = Math.round(pageViews * random.exponential(45));
      yield {
        id: idOf(world, 'vis', nth + 1, place + 1),
        ...who(account, ago, random),
        visitorId: idOf(world, 'vtr', nth + 1, visitor),
        at: daysAgo(world, ago),
        pageViews,
        seconds: measured ? seconds : null,
      };
    }
  }
}

/** What the CRM says was reached: leads qualified, opportunities opened and won. */
export function* conversionsOf(world: World): Generator<ConversionRow> {
  for (let nth = 0; nth < world.accounts; nth += 1) {
    const { values, leads, opportunities } = accountOf(world, nth);
    const random = streamOf(world, 'conversions', nth);
    const row = (id: string, kind: ConversionRow['kind'], at: string): ConversionRow => ({
      id: idOf(world, 'cnv', placeOf(id), kind.toLowerCase()),
      accountId: values.id,
      kind,
      at,
    });
    for (const { id, accountId, status, ageDays } of leads) {
      const qualifiedAgo = ageDays * random.unit();
      const qualified = status === 'QUALIFIED' || status === 'CONVERTED';
      if (accountId !== null && qualified) {
        yield row(id, 'LEAD_QUALIFIED', daysAgo(world, qualifiedAgo));
      }
    }
    for (const { id, stage, openDate, closeDate } of opportunities) {
      const noon = 'T12:00:00.000Z';
      if (openDate) yield row(id, 'OPPORTUNITY_OPENED', `${openDate}${noon}`);
      if (stage === 'WON' && closeDate) {
        yield row(id, 'OPPORTUNITY_WON', `${closeDate}${noon}`);
      }
    }
  }
}

/**
 * When facts of an account happen, in days before the end: half of them while an opportunity draws near, the
 * rest more often of late than long ago.
 */
function clockOf(world: World, { values, opportunities }: SeededAccount): (random: Random) => number {
  const age = (world.now - Date.parse(values.createdAt)) / 86_400_000;
  const opened = opportunities.map(({ createdAt }) => (world.now - Date.parse(createdAt)) / 86_400_000);
  return (random) => {
    const near = random.chance(0.5);
    const ago =
      near && opened.length > 0
        ? random.pick(opened) + lookAround * random.unit() ** 2 - 10
        : random.exponential(fading);
    // What falls outside of the account's time is spread evenly over it.
    return ago > 0 && ago < age ? ago : age * (1 - random.unit());
  };
}

/** A third of what happens is known to come from a lead, mostly while it is fresh. */
function who(
  { values, leads }: SeededAccount,
  ago: number,
  random: Random,
): Pick<TouchRow, 'accountId' | 'leadId'> {
  const known = random.chance(0.35);
  const lead: SeededLead | undefined = leads[Math.floor(random.unit() * leads.length)];
  if (!known || lead === undefined || ago > lead.ageDays + lookAround) {
    return { accountId: values.id, leadId: null };
  }
  return { accountId: lead.accountId, leadId: lead.id };
}

/** Mail belongs to the campaign that had started last, webinars and events to one that invited to them. */
function campaignAt(
  started: readonly SeededCampaign[],
  channel: Channel,
  ago: number,
  random: Random,
): string | null {
  const share = channel === 'EMAIL' ? 0.85 : channel === 'WEBINAR' || channel === 'EVENT' ? 0.5 : 0;
  if (!random.chance(share)) return null;
  return started.findLast(({ startedAgo }) => (startedAgo ?? 0) >= ago)?.id ?? null;
}
