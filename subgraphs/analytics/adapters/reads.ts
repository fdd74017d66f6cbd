import { clientError } from '#chassis/errors.ts';
import type { Page } from '#chassis/store/page.ts';
import type { ConversionKind, TouchChannel, TouchKind, UsageWindow } from '../__generated__/resolvers.ts';
import { type ResultRow, type Statement, statement, type Value } from './statement.ts';
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
  VisitCount,
  WarehouseReads,
} from './warehouse.ts';
import { maxIds } from './warehouse.ts';

/**
 * The questions of the port in one dialect of SQL, with parameters `$tenant`, `$ids`, `$days`, `$first`, `$channels`,
 * `$after_at` (milliseconds since 1970) and `$after_id`. Every statement joins the watermark, so that an answer and the
 * time it is of come from one snapshot, and answers every id asked for; no row at all means no watermark. The columns
 * that it selects are those that this file reads; times are milliseconds.
 */
export interface Queries {
  readonly usage: string;
  /** In the order of days, as are touches in that of the list. */
  readonly usageByDay: string;
  /** One row more than `$first` for each account that has it. */
  readonly touches: (shape: TouchesShape) => string;
  readonly paths: string;
  readonly visitCounts: string;
  readonly leadBehaviour: string;
  readonly channelPerformance: string;
  readonly mostActive: string;
}

export interface TouchesShape {
  /** By channels. */
  readonly filtered: boolean;
  readonly after: boolean;
  readonly first: number;
  readonly withTotal: boolean;
}

/**
 * Significant digits of a sum of weights that hold whatever the order it was summed in: which that was depends on the
 * database, and on how the facts were cut into writes.
 */
const decayDigits = 9;

const windowDays: Record<UsageWindow, number> = {
  LAST_7_DAYS: 7,
  LAST_30_DAYS: 30,
  LAST_90_DAYS: 90,
  LAST_365_DAYS: 365,
};

/** The reading half of a warehouse that is asked in SQL. */
export function readsOf(
  read: (statement: Statement, signal?: AbortSignal) => Promise<readonly ResultRow[]>,
  queries: Queries,
): WarehouseReads {
  const ask = (sql: string, values: Readonly<Record<string, Value>>, signal: AbortSignal | undefined) => {
    const { ids } = values;
    if (Array.isArray(ids) && ids.length > maxIds) {
      throw new RangeError(`A batch has ${ids.length} ids; the warehouse takes at most ${maxIds}.`);
    }
    return read(statement(sql, values), signal);
  };

  return {
    usage: async (tenant, ids, window, signal) => {
      const rows = await ask(queries.usage, { tenant, ids, days: windowDays[window] }, signal);
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
      const rows = await ask(queries.usageByDay, { tenant, ids, days: windowDays[window] }, signal);
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
      const shape = { filtered: channels !== null, after: after !== undefined, first, withTotal };
      const rows = await ask(queries.touches(shape), values, signal);
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
        await ask(queries.paths, { tenant, ids }, signal),
        (group, first): Path => ({
          ...observedOf(first),
          conversion: conversionOf(first),
          steps: group.filter(({ channel }) => channel !== null).map(stepsOf),
        }),
      ),

    leadBehaviour: async (tenant, ids, days, signal) =>
      mapOf(
        await ask(queries.leadBehaviour, { tenant, ids, days }, signal),
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

    visitCounts: async (tenant, ids, signal) =>
      mapOf(await ask(queries.visitCounts, { tenant, ids }, signal), visitCountOf),

    channelPerformance: async (tenant, window, signal) => {
      const rows = await ask(queries.channelPerformance, { tenant, days: windowDays[window] }, signal);
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
      const rows = await ask(queries.mostActive, { tenant, days: windowDays[window], first }, signal);
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

function visitCountOf(row: ResultRow): VisitCount | null {
  if (row.countedAt === null) return null;
  return {
    ...observedOf(row),
    visits: numberOrNull(row.visits),
    pageViews: numberOrNull(row.pageViews),
    timeOnSiteSeconds: numberOrNull(row.seconds),
    countedAt: timeOf(row.countedAt),
  };
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
    decayedTouches: Number(Number(row.decayedTouches).toPrecision(decayDigits)),
  };
}

function timeOf(milliseconds: ResultRow[string] | undefined): string {
  return new Date(Number(milliseconds)).toISOString();
}

function numberOrNull(value: ResultRow[string] | undefined): number | null {
  return value === null ? null : Number(value);
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
