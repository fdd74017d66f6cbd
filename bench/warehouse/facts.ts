import type { ConversionRow, TouchRow, VisitRow } from '../../subgraphs/analytics/adapters/warehouse.ts';

const channels = ['EMAIL', 'EVENT', 'DIRECT', 'PAID_SEARCH', 'PAID_SOCIAL', 'ORGANIC_SEARCH'] as const;
const kinds = ['OPEN', 'CLICK', 'IMPRESSION', 'FORM_SUBMISSION', 'MEETING'] as const;

const begin = Date.parse('2025-03-01T00:00:00.000Z');
const yearMs = 365 * 86_400_000;

/** The facts of a year and of the hours behind it, each made from its number alone, so that all are told the same. */
export interface Facts {
  readonly account: (n: number) => string;
  /** Of the year, `from` of them and those behind it, in the order of time. */
  readonly touches: (from: number, count: number) => readonly TouchRow[];
  readonly visits: (from: number, count: number) => readonly VisitRow[];
  /** One of every third account, within the year's last quarter. */
  readonly conversions: readonly ConversionRow[];
  /** The time that a share of the year has passed. */
  readonly timeAt: (share: number) => string;
}

/** Numbers beyond those of the year fall into what follows it, one each second. */
export function factsOf({
  touches,
  accounts,
}: {
  readonly touches: number;
  readonly accounts: number;
}): Facts {
  const visits = visitsBeside(touches);
  const timeAt = (share: number) => new Date(begin + Math.round(yearMs * share)).toISOString();
  const timeOf = (n: number, ofYear: number) =>
    n < ofYear ? timeAt(n / ofYear) : new Date(begin + yearMs + (n - ofYear) * 1_000).toISOString();
  const account = (n: number) => `acc_${Math.floor(share(n, 1) ** 2 * accounts)}`;
  const lead = (n: number) => (share(n, 2) < 0.5 ? null : `lea_${Math.floor(share(n, 3) * accounts * 5)}`);
  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, place) => from + place);
  return {
    account,
    timeAt,
    touches: (from, count) =>
      numbers(from, count).map((n) => ({
        id: `tch_${n}`,
        accountId: account(n),
        leadId: lead(n),
        channel: one(channels, n, 4),
        campaignId: share(n, 5) < 0.3 ? null : `cmp_${Math.floor(share(n, 6) * 30)}`,
        kind: one(kinds, n, 7),
        at: timeOf(n, touches),
      })),
    visits: (from, count) =>
      numbers(from, count).map((n) => ({
        id: `vis_${n}`,
        accountId: account(n),
        leadId: lead(n),
        visitorId: `${account(n)}_${Math.floor(share(n, 8) * 20)}`,
        pageViews: 1 + Math.floor(share(n, 9) * 9),
        seconds: share(n, 10) < 0.2 ? null : Math.floor(share(n, 11) * 600),
        at: timeOf(n, visits),
      })),
    conversions: numbers(0, Math.ceil(accounts / 3)).map((n) => ({
      id: `cnv_${n}`,
      accountId: `acc_${n * 3}`,
      kind: share(n, 12) < 0.7 ? 'OPPORTUNITY_OPENED' : 'OPPORTUNITY_WON',
      at: timeAt(0.75 + share(n, 13) / 4),
    })),
  };
}

/** How many visits a year has beside its touches. */
export function visitsBeside(touches: number): number {
  return Math.floor(touches / 2);
}

function one<Value>(values: readonly Value[], n: number, salt: number): Value {
  return values[Math.floor(share(n, salt) * values.length)] as Value;
}

/** From 0 up to 1, without a pattern, the same whenever it is asked. */
function share(n: number, salt: number): number {
  let mixed = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}
