import { z } from 'zod';
import type { AskOptions, ChangePage, MappingProblem, RecordKey, Seen } from '#chassis/vendor/system.ts';
import { readCursor } from '../cursor.ts';
import type { EmailRecords } from '../email.ts';
import { any, atLeast, equals, type KlaviyoClient, type Listed, vendor } from './client.ts';
import { type KlaviyoMapping, wordFor } from './mapping.ts';
import { beginning, positionShape, readOn } from './positions.ts';
import type { Reports, Subject } from './reports.ts';
import { type Campaign, campaignShape, type Flow, flowShape } from './shapes.ts';

/** The most flows that Klaviyo shows on one page; of campaigns it shows 100. */
export const campaignsPerRead = 50;

/** A campaign or a flow, in words that both have. */
interface Sending {
  readonly subject: Subject;
  readonly id: string;
  readonly name: string;
  /** Klaviyo's word. */
  readonly status: string | null;
  readonly sendsAt: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface CampaignSource {
  readonly client: KlaviyoClient;
  readonly mapping: KlaviyoMapping;
  readonly reports: Reports;
  readonly overlapMs: number;
  /** Counts are of this year and later. */
  readonly historyFrom: string | null;
  readonly now: () => number;
}

const subjects = ['campaign', 'flow'] as const;

/** Campaigns and flows by id: Klaviyo knows which is which, and we do not. */
export async function readCampaigns(
  source: CampaignSource,
  { by, values }: RecordKey,
  ask: AskOptions,
): Promise<readonly Seen<EmailRecords['campaigns']>[]> {
  if (by !== 'id') throw new Error(`klaviyo has no campaigns by "${by}".`);
  if (values.length > campaignsPerRead) {
    throw new RangeError(`${values.length} values in one read: klaviyo takes ${campaignsPerRead}.`);
  }
  const campaigns = values.length === 0 ? [] : (await sendings(source, 'campaign', byIds(values), ask)).items;
  const known = new Set(campaigns.map(({ id }) => id));
  const others = values.filter((id) => !known.has(id));
  const flows = others.length === 0 ? [] : (await sendings(source, 'flow', byIds(others), ask)).items;
  return [...(await counted(source, campaigns, ask)), ...(await counted(source, flows, ask))];
}

const byIds = (ids: readonly string[]) => ({ filter: [any('id', ids)], page: null });

const cursorShape = z.object({
  /** When all of them were read last, for their counts. */
  countedAt: z.number().nullable(),
  campaign: positionShape,
  flow: positionShape,
  /** The list that is being read, and where; null between rounds. */
  round: z
    .object({
      subject: z.enum(subjects),
      isWhole: z.boolean(),
      beganAt: z.number(),
      position: positionShape,
    })
    .nullable(),
});

type Cursor = z.output<typeof cursorShape>;

/**
 * First campaigns, then flows, each by the time of change. Counts change and that time does not: once they may be too
 * old a round reads all of them.
 */
export async function campaignChanges(
  source: CampaignSource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<EmailRecords['campaigns']>> {
  const cursor: Cursor =
    since === null
      ? { countedAt: null, campaign: beginning, flow: beginning, round: null }
      : readCursor(vendor, since, cursorShape);
  const round = cursor.round ?? roundOf(cursor, 'campaign', source);
  const { subject, isWhole, beganAt } = round;
  const { items, next, more } = await readOn(round.position, {
    list: ({ since: from, page }) => {
      const field = subject === 'campaign' ? 'updated_at' : 'updated';
      const filter = from === null ? [] : [atLeast(field, from)];
      return sendings(source, subject, { filter, page, sort: field }, ask);
    },
    timeOf: ({ updatedAt }) => updatedAt,
    overlapMs: source.overlapMs,
  });
  const seen = await counted(source, items, ask);
  const at = (after: Cursor, isMore: boolean) => ({ seen, next: JSON.stringify(after), more: isMore });
  if (more) return at({ ...cursor, round: { ...round, position: next } }, true);
  const read = { ...cursor, [subject]: next };
  if (subject === 'campaign') {
    const flows = { subject: 'flow', isWhole, beganAt, position: isWhole ? beginning : read.flow } as const;
    return at({ ...read, round: flows }, true);
  }
  return at({ ...read, countedAt: isWhole ? beganAt : cursor.countedAt, round: null }, false);
}

function roundOf(cursor: Cursor, subject: Subject, { reports, now }: CampaignSource) {
  const beganAt = now();
  const isWhole = cursor.countedAt === null || beganAt - cursor.countedAt >= reports.maxAgeMs;
  return { subject, isWhole, beganAt, position: isWhole ? beginning : cursor[subject] };
}

async function sendings(
  { client }: CampaignSource,
  subject: Subject,
  {
    filter,
    page,
    sort,
  }: { readonly filter: readonly string[]; readonly page: string | null; readonly sort?: string },
  ask: AskOptions,
): Promise<Listed<Sending>> {
  if (subject === 'flow') {
    const flows = await client.list(
      {
        path: '/api/flows',
        endpoint: 'flows',
        resource: flowShape,
        query: { 'page[size]': campaignsPerRead, sort },
        filter,
        page,
      },
      ask,
    );
    return { ...flows, items: flows.items.map(ofFlow) };
  }
  const campaigns = await client.list(
    {
      path: '/api/campaigns',
      endpoint: 'campaigns',
      resource: campaignShape,
      query: { 'page[size]': 100, sort },
      // Klaviyo lists campaigns of one channel at a time.
      filter: [equals('messages.channel', 'email'), ...filter],
      page,
    },
    ask,
  );
  return { ...campaigns, items: campaigns.items.map(ofCampaign) };
}

function ofCampaign({ id, attributes }: Campaign): Sending {
  const { name, status, created_at: createdAt, updated_at: updatedAt, send_time: sendsAt } = attributes;
  return { subject: 'campaign', id, name, status, sendsAt: sendsAt ?? null, createdAt, updatedAt };
}

/** When a flow sent its first message Klaviyo does not say. */
function ofFlow({ id, attributes }: Flow): Sending {
  const { name, status, created, updated } = attributes;
  return {
    subject: 'flow',
    id,
    name: name || id,
    status: status ?? null,
    sendsAt: null,
    createdAt: created ?? null,
    updatedAt: updated ?? created ?? null,
  };
}

async function counted(
  source: CampaignSource,
  items: readonly Sending[],
  ask: AskOptions,
): Promise<readonly Seen<EmailRecords['campaigns']>[]> {
  const [first] = items;
  if (first === undefined) return [];
  const { mapping, reports, historyFrom } = source;
  const years = items.flatMap((each) => (isUnsent(statusOf(each, mapping)) ? [] : [yearOf(each)]));
  const earliest = Math.max(Math.min(...years), historyFrom === null ? 0 : Number(historyFrom.slice(0, 4)));
  const counts = await reports.since(
    first.subject,
    years.length === 0 ? Number.POSITIVE_INFINITY : earliest,
    ask,
  );
  return items.map((each) => seenOf(each, { mapping, asOf: counts.asOf, counts: counts.of(each.id) }));
}

function statusOf({ subject, status }: Sending, { campaignStatuses, flowStatuses }: KlaviyoMapping) {
  return wordFor(subject === 'campaign' ? campaignStatuses : flowStatuses, status);
}

const isUnsent = (status: string | undefined) => status === 'DRAFT' || status === 'SCHEDULED';

/** The year before where the account's zone may still have that. */
function yearOf({ sendsAt, createdAt }: Sending): number {
  return new Date(Date.parse(sendsAt ?? createdAt ?? '2012') - 14 * 3_600_000).getUTCFullYear();
}

function seenOf(
  sending: Sending,
  {
    mapping,
    asOf,
    counts,
  }: {
    readonly mapping: KlaviyoMapping;
    readonly asOf: string | null;
    readonly counts: Omit<EmailRecords['campaigns'], 'name' | 'channel' | 'status' | 'startedAt'>;
  },
): Seen<EmailRecords['campaigns']> {
  const { id, name, status, sendsAt, createdAt, updatedAt } = sending;
  const word = statusOf(sending, mapping);
  // Counts are newer than the last change of the campaign itself, and of two states the later one holds.
  const changedAt = [updatedAt, asOf].reduce((last, time) => ((time ?? '') > (last ?? '') ? time : last));
  const problems: MappingProblem[] = [];
  if (word === undefined) problems.push({ field: 'status', property: 'status', value: String(status) });
  if (changedAt === null) problems.push({ field: 'changedAt', property: 'updated', value: 'null' });
  if (word === undefined || changedAt === null) return { kind: 'unmapped', id, problems };
  const startedAt = isUnsent(word) ? null : sendsAt;
  const values = { name, channel: 'EMAIL', status: word, startedAt, ...counts } as const;
  return { kind: 'record', record: { id, externalId: null, values, createdAt, changedAt } };
}
