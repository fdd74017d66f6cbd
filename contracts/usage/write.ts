import { sql, type Transaction } from 'kysely';
import type { UsageCount, UsedOperation } from '#gateway/usage/types.ts';
import type { CountRow, UsageTables } from './tables.ts';

/** Rows per statement: SQLite takes 32,766 parameters, a row of counts has nine. */
const batchSize = 1_000;

/**
 * Adds counts to what is there. Rows are written in one order, operations first, so that gateways that write at the
 * same time wait for each other and do not block each other.
 * @param fresh operations of the counts that may not be there, or not with this last day
 */
export async function writeBatch(
  trx: Transaction<UsageTables>,
  fresh: readonly (UsedOperation & { readonly lastDay: string })[],
  counts: readonly UsageCount[],
): Promise<void> {
  const operations = fresh.toSorted((a, b) => compare(a.hash, b.hash));
  for (const rows of inBatches(operations)) {
    await trx
      .insertInto('operations')
      .values(rows.map(({ hash, name = '', kind, text, lastDay }) => ({ hash, name, kind, text, lastDay })))
      .onConflict((conflict) =>
        conflict.column('hash').doUpdateSet({
          lastDay: sql`case when excluded.last_day > operations.last_day then excluded.last_day else operations.last_day end`,
        }),
      )
      .execute();
  }
  const coordinates = operations.flatMap(({ hash, coordinates: names }) =>
    names.map((coordinate) => ({ coordinate, hash })),
  );
  for (const rows of inBatches(coordinates)) {
    await trx
      .insertInto('coordinates')
      .values([...rows])
      .onConflict((conflict) => conflict.columns(['coordinate', 'hash']).doNothing())
      .execute();
  }
  for (const rows of inBatches(counts.toSorted((a, b) => compare(keyOf(a), keyOf(b))))) {
    await trx
      .insertInto('counts')
      .values([...rows])
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'client', 'clientVersion', 'hash', 'day']).doUpdateSet({
          requests: sql`counts.requests + excluded.requests`,
          errors: sql`counts.errors + excluded.errors`,
          firstAt: sql`case when excluded.first_at < counts.first_at then excluded.first_at else counts.first_at end`,
          lastAt: sql`case when excluded.last_at > counts.last_at then excluded.last_at else counts.last_at end`,
        }),
      )
      .execute();
  }
}

/** Forgets up to `limit` counts of days before `day`, and what was sent only then; answers how many rows they were. */
export async function forgetBefore(
  trx: Transaction<UsageTables>,
  day: string,
  limit: number,
): Promise<number> {
  const counts = await sql`
    delete from counts where (tenant, client, client_version, hash, day) in (
      select tenant, client, client_version, hash, day from counts where day < ${day} limit ${limit}
    )`.execute(trx);
  /* Said twice: one that is sent meanwhile has another last day when its row is free, and stays. */
  const operations = await sql<{ hash: string }>`
    delete from operations where last_day < ${day} and hash in (
      select hash from operations where last_day < ${day} limit ${limit}
    ) returning hash`.execute(trx);
  const hashes = operations.rows.map(({ hash }) => hash);
  for (const rows of inBatches(hashes)) {
    await trx.deleteFrom('coordinates').where('hash', 'in', rows).execute();
  }
  return Math.max(Number(counts.numAffectedRows ?? 0), hashes.length);
}

function keyOf({ tenant, client, clientVersion, hash, day }: CountRow): string {
  return [tenant, client, clientVersion, hash, day].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* inBatches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += batchSize) yield rows.slice(start, start + batchSize);
}
