import { sql } from 'kysely';
import type { Migrations, MigrationTarget } from '#chassis/store/migrate.ts';

/**
 * The tables of the warehouse, as DuckDB has them, with what PostgreSQL needs beside them: keys that keep ids and
 * aggregates apart, and indices that lead each read to the rows of its accounts, leads or days.
 *
 * Times are `timestamp` in UTC: whatever zone a session is set to, days begin where they should. The newest touches of
 * an account are found by an index, so that they need no table of their own.
 */
export const migrations: Migrations = {
  '001_facts': async (target) => {
    await timeFunctions(target);
    await run(target, [
      // Locked by whoever writes for the tenant; without `as_of` before its first watermark.
      `create table watermarks (tenant TEXT primary key, as_of timestamp, observed_at timestamp)`,
      `create table touches (
        tenant TEXT not null, id TEXT not null, account_id TEXT, lead_id TEXT, channel TEXT not null,
        campaign_id TEXT, kind TEXT not null, happened_at timestamp not null, observed_at timestamp not null,
        primary key (tenant, id)
      )`,
      'create index touches_of_account on touches (tenant, account_id, happened_at, id)',
      'create index touches_by_time on touches (tenant, happened_at)',
      `create table visits (
        tenant TEXT not null, id TEXT not null, account_id TEXT, lead_id TEXT, visitor_id TEXT not null,
        page_views integer not null, seconds integer, happened_at timestamp not null,
        observed_at timestamp not null, primary key (tenant, id)
      )`,
      'create index visits_by_time on visits (tenant, happened_at)',
      // Read as they are: one row a lead and source, where visits are many.
      `create table visit_counts (
        tenant TEXT not null, id TEXT not null, lead_id TEXT not null, visits integer, page_views integer,
        seconds integer, happened_at timestamp not null, observed_at timestamp not null,
        primary key (tenant, id)
      )`,
      'create index visit_counts_of_lead on visit_counts (tenant, lead_id, happened_at)',
      `create table conversions (
        tenant TEXT not null, id TEXT not null, account_id TEXT not null, kind TEXT not null,
        happened_at timestamp not null, observed_at timestamp not null, primary key (tenant, id)
      )`,
      'create index conversions_by_time on conversions (tenant, happened_at)',
    ]);
  },
  '002_aggregates': (target) =>
    run(target, [
      // Path columns cover the touches up to the account's latest conversion; without one, all.
      `create table account_channels (
        tenant TEXT not null, account_id TEXT not null, channel TEXT not null, campaign_id TEXT,
        touches bigint not null, last_at timestamp not null, path_touches bigint not null,
        path_first_at timestamp, path_first_id TEXT, path_last_at timestamp, path_last_id TEXT,
        path_decayed double precision not null
      )`,
      `create unique index account_channels_key on account_channels (tenant, account_id, channel, campaign_id)
        nulls not distinct`,
      // The latest conversion of each account.
      `create table account_conversions (
        tenant TEXT not null, account_id TEXT not null, id TEXT not null, kind TEXT not null,
        happened_at timestamp not null, observed_at timestamp not null, primary key (tenant, account_id)
      )`,
      `create table channel_days (
        tenant TEXT not null, day date not null, channel TEXT not null, touches bigint not null,
        primary key (tenant, day, channel)
      )`,
      `create table account_usage_days (
        tenant TEXT not null, account_id TEXT not null, day date not null, visits bigint not null,
        page_views bigint not null, seconds bigint, primary key (tenant, account_id, day)
      )`,
      'create index account_usage_days_by_day on account_usage_days (tenant, day)',
      // Windows end at the watermark, so who was active in one is whose last visit is not before it.
      `create table account_visitors (
        tenant TEXT not null, account_id TEXT not null, visitor_id TEXT not null, last_at timestamp not null,
        primary key (tenant, account_id, visitor_id)
      )`,
      `create table lead_activity_days (
        tenant TEXT not null, lead_id TEXT not null, day date not null, activity TEXT not null,
        amount bigint not null, last_at timestamp not null, primary key (tenant, lead_id, day, activity)
      )`,
    ]),
  // Where nothing is known yet of how values spread, a merge may look its rows up by this index as well as by the key:
  // with the day alone it would read all accounts of that day for each of them.
  '003_usage_by_day': (target) =>
    run(target, [
      'create index account_usage_days_of_day on account_usage_days (tenant, day, account_id)',
      'drop index account_usage_days_by_day',
    ]),
};

/** DuckDB's name for both ways between a time and its milliseconds since 1970, so that queries read alike. */
function timeFunctions(target: MigrationTarget): Promise<void> {
  return run(target, [
    `create function epoch_ms("at" timestamp) returns double precision
      language sql immutable strict parallel safe
      return (extract(epoch from "at") * 1000)::double precision`,
    `create function epoch_ms(milliseconds double precision) returns timestamp
      language sql immutable strict parallel safe
      return timestamp 'epoch' + milliseconds * interval '1 millisecond'`,
  ]);
}

/** TEXT stands for text that is compared by code point, as DuckDB compares it. */
async function run({ db }: MigrationTarget, statements: readonly string[]): Promise<void> {
  for (const text of statements) {
    await sql.raw(text.replaceAll('TEXT', 'text collate "C"')).execute(db);
  }
}

/**
 * Where a transaction's rows wait until they are merged, emptied as it ends: those that came, those among them that
 * were not known before and lie behind the watermark, and the accounts whose latest conversion moved.
 */
export const stagingTables: readonly string[] = [
  `create temp table if not exists staged_touches (
    id text, account_id text, lead_id text, channel text, campaign_id text, kind text,
    happened_at double precision
  ) on commit delete rows`,
  `create temp table if not exists staged_visits (
    id text, account_id text, lead_id text, visitor_id text, page_views double precision,
    seconds double precision, happened_at double precision
  ) on commit delete rows`,
  `create temp table if not exists staged_visit_counts (
    id text, lead_id text, visits double precision, page_views double precision, seconds double precision,
    happened_at double precision
  ) on commit delete rows`,
  `create temp table if not exists staged_conversions (
    id text, account_id text, kind text, happened_at double precision
  ) on commit delete rows`,
  ...['touches', 'visits', 'visit_counts', 'conversions'].map(
    (kind) => `create temp table if not exists fresh_${kind} (like ${kind}) on commit delete rows`,
  ),
  'create temp table if not exists reconverted (account_id text collate "C") on commit delete rows',
];
