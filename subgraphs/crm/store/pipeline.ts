import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Money, money } from '#chassis/money.ts';
import type { OpportunityFilter, OpportunityStage, PipelineGroup } from '../__generated__/resolvers.ts';
import { opportunitiesWhere } from './filters.ts';
import type { Tables } from './tables.ts';
import { opportunityStages } from './words.ts';

export interface PipelineTotals {
  readonly openCount: number;
  readonly openAmount: Money[];
  readonly wonCount: number;
  readonly wonAmount: Money[];
  readonly lostCount: number;
  readonly byStage: { readonly stage: OpportunityStage; readonly count: number; readonly amount: Money[] }[];
  /** The oldest observation among the opportunities; null where there is none. */
  readonly observedAt: string | null;
}

export interface PipelineGroupRow {
  /** Stage, owner, industry or month; null where the opportunities have none. */
  readonly key: string | null;
  readonly group: PipelineGroup;
  readonly totals: PipelineTotals;
}

/** One line of the store: a group, a stage and a currency. PostgreSQL answers the numbers as text. */
interface TotalsLine {
  readonly key: string | null;
  readonly stage: OpportunityStage;
  readonly currency: string | null;
  readonly count: number | string;
  readonly minor: number | string | null;
  readonly observedAt: string;
}

const maxGroups = 500;

const groupKeys: Record<PipelineGroup, RawBuilder<unknown>> = {
  STAGE: sql`scoped.stage`,
  OWNER: sql`scoped.owner_id`,
  INDUSTRY: sql`accounts.industry`,
  MONTH: sql`substr(scoped.close_date, 1, 7)`,
};

/** Totals of many accounts in one statement; an account without opportunities is not in the answer. */
export async function totalsByAccount(
  db: Kysely<Tables>,
  tenant: string,
  accountIds: readonly string[],
): Promise<Map<string, PipelineTotals>> {
  const where = sql`tenant = ${tenant} and account_id in (${sql.join(accountIds)})`;
  const lines = await selectLines(db, where, sql`scoped.account_id`, false);
  return new Map([...foldByKey(lines)].map(([key, totals]) => [key ?? '', totals]));
}

export const noOpportunities: PipelineTotals = fold([]);

/** Totals by group: months in calendar order, other groups with the most opportunities first. */
export async function totalsByGroup(
  db: Kysely<Tables>,
  tenant: string,
  group: PipelineGroup,
  filter: OpportunityFilter | null | undefined,
): Promise<PipelineGroupRow[]> {
  const where = opportunitiesWhere(tenant, filter);
  const lines = await selectLines(db, where, groupKeys[group], group === 'INDUSTRY');
  const rows = [...foldByKey(lines)].map(([key, totals]) => ({ key, group, totals }));
  const size = ({ totals }: PipelineGroupRow) => totals.openCount + totals.wonCount + totals.lostCount;
  const ordered =
    group === 'MONTH'
      ? rows.sort((a, b) => ((a.key ?? '9999') < (b.key ?? '9999') ? -1 : 1))
      : rows.sort((a, b) => size(b) - size(a) || ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  return ordered.slice(0, maxGroups);
}

async function selectLines(
  db: Kysely<Tables>,
  where: RawBuilder<unknown>,
  key: RawBuilder<unknown>,
  withAccount: boolean,
): Promise<readonly TotalsLine[]> {
  const join = withAccount
    ? sql`left join accounts on accounts.tenant = scoped.tenant and accounts.id = scoped.account_id`
    : sql``;
  const { rows } = await sql<TotalsLine>`
    with scoped as (select * from opportunities where ${where})
    select ${key} as key, scoped.stage as stage, scoped.amount_currency as currency,
      count(*) as count, cast(sum(scoped.amount_minor) as text) as minor,
      min(scoped.observed_at) as observed_at
    from scoped ${join}
    group by 1, 2, 3`.execute(db);
  return rows;
}

function foldByKey(lines: readonly TotalsLine[]): Map<string | null, PipelineTotals> {
  return new Map([...Map.groupBy(lines, (line) => line.key)].map(([key, group]) => [key, fold(group)]));
}

function fold(lines: readonly TotalsLine[]): PipelineTotals {
  const of = (wanted: (stage: OpportunityStage) => boolean) => {
    const chosen = lines.filter((line) => wanted(line.stage));
    return {
      count: chosen.reduce((sum, line) => sum + Number(line.count), 0),
      amount: amounts(chosen),
    };
  };
  const open = of((stage) => stage !== 'WON' && stage !== 'LOST');
  const won = of((stage) => stage === 'WON');
  return {
    openCount: open.count,
    openAmount: open.amount,
    wonCount: won.count,
    wonAmount: won.amount,
    lostCount: of((stage) => stage === 'LOST').count,
    byStage: opportunityStages
      .map((stage) => ({ stage, ...of((other) => other === stage) }))
      .filter(({ count }) => count > 0),
    observedAt: lines.map((line) => line.observedAt).sort()[0] ?? null,
  };
}

/** One amount per currency, the largest number first; currencies are never added to each other. */
function amounts(lines: readonly TotalsLine[]): Money[] {
  const sums = new Map<string, bigint>();
  for (const { currency, minor } of lines) {
    if (currency === null || minor === null) continue;
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(minor));
  }
  return [...sums]
    .sort(([a, left], [b, right]) => (left === right ? (a < b ? -1 : 1) : left > right ? -1 : 1))
    .map(([currency, minor]) => money(minor, currency))
    .filter((amount) => amount !== null);
}
