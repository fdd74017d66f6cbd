import type { Queries, TouchesShape } from '../reads.ts';

/** What the reads ask of PostgreSQL: DuckDB's questions, in the same order and under the same names. */

/** The watermark and the first midnight of `$days` days that end with its own day. */
const mark = `mark as (
  select as_of, observed_at, date_trunc('day', as_of) - ($days::integer - 1) * interval '1 day' as from_at
  from watermarks where tenant = $tenant and as_of is not null
)`;

/** Without a window. */
const plainMark = `mark as (
  select as_of, observed_at from watermarks where tenant = $tenant and as_of is not null
)`;

const asked = 'asked as (select distinct unnest($ids::text[]) as id)';

const marked = `epoch_ms(mark.as_of) as "asOf", epoch_ms(mark.observed_at) as "observedAt"`;

const windowed = `epoch_ms(mark.from_at) as "from", ${marked}`;

/** A list leads to the rows by their key; joined with the list's rows, a table of a year was read whole. */
const usageSql = `with ${mark}, ${asked},
  days as (
    select account_id, sum(visits)::float8 as visits, sum(page_views)::float8 as page_views,
      sum(seconds)::float8 as seconds
    from account_usage_days, mark
    where tenant = $tenant and account_id = any($ids::text[]) and day >= from_at::date
    group by account_id
  ),
  visitors as (
    select account_id, (count(*) filter (where last_at >= from_at))::float8 as active, max(last_at) as last_at
    from account_visitors, mark
    where tenant = $tenant and account_id = any($ids::text[])
    group by account_id
  )
  select asked.id, ${windowed}, coalesce(visits, 0) as visits, coalesce(page_views, 0) as "pageViews", seconds,
    coalesce(active, 0) as "activeUsers", epoch_ms(last_at) as "lastSeenAt"
  from asked cross join mark
  left join days on days.account_id = asked.id
  left join visitors on visitors.account_id = asked.id`;

const usageByDaySql = `with ${mark}, ${asked}
  select asked.id, ${windowed}, to_char(day, 'YYYY-MM-DD') as day, visits::float8 as visits,
    page_views::float8 as "pageViews"
  from asked cross join mark
  left join account_usage_days as days
    on days.tenant = $tenant and days.account_id = asked.id and day >= from_at::date
  order by days.day`;

function touchesSql({ filtered, after, withTotal }: TouchesShape): string {
  const ofChannels = filtered ? 'and channel = any($channels::text[])' : '';
  const behind = after ? 'and (happened_at, id) < (epoch_ms($after_at::float8), $after_id::text)' : '';
  const totals = withTotal
    ? `select account_id, sum(touches)::float8 as total from account_channels
        where tenant = $tenant and account_id in (select id from asked) ${ofChannels} group by account_id`
    : 'select null::text as account_id, null::float8 as total where false';
  return `with ${plainMark}, ${asked},
    page as (
      select asked.id as of_account, facts.*
      from asked cross join mark cross join lateral (
        select id, channel, campaign_id, kind, happened_at, observed_at from touches
        where tenant = $tenant and account_id = asked.id and happened_at <= as_of ${ofChannels} ${behind}
        order by happened_at desc, id desc limit $first::integer + 1
      ) as facts
    ),
    totals as (${totals})
    select asked.id, page.id as "touchId", channel, campaign_id as "campaignId", kind,
      epoch_ms(happened_at) as "happenedAt", epoch_ms(page.observed_at) as "observedAt",
      ${withTotal ? 'coalesce(total, 0)' : 'null::float8'} as total
    from asked cross join mark
    left join page on page.of_account = asked.id
    left join totals on totals.account_id = asked.id
    order by happened_at desc, page.id desc`;
}

const pathsSql = `with ${plainMark}, ${asked}
  select asked.id, ${marked}, latest.id as "conversionId", latest.kind as "conversionKind",
    epoch_ms(latest.happened_at) as "convertedAt", epoch_ms(latest.observed_at) as "conversionObservedAt",
    channel, campaign_id as "campaignId", path_touches::float8 as touches,
    epoch_ms(path_first_at) as "firstAt", path_first_id as "firstId",
    epoch_ms(path_last_at) as "lastAt", path_last_id as "lastId", path_decayed as "decayedTouches"
  from asked cross join mark
  left join account_conversions as latest on latest.tenant = $tenant and latest.account_id = asked.id
  left join account_channels as channels
    on channels.tenant = $tenant and channels.account_id = asked.id and path_touches > 0`;

/** The latest count of each lead up to the watermark, as `counted`. */
const counted = `counted as (
  select distinct on (lead_id) lead_id, visits, page_views, seconds, happened_at
  from visit_counts as facts, mark
  where tenant = $tenant and lead_id in (select id from asked) and happened_at <= as_of
  order by lead_id, happened_at desc, facts.observed_at desc, id desc
)`;

const visitCountsSql = `with ${plainMark}, ${asked}, ${counted}
  select asked.id, ${marked}, visits, page_views as "pageViews", seconds, epoch_ms(happened_at) as "countedAt"
  from asked cross join mark left join counted on counted.lead_id = asked.id`;

const leadBehaviourSql = `with ${mark}, ${asked}, ${counted},
  behaviour as (
    select lead_id,
      (sum(amount) filter (where activity = 'VISIT'))::float8 as visits,
      (sum(amount) filter (where activity = 'PAGE_VIEW'))::float8 as page_views,
      (sum(amount) filter (where activity = 'OPEN'))::float8 as opens,
      (sum(amount) filter (where activity = 'CLICK'))::float8 as clicks,
      (sum(amount) filter (where activity = 'RESPONSE'))::float8 as responses,
      max(last_at) as last_at
    from lead_activity_days, mark
    where tenant = $tenant and lead_id in (select id from asked) and day >= from_at::date
    group by lead_id
  )
  select asked.id, ${windowed},
    coalesce(behaviour.visits, 0) + coalesce(counted.visits, 0) as visits,
    coalesce(behaviour.page_views, 0) + coalesce(counted.page_views, 0) as "pageViews",
    coalesce(opens, 0) as opens, coalesce(clicks, 0) as clicks, coalesce(responses, 0) as responses,
    epoch_ms(last_at) as "lastAt"
  from asked cross join mark
  left join behaviour on behaviour.lead_id = asked.id
  left join counted on counted.lead_id = asked.id and happened_at >= from_at`;

/** What neither was touched in the window nor led to a conversion of it is left out before it is grouped: most of it. */
const channelPerformanceSql = `with ${mark},
  days as (
    select channel, sum(touches)::float8 as touches from channel_days, mark
    where tenant = $tenant and day >= from_at::date group by channel
  ),
  reached as (
    select channel, account_id, max(last_at) as last_at, max(path_touches) > 0 as on_path
    from account_channels
    where tenant = $tenant and (last_at >= (select from_at from mark) or path_touches > 0 and account_id in (
      select account_id from account_conversions, mark where tenant = $tenant and happened_at >= from_at
    ))
    group by channel, account_id
  ),
  accounts as (
    select channel, (count(*) filter (where last_at >= from_at))::float8 as accounts,
      (count(*) filter (where on_path and latest.happened_at >= from_at))::float8 as assisted
    from reached cross join mark
    left join account_conversions as latest
      on latest.tenant = $tenant and latest.account_id = reached.account_id
    group by channel
  ),
  told as (
    select channel, touches, accounts, assisted from accounts left join days using (channel)
    where touches > 0 or assisted > 0
  )
  select ${windowed}, channel, coalesce(told.touches, 0) as touches, accounts, assisted as "assistedConversions"
  from mark left join told on true
  order by coalesce(told.touches, 0) desc, channel`;

const mostActiveSql = `with ${mark},
  busiest as (
    select account_id, sum(visits)::float8 as visits, sum(page_views)::float8 as page_views
    from account_usage_days, mark where tenant = $tenant and day >= from_at::date
    group by account_id order by visits desc, account_id limit $first::integer
  ),
  seen as (
    select account_id, max(last_at) as last_at from account_visitors
    where tenant = $tenant and account_id in (select account_id from busiest) group by account_id
  ),
  told as (select * from busiest join seen using (account_id))
  select ${windowed}, account_id as "accountId", visits, page_views as "pageViews",
    epoch_ms(last_at) as "lastSeenAt"
  from mark left join told on true
  order by visits desc, account_id`;

export const postgresQueries: Queries = {
  usage: usageSql,
  usageByDay: usageByDaySql,
  touches: touchesSql,
  paths: pathsSql,
  visitCounts: visitCountsSql,
  leadBehaviour: leadBehaviourSql,
  channelPerformance: channelPerformanceSql,
  mostActive: mostActiveSql,
};
