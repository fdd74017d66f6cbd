import { Temporal } from '@js-temporal/polyfill';
import type { AskOptions } from '#chassis/vendor/system.ts';
import { cursorOf, equals, type KlaviyoClient } from './client.ts';
import type { KlaviyoMapping } from './mapping.ts';
import type { Metrics } from './metrics.ts';
import { reportShape } from './shapes.ts';

/** Counts of one campaign or flow. Recipients are people, all others messages. */
export interface Counts {
  readonly recipients: number;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly bounced: number;
  readonly unsubscribed: number;
}

export type Subject = 'campaign' | 'flow';

export interface CountedSince {
  /** Null where Klaviyo was not asked, since nothing was sent. */
  readonly asOf: string | null;
  readonly of: (id: string) => Counts;
}

export interface Reports {
  /** Counts of all campaigns, or of all flows, from a year to now. */
  readonly since: (subject: Subject, year: number, ask: AskOptions) => Promise<CountedSince>;
  /** How old counts may be. */
  readonly maxAgeMs: number;
}

export interface ReportOptions {
  readonly client: KlaviyoClient;
  readonly mapping: KlaviyoMapping;
  readonly metrics: Metrics;
  readonly timeZone: string;
  readonly maxAgeMs: number;
  readonly now: () => number;
}

interface Frame {
  readonly asOf: string;
  readonly at: number;
  readonly counts: ReadonlyMap<string, Counts>;
}

const none: Counts = {
  recipients: 0,
  sent: 0,
  delivered: 0,
  opened: 0,
  clicked: 0,
  bounced: 0,
  unsubscribed: 0,
};
const statistics = [
  'recipients',
  'delivered',
  'opens_unique',
  'clicks_unique',
  'bounced',
  'unsubscribe_uniques',
] as const;
/** Klaviyo sent nothing before; a year of zero would ask for two thousand reports. */
const firstYear = 2012;
/** A year that is over may still be opened and clicked of, and little. */
const pastMaxAgeMs = 24 * 3_600_000;
const mostPages = 50;

/**
 * Counts by Klaviyo's values reports. They may be asked 2 times a minute and 225 times a day, and cover a year at most:
 * so one report has all campaigns of a calendar year, and is kept. What was read of some years is kept too where another
 * had to wait for the limit.
 */
export function openReports(options: ReportOptions): Reports {
  const { client, mapping, metrics, timeZone, maxAgeMs, now } = options;
  const kept = new Map<string, Frame>();
  const asked = new Map<string, Promise<unknown>>();

  const conversionMetric = async (ask: AskOptions): Promise<string | null> => {
    const names =
      mapping.conversionMetric === null ? Object.keys(mapping.metrics) : [mapping.conversionMetric];
    for (const name of names) {
      const [id] = await metrics.named(name, ask);
      if (id !== undefined) return id;
    }
    return null;
  };

  const thisYear = () => Temporal.Instant.fromEpochMilliseconds(now()).toZonedDateTimeISO(timeZone).year;

  const ask = async (subject: Subject, year: number, metric: string, options: AskOptions): Promise<Frame> => {
    const at = now();
    const results: Row[] = [];
    let asOf = new Date(at).toISOString();
    let page: string | null = null;
    for (let pages = 1; pages === 1 || page !== null; pages += 1) {
      if (pages > mostPages) throw new Error(`klaviyo has more than ${mostPages} pages of a report.`);
      const { body, headers } = await client.post(
        {
          path: `/api/${subject}-values-reports`,
          endpoint: `${subject}-reports`,
          query: { page_cursor: page ?? undefined },
          body: reportBody(subject, metric, frameOf(year, at, timeZone)),
          answer: reportShape,
        },
        options,
      );
      results.push(...body.data.attributes.results);
      // Times of records are Klaviyo's, so this one is too.
      const date = Date.parse(headers.date ?? '');
      if (pages === 1 && !Number.isNaN(date)) asOf = new Date(date).toISOString();
      page = cursorOf(body.links?.next, 'page_cursor');
    }
    return { asOf, at, counts: countsOf(subject, results) };
  };

  const frame = async (subject: Subject, year: number, options: AskOptions): Promise<Frame | null> => {
    const name = `${subject} ${year}`;
    for (;;) {
      const found = kept.get(name);
      const oldest = year === thisYear() ? maxAgeMs : pastMaxAgeMs;
      if (found !== undefined && now() - found.at < oldest) return found;
      const underWay = asked.get(name);
      if (underWay === undefined) break;
      // Somebody else asks, and if they are cut short this one goes on in their place.
      await underWay.catch(() => {});
      options.signal.throwIfAborted();
    }
    const metric = conversionMetric(options);
    const work = metric.then((id) => (id === null ? null : ask(subject, year, id, options)));
    asked.set(name, work);
    try {
      const answer = await work;
      if (answer !== null) kept.set(name, answer);
      return answer;
    } finally {
      asked.delete(name);
    }
  };

  return {
    maxAgeMs,
    since: async (subject, from, options) => {
      const frames: Frame[] = [];
      for (let year = thisYear(); year >= Math.max(from, firstYear); year -= 1) {
        const one = await frame(subject, year, options);
        if (one !== null) frames.push(one);
      }
      return {
        asOf: frames.reduce<string | null>(
          (last, { asOf }) => (last === null || asOf > last ? asOf : last),
          null,
        ),
        of: (id) => frames.reduce((total, { counts }) => plus(total, counts.get(id) ?? none), none),
      };
    },
  };
}

interface Row {
  readonly groupings: Readonly<Record<string, unknown>>;
  readonly statistics: Readonly<Record<string, unknown>>;
}

/** Klaviyo ignores the offset and takes the account's own time. */
function frameOf(year: number, now: number, timeZone: string): { start: string; end: string } {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  const end =
    local.year === year
      ? local.toPlainDateTime().toString({ smallestUnit: 'second' })
      : `${year + 1}-01-01T00:00:00`;
  return { start: `${year}-01-01T00:00:00+00:00`, end: `${end}+00:00` };
}

function reportBody(subject: Subject, metric: string, timeframe: { start: string; end: string }): unknown {
  const attributes = {
    statistics,
    timeframe,
    conversion_metric_id: metric,
    group_by: [`${subject}_id`, `${subject}_message_id`],
    filter: equals('send_channel', 'email'),
  };
  return { data: { type: `${subject}-values-report`, attributes } };
}

/**
 * Rows are of one message. A campaign's messages go to different people; a flow sends several to the same, of whom the
 * message with the most had all, or nearly.
 */
function countsOf(subject: Subject, rows: readonly Row[]): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const { groupings, statistics: values } of rows) {
    const id = String(groupings[`${subject}_id`]);
    const value = (name: (typeof statistics)[number]) => Math.round(Number(values[name] ?? 0)) || 0;
    const own: Counts = {
      recipients: value('recipients'),
      sent: value('recipients'),
      delivered: value('delivered'),
      opened: value('opens_unique'),
      clicked: value('clicks_unique'),
      bounced: value('bounced'),
      unsubscribed: value('unsubscribe_uniques'),
    };
    const before = counts.get(id) ?? none;
    const together = plus(before, own);
    const recipients = subject === 'flow' ? Math.max(before.recipients, own.recipients) : together.recipients;
    counts.set(id, { ...together, recipients });
  }
  return counts;
}

function plus(some: Counts, others: Counts): Counts {
  return {
    recipients: some.recipients + others.recipients,
    sent: some.sent + others.sent,
    delivered: some.delivered + others.delivered,
    opened: some.opened + others.opened,
    clicked: some.clicked + others.clicked,
    bounced: some.bounced + others.bounced,
    unsubscribed: some.unsubscribed + others.unsubscribed,
  };
}
