import { type AllowedFilters, FilterError, meets, readFilter } from './klaviyo-filter.ts';
import { klaviyoProblem } from './klaviyo-problems.ts';
import type { KlaviyoState, KlaviyoValues } from './klaviyo-state.ts';
import type { Handler } from './spec-server.ts';

interface ReportBody {
  readonly data: {
    readonly attributes: {
      readonly statistics: readonly string[];
      readonly timeframe: { readonly key?: string; readonly start?: string; readonly end?: string };
      readonly conversion_metric_id: string;
      readonly group_by?: readonly string[] | null;
      readonly filter?: string | null;
    };
  };
}

const day = 86_400_000;
/** The timeframes that the double knows, in days. */
const timeframes: Readonly<Record<string, number>> = {
  last_7_days: 7,
  last_30_days: 30,
  last_90_days: 90,
  last_365_days: 365,
  last_12_months: 365,
};

/** A rate is the quotient of two sums, never a sum of rates. */
const rates: Readonly<Record<string, readonly [of: string, by: string]>> = {
  open_rate: ['opens_unique', 'delivered'],
  click_rate: ['clicks_unique', 'delivered'],
  click_to_open_rate: ['clicks_unique', 'opens_unique'],
  conversion_rate: ['conversion_uniques', 'delivered'],
  unsubscribe_rate: ['unsubscribe_uniques', 'delivered'],
  spam_complaint_rate: ['spam_complaints', 'delivered'],
  bounce_rate: ['bounced', 'recipients'],
  delivery_rate: ['delivered', 'recipients'],
};

/** Values reports over rows that a test seeds: within the timeframe, summed by what they are grouped by. */
export function klaviyoReports(state: KlaviyoState, now: () => number): Record<string, Handler> {
  const report = (subject: 'campaign' | 'flow', rows: readonly KlaviyoValues[]): Handler => {
    const own = [`${subject}_id`, `${subject}_message_id`];
    const fields = [
      ...own,
      `${subject}_message_name`,
      'send_channel',
      ...(subject === 'flow' ? ['flow_name'] : []),
    ];
    const allowed: AllowedFilters = new Map(fields.map((field) => [field, ['equals', 'contains-any']]));
    return ({ body, path }) => {
      const { attributes } = (body as ReportBody).data;
      const refuse = (field: string, detail: string) =>
        klaviyoProblem(400, detail, { pointer: `/data/attributes/${field}` });
      if (!state.metrics.has(attributes.conversion_metric_id)) {
        return refuse('conversion_metric_id', `There is no metric ${attributes.conversion_metric_id}.`);
      }
      const range = rangeOf(attributes.timeframe, now());
      if (range === undefined) {
        return refuse('timeframe', `The double does not know the timeframe ${attributes.timeframe.key}.`);
      }
      if (range.to - range.from > 366 * day) return refuse('timeframe', 'A timeframe is a year at most.');
      const groupBy = attributes.group_by ?? [...own, 'send_channel'];
      if (!own.every((field) => groupBy.includes(field))) {
        return refuse('group_by', `Grouping needs ${own.join(' and ')}.`);
      }
      try {
        const conditions = readFilter(attributes.filter ?? null, allowed);
        const within = rows.filter(
          ({ at, groupings }) =>
            Date.parse(at) >= range.from &&
            Date.parse(at) < range.to &&
            meets(conditions, (field) => groupings[field]),
        );
        const results = summed(within, groupBy, attributes.statistics);
        return {
          status: 200,
          body: {
            data: { type: `${subject}-values-report`, attributes: { results } },
            links: { self: `https://a.klaviyo.com${path}/` },
          },
        };
      } catch (error) {
        if (!(error instanceof FilterError)) throw error;
        return refuse('filter', error.message);
      }
    };
  };
  return {
    'POST /api/campaign-values-reports': report('campaign', state.campaignValues),
    'POST /api/flow-values-reports': report('flow', state.flowValues),
  };
}

function rangeOf({ key, start, end }: ReportBody['data']['attributes']['timeframe'], now: number) {
  if (start !== undefined && end !== undefined) return { from: Date.parse(start), to: Date.parse(end) };
  const days = timeframes[key ?? ''];
  return days === undefined ? undefined : { from: now - days * day, to: now };
}

function summed(rows: readonly KlaviyoValues[], groupBy: readonly string[], statistics: readonly string[]) {
  const groupings = (row: KlaviyoValues) =>
    Object.fromEntries(
      groupBy.flatMap((name) => (name in row.groupings ? [[name, row.groupings[name]]] : [])),
    );
  const groups = Map.groupBy(rows, (row) => JSON.stringify(groupings(row)));
  return [...groups].map(([name, group]) => {
    const sum = (statistic: string) =>
      group.reduce((total, row) => total + (row.statistics[statistic] ?? 0), 0);
    const value = (statistic: string) => {
      const [of, by] = rates[statistic] ?? [];
      if (of === undefined || by === undefined) return sum(statistic);
      return sum(by) === 0 ? 0 : sum(of) / sum(by);
    };
    return {
      groupings: JSON.parse(name) as Record<string, string>,
      statistics: Object.fromEntries(statistics.map((statistic) => [statistic, value(statistic)])),
    };
  });
}
