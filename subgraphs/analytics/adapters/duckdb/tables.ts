/**
 * Facts are append logs, in the order they came. `id_key` is a number made of the id: looking for known ids
 * scans it instead of the text, which is several times faster, and needs no index in memory.
 *
 * Aggregates hold the facts up to the tenant's watermark. They have no keys in the sense of the database:
 * the writing connection is the only one, and merges by the columns that come before the first measure.
 */
export const tables: readonly string[] = [
  `create table if not exists watermarks (
    tenant varchar not null, as_of timestamp not null, observed_at timestamp not null
  )`,

  `create table if not exists touches (
    tenant varchar not null, id varchar not null, id_key ubigint not null,
    account_id varchar, lead_id varchar, channel varchar not null, campaign_id varchar,
    kind varchar not null, happened_at timestamp not null, observed_at timestamp not null
  )`,
  `create table if not exists visits (
    tenant varchar not null, id varchar not null, id_key ubigint not null,
    account_id varchar, lead_id varchar, visitor_id varchar not null, page_views integer not null,
    seconds integer, happened_at timestamp not null, observed_at timestamp not null
  )`,
  // Read as they are: one row a lead and source, where visits are many.
  `create table if not exists visit_counts (
    tenant varchar not null, id varchar not null, id_key ubigint not null, lead_id varchar not null,
    visits integer, page_views integer, seconds integer,
    happened_at timestamp not null, observed_at timestamp not null
  )`,
  `create table if not exists conversions (
    tenant varchar not null, id varchar not null, id_key ubigint not null,
    account_id varchar not null, kind varchar not null,
    happened_at timestamp not null, observed_at timestamp not null
  )`,

  // At least the newest 101 touches of every account: a page of the largest size and the row behind it.
  `create table if not exists recent_touches (
    tenant varchar not null, account_id varchar not null, id varchar not null, channel varchar not null,
    campaign_id varchar, kind varchar not null, happened_at timestamp not null, observed_at timestamp not null
  )`,
  // How many rows it had when it last held no more than those.
  'create table if not exists recent_touches_trimmed (row_count bigint not null)',

  // Path columns cover the touches up to the account's latest conversion; without one, all.
  `create table if not exists account_channels (
    tenant varchar not null, account_id varchar not null, channel varchar not null, campaign_id varchar,
    touches integer not null, last_at timestamp not null,
    path_touches integer not null, path_first struct("at" timestamp, id varchar),
    path_last struct("at" timestamp, id varchar), path_decayed double not null
  )`,
  // The latest conversion of each account.
  `create table if not exists account_conversions (
    tenant varchar not null, account_id varchar not null, id varchar not null, kind varchar not null,
    happened_at timestamp not null, observed_at timestamp not null
  )`,
  `create table if not exists channel_days (
    tenant varchar not null, day date not null, channel varchar not null, touches integer not null
  )`,
  `create table if not exists account_usage_days (
    tenant varchar not null, account_id varchar not null, day date not null,
    visits integer not null, page_views integer not null, seconds bigint
  )`,
  // Windows end at the watermark, so who was active in one is whose last visit is not before it.
  `create table if not exists account_visitors (
    tenant varchar not null, account_id varchar not null, visitor_id varchar not null,
    last_at timestamp not null
  )`,
  `create table if not exists lead_activity_days (
    tenant varchar not null, lead_id varchar not null, day date not null, activity varchar not null,
    amount integer not null, last_at timestamp not null
  )`,
];

/** Where batches wait on the writing connection until they are merged; text and numbers only. */
export const stagingTables: readonly string[] = [
  `create temp table staged_touches (
    id varchar, account_id varchar, lead_id varchar, channel varchar, campaign_id varchar, kind varchar,
    happened_at double
  )`,
  `create temp table staged_visits (
    id varchar, account_id varchar, lead_id varchar, visitor_id varchar, page_views double, seconds double,
    happened_at double
  )`,
  `create temp table staged_visit_counts (
    id varchar, lead_id varchar, visits double, page_views double, seconds double, happened_at double
  )`,
  'create temp table staged_conversions (id varchar, account_id varchar, kind varchar, happened_at double)',

  // The rows of the batch that were not known before, and the accounts whose latest conversion moved.
  'create temp table fresh_touches as from touches limit 0',
  'create temp table fresh_visits as from visits limit 0',
  'create temp table fresh_visit_counts as from visit_counts limit 0',
  'create temp table fresh_conversions as from conversions limit 0',
  'create temp table reconverted (account_id varchar)',
];
