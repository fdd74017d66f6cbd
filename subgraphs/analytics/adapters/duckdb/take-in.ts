import { type Intake, kindsOf, responses } from '../intake.ts';
import { type Statement, statement } from '../statement.ts';
import { decayHalfLifeMs } from '../warehouse.ts';

/** A page of 100 and the row behind it. */
export const recentTouches = 101;

/**
 * Statements that bring the aggregates up to date, for the transaction that writes the facts or moves the
 * watermark.
 */
export function takeIn(intake: Intake): readonly Statement[] {
  const values = {
    tenant: intake.tenant,
    as_of: intake.asOf,
    ...(intake.of === 'watermark' ? { before: intake.before } : {}),
  };
  return kindsOf(intake)
    .flatMap((kind) => {
      const taken =
        intake.of === 'watermark'
          ? `(from ${kind} where tenant = $tenant
              and happened_at > epoch_ms($before) and happened_at <= epoch_ms($as_of))`
          : `(from fresh_${kind} where happened_at <= epoch_ms($as_of))`;
      if (kind === 'conversions')
        return takeConversions(taken, intake.of === 'watermark' ? '$before' : '$as_of');
      return kind === 'touches' ? takeTouches(taken) : takeVisits(taken);
    })
    .map((sql) => statement(sql, values));
}

/**
 * Moves each account's latest conversion, and makes the paths anew of those where it moved, from the touches
 * that were taken in before.
 */
function takeConversions(taken: string, upTo: string): readonly string[] {
  const latest = `(select account_id, max({'at': happened_at, 'id': id}) as place,
    arg_max({'kind': kind, 'observed_at': observed_at}, {'at': happened_at, 'id': id}) as rest
    from ${taken} group by account_id)`;
  return [
    'delete from reconverted',
    `insert into reconverted
      select added.account_id from ${latest} as added
      left join account_conversions as held on held.tenant = $tenant and held.account_id = added.account_id
      where held.id is null or {'at': held.happened_at, 'id': held.id} < added.place`,
    `merge into account_conversions as held
      using (from ${latest} where account_id in (from reconverted)) as added
      on held.tenant = $tenant and held.account_id = added.account_id
      when matched then update set id = added.place.id, kind = added.rest.kind,
        happened_at = added.place.at, observed_at = added.rest.observed_at
      when not matched then insert
        values ($tenant, added.account_id, added.place.id, added.rest.kind, added.place.at, added.rest.observed_at)`,
    'delete from account_channels where tenant = $tenant and account_id in (from reconverted)',
    mergeChannels(`(from touches where tenant = $tenant and account_id in (from reconverted)
      and happened_at <= epoch_ms(${upTo}))`),
  ];
}

function takeTouches(taken: string): readonly string[] {
  return [
    mergeChannels(taken),
    `insert into recent_touches
      select tenant, account_id, id, channel, campaign_id, kind, happened_at, observed_at from ${taken}
      where account_id is not null
      qualify row_number() over (partition by account_id order by happened_at desc, id desc) <= ${recentTouches}`,
    `merge into channel_days as held
      using (select happened_at::date as day, channel, count(*) as touches from ${taken}
        where account_id is not null group by all) as added
      on held.tenant = $tenant and held.day = added.day and held.channel = added.channel
      when matched then update set touches = held.touches + added.touches
      when not matched then insert values ($tenant, added.day, added.channel, added.touches)`,
    mergeActivity(`select lead_id, happened_at, 1 as amount,
      case when kind in ('OPEN', 'CLICK') then kind when kind in (${responses}) then 'RESPONSE' end as activity
      from ${taken}`),
  ];
}

function takeVisits(taken: string): readonly string[] {
  return [
    `merge into account_usage_days as held
      using (select account_id, happened_at::date as day, count(*) as visits,
          sum(page_views) as page_views, sum(seconds) as seconds
        from ${taken} where account_id is not null group by all order by account_id, day) as added
      on held.tenant = $tenant and held.account_id = added.account_id and held.day = added.day
      when matched then update set visits = held.visits + added.visits,
        page_views = held.page_views + added.page_views,
        seconds = coalesce(held.seconds + added.seconds, held.seconds, added.seconds)
      when not matched then insert
        values ($tenant, added.account_id, added.day, added.visits, added.page_views, added.seconds)`,
    `merge into account_visitors as held
      using (select account_id, visitor_id, max(happened_at) as last_at
        from ${taken} where account_id is not null group by all order by account_id) as added
      on held.tenant = $tenant and held.account_id = added.account_id and held.visitor_id = added.visitor_id
      when matched then update set last_at = greatest(held.last_at, added.last_at)
      when not matched then insert values ($tenant, added.account_id, added.visitor_id, added.last_at)`,
    mergeActivity(`select lead_id, happened_at, 1 as amount, 'VISIT' as activity from ${taken}
      union all select lead_id, happened_at, page_views, 'PAGE_VIEW' from ${taken} where page_views > 0`),
  ];
}

/**
 * Two sums of decayed touches add up once both are scaled to the later of their last touches: weights halve
 * every 7 days, so that only the distance between the two counts, whatever the calendar says.
 */
function mergeChannels(taken: string): string {
  const later = 'greatest(held.path_last, added.path_last)';
  const scaled = (side: string) =>
    `coalesce(${side}.path_decayed * pow(2, -epoch_ms(${later}.at - ${side}.path_last.at) / ${decayHalfLifeMs}.0), 0)`;
  return `merge into account_channels as held
    using (
      with grouped as (
        select account_id, channel, campaign_id, count(*) as touches, max(happened_at) as last_at,
          count(*) filter (on_path) as path_touches,
          min({'at': happened_at, 'id': id}) filter (on_path) as path_first,
          max({'at': happened_at, 'id': id}) filter (on_path) as path_last,
          list(happened_at) filter (on_path) as path_times
        from (
          select taken.*, coalesce(taken.happened_at <= latest.happened_at, true) as on_path
          from ${taken} as taken left join account_conversions as latest
            on latest.tenant = $tenant and latest.account_id = taken.account_id
          where taken.account_id is not null
        )
        group by account_id, channel, campaign_id
      )
      select * exclude (path_times), coalesce(list_sum(list_transform(path_times,
        lambda time: pow(2, -epoch_ms(path_last.at - time) / ${decayHalfLifeMs}.0))), 0) as path_decayed
      from grouped order by account_id
    ) as added
    on held.tenant = $tenant and held.account_id = added.account_id and held.channel = added.channel
      and held.campaign_id is not distinct from added.campaign_id
    when matched then update set
      touches = held.touches + added.touches,
      last_at = greatest(held.last_at, added.last_at),
      path_touches = held.path_touches + added.path_touches,
      path_first = least(held.path_first, added.path_first),
      path_last = ${later},
      path_decayed = ${scaled('held')} + ${scaled('added')}
    when not matched then insert values ($tenant, added.account_id, added.channel, added.campaign_id,
      added.touches, added.last_at, added.path_touches, added.path_first, added.path_last, added.path_decayed)`;
}

function mergeActivity(activities: string): string {
  return `merge into lead_activity_days as held
    using (select lead_id, happened_at::date as day, activity, sum(amount) as amount, max(happened_at) as last_at
      from (${activities}) where lead_id is not null and activity is not null group by all order by lead_id) as added
    on held.tenant = $tenant and held.lead_id = added.lead_id and held.day = added.day
      and held.activity = added.activity
    when matched then update set amount = held.amount + added.amount,
      last_at = greatest(held.last_at, added.last_at)
    when not matched then insert
      values ($tenant, added.lead_id, added.day, added.activity, added.amount, added.last_at)`;
}
