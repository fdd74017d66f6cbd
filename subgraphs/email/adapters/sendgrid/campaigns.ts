import { z } from 'zod';
import type { AskOptions, ChangePage, RecordKey, Seen } from '#chassis/vendor/system.ts';
import { readCursor } from '../cursor.ts';
import type { EmailRecords } from '../email.ts';
import { pageTokenOf, type SendgridClient, vendor } from './client.ts';
import { type Enrolling, enrollingId, type SendgridMapping } from './mapping.ts';
import {
  listShape,
  type Metrics,
  type SingleSend,
  singleSendShape,
  singleSendsShape,
  statsShape,
} from './shapes.ts';

/** As many as one call for counts takes. */
export const campaignsPerRead = 25;

type CampaignRecord = EmailRecords['campaigns'];

export interface CampaignSource {
  readonly client: SendgridClient;
  readonly mapping: SendgridMapping;
}

const cursorShape = z.object({ page: z.string().nullable() });

/** @throws Error for another key than `id`, or too many values */
export async function readCampaigns(
  { client, mapping }: CampaignSource,
  { by, values }: RecordKey,
  ask: AskOptions,
): Promise<readonly Seen<CampaignRecord>[]> {
  if (by !== 'id') throw new Error(`sendgrid has no campaigns by "${by}".`);
  if (values.length > campaignsPerRead) {
    throw new RangeError(`${values.length} values in one read: sendgrid takes ${campaignsPerRead}.`);
  }
  const enrolling = mapping.enrolling.filter((each) => values.includes(enrollingId(each)));
  const others = values.filter((id) => !enrolling.some((each) => enrollingId(each) === id));
  const sends = (await Promise.all(others.map((id) => readSingleSend(client, id, ask)))).flatMap(
    (found) => found ?? [],
  );
  return [
    ...(await withCounts(client, mapping, sends, ask)),
    ...(await readEnrolling(client, enrolling, ask)),
  ];
}

/**
 * All campaigns, page by page, each time anew: SendGrid can tell neither what changed since when, nor when counts did.
 * What a deletion meanwhile moves over the edge of a page comes the next time.
 */
export async function campaignChanges(
  { client, mapping }: CampaignSource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<CampaignRecord>> {
  const { page } = since === null ? { page: null } : readCursor(vendor, since, cursorShape);
  const { body } = await client.request(
    {
      method: 'GET',
      path: '/v3/marketing/singlesends',
      query: { page_size: campaignsPerRead, page_token: page ?? undefined },
      answer: singleSendsShape,
      endpoint: 'campaigns',
    },
    ask,
  );
  const next = pageTokenOf(body._metadata?.next);
  const seen = await withCounts(client, mapping, body.result, ask);
  const last = next === null ? await readEnrolling(client, mapping.enrolling, ask) : [];
  return { seen: [...seen, ...last], next: JSON.stringify({ page: next }), more: next !== null };
}

async function readSingleSend(
  client: SendgridClient,
  id: string,
  ask: AskOptions,
): Promise<SingleSend | null> {
  // What is no id of SendGrid's is none of its single sends, and some such name another endpoint.
  if (!z.guid().safeParse(id).success) return null;
  const found = await client.find(
    {
      method: 'GET',
      path: '/v3/marketing/singlesends/{id}',
      params: { id },
      answer: singleSendShape,
      endpoint: 'campaigns',
    },
    ask,
  );
  return found?.body ?? null;
}

async function withCounts(
  client: SendgridClient,
  mapping: SendgridMapping,
  sends: readonly SingleSend[],
  ask: AskOptions,
): Promise<readonly Seen<CampaignRecord>[]> {
  const ids = sends.map(({ id }) => id);
  const counts = await readCounts(client, 'singlesends', 'singlesend_ids', ids, ask);
  return sends.map((send) => singleSendOf(send, mapping, counts.get(send.id)));
}

/** Counts by id, 25 at most; whoever has none was not sent yet. */
async function readCounts(
  client: SendgridClient,
  kind: 'singlesends' | 'automations',
  parameter: string,
  ids: readonly string[],
  ask: AskOptions,
): Promise<ReadonlyMap<string, Metrics>> {
  if (ids.length === 0) return new Map();
  const { body } = await client.request(
    {
      method: 'GET',
      path: `/v3/marketing/stats/${kind}`,
      query: { [parameter]: ids.join(','), page_size: 50 },
      answer: statsShape,
      endpoint: 'campaigns',
    },
    ask,
  );
  return new Map(body.results.flatMap(({ id, stats }) => (stats ? [[id, stats] as const] : [])));
}

function singleSendOf(send: SingleSend, mapping: SendgridMapping, counts?: Metrics): Seen<CampaignRecord> {
  const { id, name, created_at: createdAt } = send;
  const changedAt = send.updated_at ?? createdAt;
  const words: Readonly<Record<string, CampaignRecord['status']>> = mapping.singleSends;
  const status = Object.hasOwn(words, send.status) ? words[send.status] : undefined;
  if (status === undefined) {
    return { kind: 'unmapped', id, problems: [{ field: 'status', property: 'status', value: send.status }] };
  }
  // Before it goes out the time is an intention.
  const startedAt = send.status === 'triggered' ? (send.send_at ?? null) : null;
  const values = { name, channel: 'EMAIL', status, startedAt, ...countsOf(counts) } as const;
  return { kind: 'record', record: { id, externalId: null, values, createdAt, changedAt } };
}

async function readEnrolling(
  client: SendgridClient,
  enrolling: readonly Enrolling[],
  ask: AskOptions,
): Promise<readonly Seen<CampaignRecord>[]> {
  const automations = enrolling.flatMap(({ automation }) => automation ?? []);
  const counts = new Map<string, Metrics>();
  for (let start = 0; start < automations.length; start += campaignsPerRead) {
    const ids = automations.slice(start, start + campaignsPerRead);
    for (const [id, found] of await readCounts(client, 'automations', 'automation_ids', ids, ask)) {
      counts.set(id, found);
    }
  }
  const seen = await Promise.all(enrolling.map((each) => enrollingCampaign(client, each, counts, ask)));
  return seen.flatMap((each) => each ?? []);
}

/** Null where the list is gone, and nobody is taken in any more. */
async function enrollingCampaign(
  client: SendgridClient,
  each: Enrolling,
  counts: ReadonlyMap<string, Metrics>,
  ask: AskOptions,
): Promise<Seen<CampaignRecord> | null> {
  const id = enrollingId(each);
  const found = await client.find(
    {
      method: 'GET',
      path: '/v3/marketing/lists/{id}',
      params: { id: each.list },
      answer: listShape,
      endpoint: 'campaigns',
    },
    ask,
  );
  if (found === null) return null;
  const { body: list, headers } = found;
  const values = {
    ...countsOf(each.automation === undefined ? undefined : counts.get(each.automation)),
    name: each.name ?? list.name,
    channel: 'EMAIL',
    status: each.status,
    startedAt: null,
    recipients: list.contact_count,
  } as const;
  // SendGrid dates neither lists nor automations: what it answers holds as of the answer.
  const date = Date.parse(headers.date ?? '');
  const changedAt = new Date(Number.isNaN(date) ? Date.now() : date).toISOString();
  return {
    kind: 'record',
    record: { id, externalId: null, values, createdAt: null, changedAt, undated: true },
  };
}

/** SendGrid counts as requested what it then drops for an address that it does not write to. */
function countsOf(counts?: Metrics) {
  const { requests = 0, bounce_drops = 0, invalid_emails = 0, spam_report_drops = 0 } = counts ?? {};
  return {
    recipients: requests,
    sent: Math.max(0, requests - bounce_drops - invalid_emails - spam_report_drops),
    delivered: counts?.delivered ?? 0,
    opened: counts?.unique_opens ?? 0,
    clicked: counts?.unique_clicks ?? 0,
    bounced: counts?.bounces ?? 0,
    unsubscribed: counts?.unsubscribes ?? 0,
  };
}
