import { clientError } from '#chassis/errors.ts';
import type { Page } from '#chassis/store/page.ts';
import type { ConversionKind, TouchChannel, TouchKind, UsageWindow } from '../../__generated__/resolvers.ts';
import type {
  ChannelTotals,
  Conversion,
  DailyUsage,
  LeadBehaviour,
  Observed,
  Path,
  PathSteps,
  Span,
  Touch,
  UsageDay,
  WarehouseReads,
} from '../warehouse.ts';
import { maxIds } from '../warehouse.ts';
import type { DuckdbClient } from './client.ts';
import type { ResultRow, Value } from './protocol.ts';
import { statement } from './statement.ts';
import { recentTouches } from './take-in.ts';

const windowDays: Record<UsageWindow, number> = {
  LAST_7_DAYS: 7,
  LAST_30_DAYS: 30,
  LAST_90_DAYS: 90,
  LAST_365_DAYS: 365,
};

/** The watermark and the first midnight of `$days` days that end with its own day. */
const mark = `mark as (
  select as_of, observed_at, date_trunc('day', as_of) - to_days(($days - 1)::integer) as from_at
  from watermarks where tenant = $tenant
)`;

/** Without a window. */
const plainMark = 'mark as (select as_of, observed_at from watermarks where tenant = $tenant)';

const asked = 'asked as (select distinct unnest($ids) as id)';

const marked = `epoch_ms(mark.as_of)::double as "asOf", epoch_ms(mark.observed_at)::double as "observedAt"`;

const windowed = `epoch_ms(mark.from_at)::double as "from", ${marked}`;

/**
 * The reading half of the warehouse. Every statement joins the watermark, so that an answer and the time it
 * is of come from one snapshot, and every id asked for is in it; no row at all means no watermark.
 */
export function duckdbReads(client: DuckdbClient): WarehouseReads {
  const ask = (sql: string, values: Readonly<Record<string, Value>>, signal: AbortSignal | undefined) => {
    const { ids } = values;
    if (Array.isArray(ids) && ids.length > maxIds) {
      throw new RangeError(`A batch has ${ids.length} ids; the warehouse takes at most ${maxIds}.`);
    }
    return client.read(statement(sql, values), signal);
  };

  return {
    usage: async (tenant, ids, window, signal) => {
      const rows = await ask(usageSql, { tenant, ids, days: windowDays[window] }, signal);
      return mapOf(rows, (row) => ({
        ...spanOf(row),
        visits: Number(row.visits),
        activeUsers: Number(row.activeUsers),
        pageViews: Number(row.pageViews),
        timeOnSiteSeconds: row.seconds === null ? null : Number(row.seconds),
        lastSeenAt: timeOrNull(row.lastSeenAt),
      }));
    },

    usageByDay: async (tenant, ids, window, signal) => {
      const rows = await ask(usageByDaySql, { tenant, ids, days: windowDays[window] }, signal);
      return groupsOf(rows, (group, first): DailyUsage => {
        const days = group
          .filter(({ day }) => day !== null)
          .map(
            (row): UsageDay => ({
              day: String(row.day),
              visits: Number(row.visits),
              pageViews: Number(row.pageViews),
            }),
          );
        return { ...spanOf(first), days };
      });
    },

    touches: async (tenant, ids, { channels, first, after, withTotal }, signal) => {
      const values = {
        tenant,
        ids,
        channels,
        first,
        after_at: after ? cursorTime(after.value) : null,
        after_id: after?.id ?? null,
      };
      const filtered = channels !== null;
      const recent = !filtered && !after && first < recentTouches;
      const rows = await ask(
        touchesSql({ recent, filtered, after: after !== undefined, withTotal }),
        values,
        signal,
      );
      return groupsOf(rows, (group, head): Page<Touch> => {
        const touches = group.filter(({ touchId }) => touchId !== null);
        return {
          rows: touches.slice(0, first).map(touchOf),
          hasNextPage: touches.length > first,
          total: head.total === null ? null : Number(head.total),
        };
      });
    },

    paths: async (tenant, ids, signal) =>
      groupsOf(
        await ask(pathsSql, { tenant, ids }, signal),
        (group, first): Path => ({
          ...observedOf(first),
          conversion: conversionOf(first),
          steps: group.filter(({ channel }) => channel !== null).map(stepsOf),
        }),
      ),

    leadBehaviour: async (tenant, ids, days, signal) =>
      mapOf(
        await ask(leadBehaviourSql, { tenant, ids, days }, signal),
        (row): LeadBehaviour => ({
          ...observedOf(row),
          from: timeOf(row.from),
          visits: Number(row.visits),
          pageViews: Number(row.pageViews),
          opens: Number(row.opens),
          clicks: Number(row.clicks),
          responses: Number(row.responses),
          lastAt: timeOrNull(row.lastAt),
        }),
      ),

    channelPerformance: async (tenant, window, signal) => {
      const rows = await ask(channelPerformanceSql, { tenant, days: windowDays[window] }, signal);
      const [first] = rows;
      if (!first) return null;
      const channels = rows
        .filter(({ channel }) => channel !== null)
        .map(
          (row): ChannelTotals => ({
            channel: row.channel as TouchChannel,
            touches: Number(row.touches),
            accounts: Number(row.accounts),
            assistedConversions: Number(row.assistedConversions),
          }),
        );
      return { ...spanOf(first), channels };
    },

    mostActiveAccounts: async (tenant, window, first, signal) => {
      const rows = await ask(mostActiveSql, { tenant, days: windowDays[window], first }, signal);
      const [head] = rows;
      if (!head) return null;
      const accounts = rows
        .filter(({ accountId }) => accountId !== null)
        .map((row) => ({
          accountId: String(row.accountId),
          visits: Number(row.visits),
          pageViews: Number(row.pageViews),
          lastSeenAt: timeOf(row.lastSeenAt),
        }));
      return { ...spanOf(head), accounts };
    },
  };
}

const usageSql = `with ${mark}, ${asked},
  days as (
    select account_id, sum(visits)::double as visits, sum(page_views)::double as page_views,
      sum(seconds)::double as seconds
    from account_usage_days, mark
    where tenant = $tenant and account_id in (from asked) and day >= from_at::date
    group by account_id
  ),
  visitors as (
    select account_id, count(*) filter (where last_at >= from_at)::double as active, max(last_at) as last_at
    from account_visitors, mark
    where tenant = $tenant and account_id in (from asked)
    group by account_id
  )
  select asked.id, ${windowed}, coalesce(visits, 0) as visits, coalesce(page_views, 0) as "pageViews", seconds,
    coalesce(active, 0) as "activeUsers", epoch_ms(last_at)::double as "lastSeenAt"
  from asked cross join mark
  left join days on days.account_id = asked.id
  left join visitors on visitors.account_id = asked.id`;

const usageByDaySql = `with ${mark}, ${asked}
  select asked.id, ${windowed}, day::varchar as day, visits, page_views as "pageViews"
  from asked cross join mark
  left join account_usage_days as days
    on days.tenant = $tenant and days.account_id = asked.id and day >= from_at::date
  order by day`;

interface TouchesShape {
  /** Whether the newest touches of each account are enough. */
  readonly recent: boolean;
  readonly filtered: boolean;
  readonly after: boolean;
  readonly withTotal: boolean;
}

function touchesSql({ recent, filtered, after, withTotal }: TouchesShape): string {
  const ofChannels = filtered ? 'and channel in (select unnest($channels))' : '';
  const behind = after ? 'and (happened_at, id) < (epoch_ms($after_at), $after_id)' : '';
  const totals = withTotal
    ? `select account_id, sum(touches)::double as total from account_channels
        where tenant = $tenant and account_id in (from asked) ${ofChannels} group by account_id`
    : 'select null as account_id, null::double as total where false';
  return `with ${plainMark}, ${asked},
    page as (
      select account_id, id, channel, campaign_id, kind, happened_at, facts.observed_at
      from ${recent ? 'recent_touches' : 'touches'} as facts, mark
      where tenant = $tenant and account_id in (from asked) and happened_at <= as_of ${ofChannels} ${behind}
      qualify row_number() over (partition by account_id order by happened_at desc, id desc) <= $first + 1
    ),
    totals as (${totals})
    select asked.id, page.id as "touchId", channel, campaign_id as "campaignId", kind,
      epoch_ms(happened_at)::double as "happenedAt", epoch_ms(page.observed_at)::double as "observedAt",
      ${withTotal ? 'coalesce(total, 0)' : 'null::double'} as total
    from asked cross join mark
    left join page on page.account_id = asked.id
    left join totals on totals.account_id = asked.id
    order by happened_at desc, page.id desc`;
}

const pathsSql = `with ${plainMark}, ${asked}
  select asked.id, ${marked}, latest.id as "conversionId", latest.kind as "conversionKind",
    epoch_ms(latest.happened_at)::double as "convertedAt",
    epoch_ms(latest.observed_at)::double as "conversionObservedAt",
    channel, campaign_id as "campaignId", path_touches as touches,
    epoch_ms(path_first.at)::double as "firstAt", path_first.id as "firstId",
    epoch_ms(path_last.at)::double as "lastAt", path_last.id as "lastId", path_decayed as "decayedTouches"
  from asked cross join mark
  left join account_conversions as latest on latest.tenant = $tenant and latest.account_id = asked.id
  left join account_channels as channels
    on channels.tenant = $tenant and channels.account_id = asked.id and path_touches > 0`;

const leadBehaviourSql = `with ${mark}, ${asked},
  behaviour as (
    select lead_id,
      sum(amount) filter (activity = 'VISIT')::double as visits,
      sum(amount) filter (activity = 'PAGE_VIEW')::double as page_views,
      sum(amount) filter (activity = 'OPEN')::double as opens,
      sum(amount) filter (activity = 'CLICK')::double as clicks,
      sum(amount) filter (activity = 'RESPONSE')::double as responses,
      max(last_at) as last_at
    from lead_activity_days, mark
    where tenant = $tenant and lead_id in (from asked) and day >= from_at::date
    group by lead_id
  )
  select asked.id, ${windowed}, coalesce(visits, 0) as visits, coalesce(page_views, 0) as "pageViews",
    coalesce(opens, 0) as opens, coalesce(clicks, 0) as clicks, coalesce(responses, 0) as responses,
    epoch_ms(last_at)::double as "lastAt"
  from asked cross join mark left join behaviour on behaviour.lead_id = asked.id`;

const channelPerformanceSql = `with ${mark},
  days as (
    select channel, sum(touches)::double as touches from channel_days, mark
    where tenant = $tenant and day >= from_at::date group by channel
  ),
  reached as (
    select channel, channels.account_id, max(last_at) >= any_value(from_at) as touched,
      sum(path_touches) > 0 and any_value(latest.happened_at >= from_at) as assisted
    from account_channels as channels cross join mark
    left join account_conversions as latest
      on latest.tenant = $tenant and latest.account_id = channels.account_id
    where channels.tenant = $tenant
    group by channel, channels.account_id
  ),
  accounts as (
    select channel, count(*) filter (touched)::double as accounts, count(*) filter (assisted)::double as assisted
    from reached group by channel
  )
  select ${windowed}, channel, coalesce(touches, 0) as touches, accounts, assisted as "assistedConversions"
  from mark left join (
    from accounts left join days using (channel) where touches > 0 or assisted > 0
  ) on true
  order by touches desc, channel`;

const mostActiveSql = `with ${mark},
  busiest as (
    select account_id, sum(visits)::double as visits, sum(page_views)::double as page_views
    from account_usage_days, mark where tenant = $tenant and day >= from_at::date
    group by account_id order by visits desc, account_id limit $first
  ),
  seen as (
    select account_id, max(last_at) as last_at from account_visitors
    where tenant = $tenant and account_id in (select account_id from busiest) group by account_id
  )
  select ${windowed}, account_id as "accountId", visits, page_views as "pageViews",
    epoch_ms(last_at)::double as "lastSeenAt"
  from mark left join (from busiest join seen using (account_id)) on true
  order by visits desc, "accountId"`;

function mapOf<Made>(rows: readonly ResultRow[], make: (row: ResultRow) => Made): Map<string, Made> | null {
  return rows.length === 0 ? null : new Map(rows.map((row) => [String(row.id), make(row)]));
}

/** For statements that answer several rows an id, at least one. */
function groupsOf<Made>(
  rows: readonly ResultRow[],
  make: (rows: readonly ResultRow[], first: ResultRow) => Made,
): Map<string, Made> | null {
  if (rows.length === 0) return null;
  const groups = Map.groupBy(rows, (row) => String(row.id));
  return new Map([...groups].map(([id, group]) => [id, make(group, group[0] as ResultRow)]));
}

function observedOf(row: ResultRow): Observed {
  return { asOf: timeOf(row.asOf), observedAt: timeOf(row.observedAt) };
}

function spanOf(row: ResultRow): Span & Observed {
  const observed = observedOf(row);
  return { from: timeOf(row.from), to: observed.asOf, ...observed };
}

function touchOf(row: ResultRow): Touch {
  return {
    id: String(row.touchId),
    channel: row.channel as TouchChannel,
    campaignId: row.campaignId as string | null,
    kind: row.kind as TouchKind,
    at: timeOf(row.happenedAt),
    observedAt: timeOf(row.observedAt),
  };
}

function conversionOf(row: ResultRow): Conversion | null {
  if (row.conversionId === null) return null;
  return {
    id: String(row.conversionId),
    kind: row.conversionKind as ConversionKind,
    at: timeOf(row.convertedAt),
    observedAt: timeOf(row.conversionObservedAt),
  };
}

function stepsOf(row: ResultRow): PathSteps {
  return {
    channel: row.channel as TouchChannel,
    campaignId: row.campaignId as string | null,
    touches: Number(row.touches),
    firstAt: timeOf(row.firstAt),
    firstId: String(row.firstId),
    lastAt: timeOf(row.lastAt),
    lastId: String(row.lastId),
    decayedTouches: Number(row.decayedTouches),
  };
}

function timeOf(milliseconds: ResultRow[string] | undefined): string {
  return new Date(Number(milliseconds)).toISOString();
}

function timeOrNull(milliseconds: ResultRow[string] | undefined): string | null {
  return milliseconds === null ? null : timeOf(milliseconds);
}

function cursorTime(value: string): number {
  const time = Date.parse(value);
  if (!Number.isNaN(time)) return time;
  throw clientError(
    'INVALID_CURSOR',
    `after names "${value}", which is not a time; take a cursor from an answer of the same list.`,
    {
      argument: 'after',
    },
  );
}
