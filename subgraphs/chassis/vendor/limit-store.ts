import { sql, type Transaction } from 'kysely';
import { tenantIndex } from '../store/columns.ts';
import type { MigrationTarget } from '../store/migrate.ts';
import type { Store } from '../store/store.ts';
import type { SeenLimit, Urgency } from './calls.ts';
import { type ClassLimits, type LimitState, narrow, pause, type Take, take, untouched } from './limits.ts';

/** How much of a vendor's limits is used, shared by all processes of a store. */
export interface CallLimitTables {
  callLimits: CallLimitRow;
}

export interface CallLimitRow {
  readonly tenant: string;
  readonly vendor: string;
  readonly account: string;
  readonly endpoint: string;
  /** A `LimitState` as JSON; empty while nothing is counted. */
  readonly state: string;
  /** RFC 3339. */
  readonly usedAt: string;
}

/** Makes the table of a store, as a part of one of its migrations. */
export async function createCallLimits(target: MigrationTarget): Promise<void> {
  const { db, text } = target;
  await db.schema
    .createTable('call_limits')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('account', text, (column) => column.notNull())
    .addColumn('endpoint', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('used_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('call_limits_key', ['tenant', 'vendor', 'account', 'endpoint'] as never)
    .execute();
  await tenantIndex(target, 'call_limits', ['used_at']);
}

/** No window and no day is as long. */
const keptMs = 3 * 24 * 3_600_000;

/** Forgets up to `limit` classes that nobody called for days, and answers how many they were. */
export async function forgetCallLimits<Tables extends CallLimitTables>(
  trx: Transaction<Tables>,
  now: Date,
  limit: number,
): Promise<number> {
  const before = new Date(now.getTime() - keptMs).toISOString();
  const { rows } = await sql`
    delete from call_limits where (tenant, vendor, account, endpoint) in (
      select tenant, vendor, account, endpoint from call_limits where used_at < ${before} limit ${limit}
    ) returning endpoint`.execute(trx);
  return rows.length;
}

export interface LimitStoreOptions<Tables> {
  readonly store: Pick<Store<Tables>, 'engine' | 'briefly'>;
  readonly tenant: string;
  readonly vendor: string;
  readonly account: string;
  /** Milliseconds since 1970. Default: a clock that all have who share the store, PostgreSQL's own or the machine's. */
  readonly now?: () => number;
}

/** The limits of one account. Every method is one short transaction, in which the class's row is locked. */
export interface LimitStore {
  readonly take: (endpoint: string, limits: ClassLimits, urgency: Urgency) => Promise<Take>;
  readonly pause: (endpoint: string, limits: ClassLimits, retryAfterMs: number | null) => Promise<void>;
  readonly narrow: (endpoint: string, limits: ClassLimits, seen: SeenLimit) => Promise<void>;
}

export function openLimitStore<Tables extends CallLimitTables>({
  store,
  tenant,
  vendor,
  account,
  now,
}: LimitStoreOptions<Tables>): LimitStore {
  const isShared = store.engine === 'postgres' && now === undefined;

  /** Answers what the change makes of the state; the row is written where it is another one. */
  const change = <Result extends { readonly state?: LimitState }>(
    endpoint: string,
    work: (state: LimitState, now: number) => Result,
  ): Promise<Result> =>
    store.briefly(async (trx) => {
      const machine = now?.() ?? Date.now();
      const usedAt = new Date(machine).toISOString();
      // In `returning`, since that is read once the row is ours: a moment from before the wait for it would be old.
      const clock = isShared
        ? sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::float8`
        : sql<number>`${sql.lit(Math.floor(machine))}`;
      // A server that loses its power may forget the calls of its last second: none waits for the disk for that.
      const lightly =
        store.engine === 'postgres' ? sql`, set_config('synchronous_commit', 'off', true)` : sql``;
      const { rows } = await sql<{ state: string; at: number }>`
        insert into call_limits (tenant, vendor, account, endpoint, state, used_at)
        values (${tenant}, ${vendor}, ${account}, ${endpoint}, '', ${usedAt})
        on conflict (tenant, vendor, account, endpoint) do update set used_at = excluded.used_at
        returning state, ${clock} as at ${lightly}`.execute(trx);
      const [row] = rows;
      if (row === undefined) throw new Error(`The limits of ${vendor} could not be read.`);
      const before: LimitState = row.state === '' ? untouched : JSON.parse(row.state);
      const result = work(before, Number(row.at));
      if (result.state !== undefined && result.state !== before) {
        await sql`
          update call_limits set state = ${JSON.stringify(result.state)}
          where tenant = ${tenant} and vendor = ${vendor} and account = ${account} and endpoint = ${endpoint}
        `.execute(trx);
      }
      return result;
    });
  return {
    take: (endpoint, limits, urgency) =>
      change<Take & { readonly state?: LimitState }>(endpoint, (state, at) =>
        take(state, limits, urgency, at),
      ),
    pause: async (endpoint, limits, retryAfterMs) => {
      await change(endpoint, (state, at) => ({ state: pause(state, limits, retryAfterMs, at) }));
    },
    narrow: async (endpoint, limits, seen) => {
      await change(endpoint, (state, at) => ({ state: narrow(state, limits, seen, at) }));
    },
  };
}
