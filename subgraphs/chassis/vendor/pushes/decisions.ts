import { type Kysely, sql, type Transaction } from 'kysely';
import type { DecisionRow, PushTables } from './tables.ts';

/** Decisions per statement: SQLite takes 32,766 parameters, a decision has thirteen. */
const batchSize = 1_000;

/** Writes down how conflicts were decided. The same state of a record that is seen again adds nothing. */
export async function recordDecisions<Tables extends PushTables>(
  trx: Transaction<Tables>,
  decisions: readonly DecisionRow[],
): Promise<void> {
  for (let start = 0; start < decisions.length; start += batchSize) {
    const values = decisions
      .slice(start, start + batchSize)
      .map(
        (one) =>
          sql`(${one.tenant}, ${one.type}, ${one.id}, ${one.field}, ${one.vendorValue}, ${one.vendorAt}, ${one.ourValue}, ${one.ourAt}, ${one.eventId}, ${one.rule}, ${one.winner}, ${one.because}, ${one.decidedAt})`,
      );
    await sql`
      insert into decisions (tenant, type, id, field, vendor_value, vendor_at, our_value, our_at, event_id, rule,
        winner, because, decided_at)
      values ${sql.join(values)}
      on conflict (tenant, type, id, field, event_id, vendor_at) do nothing`.execute(trx);
  }
}

export interface DecisionFilter {
  readonly tenant: string;
  /** Of one record only. */
  readonly id?: string;
  readonly limit: number;
}

/** Decisions of a tenant, latest first. */
export async function listDecisions<Tables extends PushTables>(
  db: Kysely<Tables>,
  { tenant, id, limit }: DecisionFilter,
): Promise<readonly DecisionRow[]> {
  const ofRecord = id === undefined ? sql`` : sql`and id = ${id}`;
  const { rows } = await sql<DecisionRow>`
    select * from decisions where tenant = ${tenant} ${ofRecord}
    order by decided_at desc, type, id, field limit ${limit}`.execute(db);
  return rows;
}

/** A decision in words. */
export function decisionInWords(decision: DecisionRow): string {
  const { type, id, field, vendorValue, vendorAt, ourValue, ourAt, rule, winner, because } = decision;
  const told = `${decision.decidedAt} ${type} ${id}: ${field} became ${vendorValue} at the vendor by ${vendorAt}, and ${ourValue} here at ${ourAt}`;
  if (because === 'sent') {
    return `${told}. The rule is "${rule}", but ours was under way to the vendor: it is kept until the vendor says what came of it.`;
  }
  return `${told}. The rule is "${rule}": ${winner === 'vendor' ? "the vendor's" : 'ours'} is kept.`;
}

/** What was settled, and decided about it, is kept for so long. */
const keptMs = 90 * 24 * 3_600_000;

/** Forgets up to `limit` settled pushes that are old enough, and answers how many they were. */
export async function forgetPushes<Tables extends PushTables>(
  trx: Transaction<Tables>,
  now: Date,
  limit: number,
): Promise<number> {
  const { rows } = await sql`
    delete from pushes where (tenant, event_id) in (
      select tenant, event_id from pushes where settled_at < ${before(now)} limit ${limit}
    ) returning tenant`.execute(trx);
  return rows.length;
}

/** {@link forgetPushes} for decisions. */
export async function forgetDecisions<Tables extends PushTables>(
  trx: Transaction<Tables>,
  now: Date,
  limit: number,
): Promise<number> {
  const { rows } = await sql`
    delete from decisions where (tenant, type, id, field, event_id, vendor_at) in (
      select tenant, type, id, field, event_id, vendor_at from decisions
      where decided_at < ${before(now)} limit ${limit}
    ) returning tenant`.execute(trx);
  return rows.length;
}

const before = (now: Date) => new Date(now.getTime() - keptMs).toISOString();
