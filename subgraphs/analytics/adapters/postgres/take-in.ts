import type { AggregatedKind } from '../fact-columns.ts';
import { type Intake, kindsOf, responses } from '../intake.ts';
import { type Statement, statement } from '../statement.ts';
import { decayHalfLifeMs } from '../warehouse.ts';

/**
 * Statements that bring the aggregates up to date, for the transaction that writes the facts or moves the
 * watermark. It holds the tenant's lock: `merge` itself would not see what another transaction inserts meanwhile.
 * @param kinds those among the kinds of the intake of which there are facts
 */
export function takeIn(intake: Intake, kinds: readonly AggregatedKind[]): readonly Statement[] {
  return kinds
    .flatMap((kind) => {
      const taken =
        intake.of === 'watermark'
          ? `(select * from ${kind} where ${passed})`
          : `(select * from fresh_${kind} where happened_at <= epoch_ms($as_of::float8))`;
      if (kind === 'conversions')
        return takeConversions(taken, intake.of === 'watermark' ? '$before' : '$as_of');
      return kind === 'touches' ? takeTouches(taken) : takeVisits(taken);
    })
    .map((sql) => statement(sql, valuesOf(intake)));
}

/** Of which kinds there are facts that the watermark passes: to merge nothing takes as long as to merge a few. */
export function passedBy(intake: Extract<Intake, { readonly of: 'watermark' }>): Statement {
  const columns = kindsOf(intake).map((kind) => `exists (select from ${kind} where ${passed}) as ${kind}`);
  return statement(`select ${columns.join(', ')}`, valuesOf(intake));
}

const passed = `tenant = $tenant
  and happened_at > epoch_ms($before::float8) and happened_at <= epoch_ms($as_of::float8)`;

function valuesOf(intake: Intake): NonNullable<Statement['values']> {
  const values = { tenant: intake.tenant, as_of: intake.asOf };
  return intake.of === 'watermark' ? { ...values, before: intake.before } : values;
}

/**
 * Moves each account's latest conversion, and makes the paths anew of those where it moved, from the touches
 * that were taken in before.
 */
function takeConversions(taken: string, upTo: string): readonly string[] {
  const latest = `(select distinct on (account_id) account_id, id, kind, happened_at, observed_at
    from ${taken} as facts order by account_id, happened_at desc, id desc)`;
  return [
    `insert into reconverted
      select added.account_id from ${latest} as added
      left join account_conversions as held on held.tenant = $tenant and held.account_id = added.account_id
      where held.id is null or (held.happened_at, held.id) < (added.happened_at, added.id)`,
    `merge into account_conversions as held
      using (select * from ${latest} as latest where account_id in (select account_id from reconverted)) as added
      on held.tenant = $tenant and held.account_id = added.account_id
      when matched then update set id = added.id, kind = added.kind,
        happened_at = added.happened_at, observed_at = added.observed_at
      when not matched then insert
        values ($tenant, added.account_id, added.id, added.kind, added.happened_at, added.observed_at)`,
    `delete from account_channels
      where tenant = $tenant and account_id in (select account_id from reconverted)`,
    // The offset keeps it one look-up an account: mostly there is none, and all touches would be read to join with it.
    mergeChannels(`(select found.* from reconverted cross join lateral (
        select * from touches where tenant = $tenant and account_id = reconverted.account_id
          and happened_at <= epoch_ms(${upTo}::float8) offset 0
      ) as found)`),
  ];
}

function takeTouches(taken: string): readonly string[] {
  return [
    mergeChannels(taken),
    `merge into channel_days as held
      using (select happened_at::date as day, channel, count(*) as touches from ${taken} as facts
        where account_id is not null group by day, channel) as added
      on held.tenant = $tenant and held.day = added.day and held.channel = added.channel
      when matched then update set touches = held.touches + added.touches
      when not matched then insert values ($tenant, added.day, added.channel, added.touches)`,
    mergeActivity(`select lead_id, happened_at, 1 as amount,
      case when kind in ('OPEN', 'CLICK') then kind when kind in (${responses}) then 'RESPONSE' end as activity
      from ${taken} as facts`),
  ];
}

function takeVisits(taken: string): readonly string[] {
  return [
    `merge into account_usage_days as held
      using (select account_id, happened_at::date as day, count(*) as visits,
          sum(page_views) as page_views, sum(seconds) as seconds
        from ${taken} as facts where account_id is not null group by account_id, day) as added
      on held.tenant = $tenant and held.account_id = added.account_id and held.day = added.day
      when matched then update set visits = held.visits + added.visits,
        page_views = held.page_views + added.page_views,
        seconds = coalesce(held.seconds + added.seconds, held.seconds, added.seconds)
      when not matched then insert
        values ($tenant, added.account_id, added.day, added.visits, added.page_views, added.seconds)`,
    `merge into account_visitors as held
      using (select account_id, visitor_id, max(happened_at) as last_at
        from ${taken} as facts where account_id is not null group by account_id, visitor_id) as added
      on held.tenant = $tenant and held.account_id = added.account_id and held.visitor_id = added.visitor_id
      when matched then update set last_at = greatest(held.last_at, added.last_at)
      when not matched then insert values ($tenant, added.account_id, added.visitor_id, added.last_at)`,
    mergeActivity(`select lead_id, happened_at, 1 as amount, 'VISIT' as activity from ${taken} as facts
      union all select lead_id, happened_at, page_views, 'PAGE_VIEW' from ${taken} as facts where page_views > 0`),
  ];
}

/**
 * 2^(-age / half-life), of an interval. PostgreSQL raises an error where the power is too small for a
 * number; a weight of 2^-1000 adds nothing to a sum that is at least 1.
 */
const weight = (age: string) =>
  `power(2::float8, greatest(-date_part('epoch', ${age}) / ${decayHalfLifeMs / 1_000}, -1000))`;

/**
 * Two sums of decayed touches add up once both are scaled to the later of their last touches: weights halve
 * every 7 days, so that only the distance between the two counts, whatever the calendar says.
 */
function mergeChannels(taken: string): string {
  const later = 'greatest(held.path_last_at, added.path_last_at)';
  const scaled = (side: string) =>
    `coalesce(${side}.path_decayed * ${weight(`${later} - ${side}.path_last_at`)}, 0)`;
  // One sort serves the window and the groups. The look-up of a conversion stays one of the key, however few are known.
  return `merge into account_channels as held
    using (
      select account_id, channel, campaign_id, count(*) as touches, max(happened_at) as last_at,
        count(*) filter (where on_path) as path_touches,
        min(happened_at) filter (where on_path) as path_first_at,
        max(first_id) filter (where on_path) as path_first_id,
        max(happened_at) filter (where on_path) as path_last_at,
        max(last_id) filter (where on_path) as path_last_id,
        coalesce(sum(${weight('last_of_path - happened_at')}) filter (where on_path), 0) as path_decayed
      from (
        select account_id, channel, campaign_id, on_path, happened_at,
          first_value(id) over path as first_id, last_value(id) over path as last_id,
          last_value(happened_at) over path as last_of_path
        from (
          select taken.*, coalesce(taken.happened_at <= (
            select latest.happened_at from account_conversions as latest
            where latest.tenant = $tenant and latest.account_id = taken.account_id
          ), true) as on_path
          from ${taken} as taken where taken.account_id is not null
        ) as placed
        window path as (partition by account_id, channel, campaign_id, on_path order by happened_at, id
          rows between unbounded preceding and unbounded following)
      ) as ordered
      group by account_id, channel, campaign_id
    ) as added
    on held.tenant = $tenant and held.account_id = added.account_id and held.channel = added.channel
      and held.campaign_id is not distinct from added.campaign_id
    when matched then update set
      touches = held.touches + added.touches,
      last_at = greatest(held.last_at, added.last_at),
      path_touches = held.path_touches + added.path_touches,
      path_first_at = least(held.path_first_at, added.path_first_at),
      path_first_id = ${chosen('first', '<')},
      path_last_at = ${later},
      path_last_id = ${chosen('last', '>')},
      path_decayed = ${scaled('held')} + ${scaled('added')}
    when not matched then insert values ($tenant, added.account_id, added.channel, added.campaign_id,
      added.touches, added.last_at, added.path_touches, added.path_first_at, added.path_first_id,
      added.path_last_at, added.path_last_id, added.path_decayed)`;
}

/** The id of the first or last touch of both, where either may have none. */
function chosen(end: 'first' | 'last', beyond: '<' | '>'): string {
  const [at, id] = [`path_${end}_at`, `path_${end}_id`];
  return `case when held.${at} is null or (added.${at}, added.${id}) ${beyond} (held.${at}, held.${id})
        then added.${id} else held.${id} end`;
}

function mergeActivity(activities: string): string {
  return `merge into lead_activity_days as held
    using (select lead_id, happened_at::date as day, activity, sum(amount) as amount, max(happened_at) as last_at
      from (${activities}) as activities where lead_id is not null and activity is not null
      group by lead_id, day, activity) as added
    on held.tenant = $tenant and held.lead_id = added.lead_id and held.day = added.day
      and held.activity = added.activity
    when matched then update set amount = held.amount + added.amount,
      last_at = greatest(held.last_at, added.last_at)
    when not matched then insert
      values ($tenant, added.lead_id, added.day, added.activity, added.amount, added.last_at)`;
}
