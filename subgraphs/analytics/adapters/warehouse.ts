import type { Page } from '#chassis/store/page.ts';
import type { ConversionKind, TouchChannel, TouchKind, UsageWindow } from '../__generated__/resolvers.ts';

/**
 * The warehouse in the words of analytics: facts go in (touches, visits, counts of visits, conversions),
 * answers per account and per lead come out. Facts never change: a row whose id is known for the tenant is not written again,
 * so that writing the same rows twice changes nothing.
 *
 * Every tenant has a watermark: the time up to which its facts are complete. Aggregates hold the facts up to
 * the watermark and no later one; moving it takes in what came before it. Windows end at it.
 */
export interface Warehouse extends WarehouseReads, WarehouseWrites {
  /** Rejects where the warehouse cannot be asked. */
  readonly ping: () => Promise<void>;
  /** Interrupts what runs, rejects what waits, frees the file or the connections. Safe to call twice. */
  readonly close: () => Promise<void>;
}

export interface WarehouseOptions {
  /** Called with the text of every statement that a read runs: tests count with it. */
  readonly onQuery?: (sql: string) => void;
  /** How long a read may take, waiting included. */
  readonly readTimeoutMs?: number;
  /** Reads that may wait for a connection; one more is refused. */
  readonly maxWaiting?: number;
}

/**
 * Rows of any number: an array for a few, a generator for millions. They are taken in batches, the next one
 * only when the one before was accepted, and committed every 200,000 rows; a writer that breaks off writes
 * the same rows again.
 */
export type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** `observedAt` is when the rows were read from their source, RFC 3339; so are all times. */
export interface WarehouseWrites {
  readonly writeTouches: (tenant: string, rows: Rows<TouchRow>, observedAt: string) => Promise<Written>;
  readonly writeVisits: (tenant: string, rows: Rows<VisitRow>, observedAt: string) => Promise<Written>;
  readonly writeVisitCounts: (
    tenant: string,
    rows: Rows<VisitCountRow>,
    observedAt: string,
  ) => Promise<Written>;
  readonly writeConversions: (
    tenant: string,
    rows: Rows<ConversionRow>,
    observedAt: string,
  ) => Promise<Written>;
  /**
   * Declares the facts of a tenant complete up to a time and takes them into its aggregates. Call it once
   * after the rows it speaks of. It only moves forward: an earlier time than the present one changes
   * nothing. Answers the watermark that holds afterwards.
   */
  readonly setWatermark: (tenant: string, asOf: string, observedAt: string) => Promise<string>;
}

export interface Written {
  readonly inserted: number;
  /** Rows whose id was known before, or came twice. */
  readonly known: number;
}

/** One contact between marketing or sales and somebody; `accountId`, `leadId` or both are given. */
export interface TouchRow {
  readonly id: string;
  readonly accountId: string | null;
  readonly leadId: string | null;
  readonly channel: TouchChannel;
  readonly campaignId: string | null;
  readonly kind: TouchKind;
  readonly at: string;
}

/** One visit to the site or product; `accountId`, `leadId` or both are given. */
export interface VisitRow {
  readonly id: string;
  readonly accountId: string | null;
  readonly leadId: string | null;
  /** Who visited: an opaque id, the same for all visits of one user or browser. */
  readonly visitorId: string;
  readonly at: string;
  readonly pageViews: number;
  /** Null where it was not measured. */
  readonly seconds: number | null;
}

/**
 * How much a lead had visited in all up to a time, where a source counted and did not say when each visit was.
 * Such visits are not written as visits too. A later count of the lead takes the place of an earlier one; of two
 * of the same time the one observed last, then the greater id. Null is what the source did not count.
 */
export interface VisitCountRow {
  readonly id: string;
  readonly leadId: string;
  readonly visits: number | null;
  readonly pageViews: number | null;
  readonly seconds: number | null;
  /** When the count was taken. */
  readonly at: string;
}

/** What marketing works for, reached at an account. */
export interface ConversionRow {
  readonly id: string;
  readonly accountId: string;
  readonly kind: ConversionKind;
  readonly at: string;
}

/**
 * Reads take the ids of one batch, at most 100, and are one query each. Before the tenant's first watermark
 * they answer null, else a map that holds every id asked for. They reject with `STORE_TIMEOUT` or
 * `STORE_BUSY`, and with the signal's reason where that ends the query.
 */
export interface WarehouseReads {
  readonly usage: (
    tenant: string,
    accountIds: readonly string[],
    window: UsageWindow,
    signal?: AbortSignal,
  ) => Read<Usage>;
  readonly usageByDay: (
    tenant: string,
    accountIds: readonly string[],
    window: UsageWindow,
    signal?: AbortSignal,
  ) => Read<DailyUsage>;
  /** Latest first. Rejects with `INVALID_CURSOR` where the cursor's value is not a time. */
  readonly touches: (
    tenant: string,
    accountIds: readonly string[],
    request: TouchPageRequest,
    signal?: AbortSignal,
  ) => Read<Page<Touch>>;
  readonly paths: (tenant: string, accountIds: readonly string[], signal?: AbortSignal) => Read<Path>;
  /**
   * What leads did in so many days up to the watermark, its own day among them. A count of visits adds to them
   * whole where it was taken in these days, and tells nothing of when the last visit was.
   */
  readonly leadBehaviour: (
    tenant: string,
    leadIds: readonly string[],
    days: number,
    signal?: AbortSignal,
  ) => Read<LeadBehaviour>;
  /** The count of each lead that holds at the watermark; null for a lead whose visits nobody counted. */
  readonly visitCounts: (
    tenant: string,
    leadIds: readonly string[],
    signal?: AbortSignal,
  ) => Read<VisitCount | null>;
  readonly channelPerformance: (
    tenant: string,
    window: UsageWindow,
    signal?: AbortSignal,
  ) => Promise<ChannelPerformance | null>;
  readonly mostActiveAccounts: (
    tenant: string,
    window: UsageWindow,
    first: number,
    signal?: AbortSignal,
  ) => Promise<MostActiveAccounts | null>;
}

export const maxIds = 100;

type Read<Value> = Promise<ReadonlyMap<string, Value> | null>;

/** Of when an answer is: the watermark, and when what it was made from was last taken in. */
export interface Observed {
  readonly asOf: string;
  readonly observedAt: string;
}

/** Midnight of the window's first day, and the watermark. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface Usage extends Span, Observed {
  readonly visits: number;
  readonly activeUsers: number;
  readonly pageViews: number;
  readonly timeOnSiteSeconds: number | null;
  readonly lastSeenAt: string | null;
}

export interface DailyUsage extends Span, Observed {
  /** Days with a visit, in order. */
  readonly days: readonly UsageDay[];
}

export interface UsageDay {
  /** Calendar date in UTC. */
  readonly day: string;
  readonly visits: number;
  readonly pageViews: number;
}

export interface Touch {
  readonly id: string;
  readonly channel: TouchChannel;
  readonly campaignId: string | null;
  readonly kind: TouchKind;
  readonly at: string;
  readonly observedAt: string;
}

export interface TouchPageRequest {
  readonly channels: readonly TouchChannel[] | null;
  readonly first: number;
  /** Behind this touch; `value` is its time. */
  readonly after?: { readonly value: string; readonly id: string };
  readonly withTotal: boolean;
}

/** The touches that led to an account's latest conversion, all touches where there is none. */
export interface Path extends Observed {
  readonly conversion: Conversion | null;
  readonly steps: readonly PathSteps[];
}

export interface Conversion {
  readonly id: string;
  readonly kind: ConversionKind;
  readonly at: string;
  readonly observedAt: string;
}

/** The half-life of TIME_DECAY: 7 days. */
export const decayHalfLifeMs = 7 * 86_400_000;

/** The touches of one path that share channel and campaign; what the attribution models need of them. */
export interface PathSteps {
  readonly channel: TouchChannel;
  readonly campaignId: string | null;
  /** At least 1. */
  readonly touches: number;
  readonly firstAt: string;
  readonly firstId: string;
  readonly lastAt: string;
  readonly lastId: string;
  /**
   * Sum over the touches of 2^(-(lastAt - at) / half-life): from 1, for the last touch alone, upwards. Of nine
   * significant digits, which are the same whatever warehouse it is and however the facts were cut into writes.
   */
  readonly decayedTouches: number;
}

/** What a lead did in the days before the watermark. */
export interface LeadBehaviour extends Observed {
  /** Midnight of the first day that counts. */
  readonly from: string;
  readonly visits: number;
  readonly pageViews: number;
  readonly opens: number;
  readonly clicks: number;
  readonly responses: number;
  /** The latest of all these; null where there was none. */
  readonly lastAt: string | null;
}

export interface VisitCount extends Observed {
  readonly visits: number | null;
  readonly pageViews: number | null;
  readonly timeOnSiteSeconds: number | null;
  readonly countedAt: string;
}

export interface ChannelPerformance extends Span, Observed {
  readonly channels: readonly ChannelTotals[];
}

export interface ChannelTotals {
  readonly channel: TouchChannel;
  readonly touches: number;
  readonly accounts: number;
  readonly assistedConversions: number;
}

export interface MostActiveAccounts extends Span, Observed {
  readonly accounts: readonly ActiveAccount[];
}

export interface ActiveAccount {
  readonly accountId: string;
  readonly visits: number;
  readonly pageViews: number;
  readonly lastSeenAt: string;
}
