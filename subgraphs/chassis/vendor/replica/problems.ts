import { type Kysely, sql, type Transaction } from 'kysely';
import type { MigrationTarget } from '../../store/migrate.ts';
import type { MappingProblem, Seen } from '../system.ts';
import type { LinkPlace } from './links.ts';

/** A value of a record at a vendor that the mapping has no word for: the record is not in the replica, or old. */
export interface KeptProblem extends MappingProblem {
  readonly tenant: string;
  readonly vendor: string;
  readonly type: string;
  readonly vendorId: string;
  /** RFC 3339. */
  readonly seenAt: string;
}

export interface ProblemTables {
  mappingProblems: KeptProblem;
}

export async function createProblems({ db, text }: MigrationTarget): Promise<void> {
  let table = db.schema.createTable('mapping_problems');
  for (const column of ['tenant', 'vendor', 'type', 'vendor_id', 'field', 'property', 'value', 'seen_at']) {
    table = table.addColumn(column, text, (made) => made.notNull());
  }
  await table
    .addPrimaryKeyConstraint('mapping_problems_key', [
      'tenant',
      'vendor',
      'type',
      'vendor_id',
      'field',
    ] as never)
    .execute();
}

/** Keeps the problems of the records that have some, and forgets those of all the others that were seen. */
export async function recordProblems<Tables extends ProblemTables>(
  trx: Transaction<Tables>,
  { tenant, vendor, type }: LinkPlace,
  seen: readonly Seen<unknown>[],
  seenAt: string,
): Promise<void> {
  if (seen.length === 0) return;
  const ids = seen.map((one) => (one.kind === 'record' ? one.record.id : one.id));
  await sql`
    delete from mapping_problems
    where tenant = ${tenant} and vendor = ${vendor} and type = ${type}
      and vendor_id in (${sql.join(ids)})`.execute(trx);
  const rows = seen.flatMap((one) =>
    one.kind === 'unmapped'
      ? one.problems.map(
          ({ field, property, value }) =>
            sql`(${tenant}, ${vendor}, ${type}, ${one.id}, ${field}, ${property}, ${value}, ${seenAt})`,
        )
      : [],
  );
  if (rows.length === 0) return;
  await sql`
    insert into mapping_problems (tenant, vendor, type, vendor_id, field, property, value, seen_at)
    values ${sql.join(rows)}
    on conflict (tenant, vendor, type, vendor_id, field) do update set
      property = excluded.property, value = excluded.value, seen_at = excluded.seen_at`.execute(trx);
}

/** How often a value of a type could not be said, the most frequent first. */
export interface ProblemSummary extends MappingProblem {
  readonly type: string;
  readonly records: number;
  /** The vendor's id of one of them. */
  readonly example: string;
}

/** At most `limit` of a tenant's problems, by type, field and value. */
export async function summarizeProblems<Tables extends ProblemTables>(
  db: Kysely<Tables>,
  { tenant, vendor }: Omit<LinkPlace, 'type'>,
  limit: number,
): Promise<readonly ProblemSummary[]> {
  const { rows } = await sql<ProblemSummary>`
    select type, field, property, value, count(*) as records, min(vendor_id) as example
    from mapping_problems where tenant = ${tenant} and vendor = ${vendor}
    group by type, field, property, value
    order by count(*) desc, type, field, value limit ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, records: Number(row.records) }));
}
