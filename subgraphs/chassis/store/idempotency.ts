import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { tenantIndex } from './columns.ts';
import type { MigrationTarget } from './migrate.ts';

/** What was done under a client's key, so that doing it again can answer the same. */
export interface IdempotencyTables {
  idempotency: IdempotencyRow;
}

export interface IdempotencyRow {
  readonly tenant: string;
  /** Whose key it is: two viewers may choose the same one. */
  readonly actor: string;
  readonly key: string;
  readonly inputHash: string;
  /** JSON; empty while the first is at work. */
  readonly result: string;
  /** RFC 3339. */
  readonly usedAt: string;
}

export async function createIdempotency(target: MigrationTarget): Promise<void> {
  const { db, text } = target;
  await db.schema
    .createTable('idempotency')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('input_hash', text, (column) => column.notNull())
    .addColumn('result', text, (column) => column.notNull())
    .addColumn('used_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_key', ['tenant', 'actor', 'key'] as never)
    .execute();
  await tenantIndex(target, 'idempotency', ['used_at']);
}

/** Keys are kept for longer than the seven days that clients are promised. */
const keptMs = 8 * 24 * 3_600_000;

export interface KeyUse {
  readonly tenant: string;
  readonly actor: string;
  readonly key: string;
  readonly inputHash: string;
}

export type Claim =
  /** Nobody used the key before: what is done now belongs to it. */
  | { readonly kind: 'first' }
  | { readonly kind: 'again'; readonly inputHash: string; readonly result: string };

/**
 * Takes a key for this transaction. Where another transaction has it at the moment this waits for its end: on SQLite as
 * every writer does, on PostgreSQL for the row of the unique key.
 */
export async function claimKey<Tables extends IdempotencyTables>(
  trx: Transaction<Tables>,
  { tenant, actor, key, inputHash }: KeyUse,
): Promise<Claim> {
  const now = new Date().toISOString();
  const { rows } = await sql`
    insert into idempotency (tenant, actor, key, input_hash, result, used_at)
    values (${tenant}, ${actor}, ${key}, ${inputHash}, '', ${now})
    on conflict (tenant, actor, key) do nothing
    returning key`.execute(trx);
  if (rows.length > 0) return { kind: 'first' };
  const { rows: used } = await sql<IdempotencyRow>`
    select * from idempotency where tenant = ${tenant} and actor = ${actor} and key = ${key}`.execute(trx);
  const [row] = used;
  // Its writer gave up between the two statements, or it was forgotten just now.
  if (row === undefined) throw new Error(`The idempotency key "${key}" went away while it was read.`);
  return { kind: 'again', inputHash: row.inputHash, result: row.result };
}

/** Whether something was done under a key; false while the first is at work. */
export async function keyIsUsed<Tables extends IdempotencyTables>(
  db: Kysely<Tables>,
  { tenant, actor, key }: Omit<KeyUse, 'inputHash'>,
): Promise<boolean> {
  const { rows } = await sql`
    select key from idempotency where tenant = ${tenant} and actor = ${actor} and key = ${key}`.execute(db);
  return rows.length > 0;
}

/** Writes what the key stands for from now on. */
export async function recordResult<Tables extends IdempotencyTables>(
  trx: Transaction<Tables>,
  { tenant, actor, key }: KeyUse,
  result: string,
): Promise<void> {
  await sql`
    update idempotency set result = ${result}
    where tenant = ${tenant} and actor = ${actor} and key = ${key}`.execute(trx);
}

/** Gives a key back, so that it may be used again as if it never had been. */
export async function releaseKey<Tables extends IdempotencyTables>(
  trx: Transaction<Tables>,
  { tenant, actor, key }: KeyUse,
): Promise<void> {
  await sql`
    delete from idempotency where tenant = ${tenant} and actor = ${actor} and key = ${key}`.execute(trx);
}

/** Forgets up to `limit` keys that are old enough, and answers how many they were. */
export async function forgetKeys<Tables extends IdempotencyTables>(
  trx: Transaction<Tables>,
  now: Date,
  limit: number,
): Promise<number> {
  const before = new Date(now.getTime() - keptMs).toISOString();
  const { rows } = await sql`
    delete from idempotency where (tenant, actor, key) in (
      select tenant, actor, key from idempotency where used_at < ${before} limit ${limit}
    ) returning key`.execute(trx);
  return rows.length;
}

/** The same for equal inputs in whatever order their fields stand. */
export function hashOf(name: string, input: object): string {
  const canonical = JSON.stringify(input, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(`${name}\n${canonical}`).digest('base64url');
}
