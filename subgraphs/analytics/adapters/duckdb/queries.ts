import type { Queries, TouchesShape } from '../reads.ts';
import { recentTouches } from './take-in.ts';

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

function touchesSql({ filtered, after, first, withTotal }: TouchesShape): string {
  // The newest touches of each account are enough.
  const recent = !filtered && !after && first < recentTouches;
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

/** The latest count of each lead up to the watermark, as `counted`. */
const counted = `counted as (
  select lead_id, visits, page_views, seconds, happened_at
  from visit_counts as facts, mark
  where tenant = $tenant and lead_id in (from asked) and happened_at <= as_of
  qualify row_number() over (
    partition by lead_id order by happened_at desc, facts.observed_at desc, id desc
  ) = 1
)`;

const visitCountsSql = `with ${plainMark}, ${asked}, ${counted}
  select asked.id, ${marked}, visits, page_views as "pageViews", seconds,
    epoch_ms(happened_at)::double as "countedAt"
  from asked cross join mark left join counted on counted.lead_id = asked.id`;

const leadBehaviourSql = `with ${mark}, ${asked}, ${counted},
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
  select asked.id, ${windowed},
    coalesce(behaviour.visits, 0) + coalesce(counted.visits, 0) as visits,
    coalesce(behaviour.page_views, 0) + coalesce(counted.page_views, 0) as "pageViews",
    coalesce(opens, 0) as opens, coalesce(clicks, 0) as clicks, coalesce(responses, 0) as responses,
    epoch_ms(last_at)::double as "lastAt"
  from asked cross join mark
  left join behaviour on behaviour.lead_id = asked.id
  left join counted on counted.lead_id = asked.id and happened_at >= from_at`;

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

export const duckdbQueries: Queries = {
  usage: usageSql,
  usageByDay: usageByDaySql,
  touches: touchesSql,
  paths: pathsSql,
  visitCounts: visitCountsSql,
  leadBehaviour: leadBehaviourSql,
  channelPerformance: channelPerformanceSql,
  mostActive: mostActiveSql,
};
