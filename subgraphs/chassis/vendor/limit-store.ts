import { sql, type Transaction } from 'kysely';
import { tenantIndex } from '../store/columns.ts';
import type { MigrationTarget } from '../store/migrate.ts';
import type { Store } from '../store/store.ts';
import {
  accountLimit,
  type CallTake,
  type Counted,
  type NamedLimits,
  type TakeInAll,
  takeInAll,
} from './call-limits.ts';
import type { SeenLimit, Urgency } from './calls.ts';
import { type ClassLimits, type LimitState, narrow, pause, type Remaining, untouched } from './limits.ts';

/** How much of a vendor's limits is used, shared by all processes of a store. */
export interface CallLimitTables {
  callLimits: CallLimitRow;
}

export interface CallLimitRow {
  readonly tenant: string;
  readonly vendor: string;
  readonly account: string;
  /** The class, or `account` for all classes together. */
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

/**
 * The limits of one account. Every method is one short transaction, in which the rows of what it counts in are locked.
 * `endpoint` is a class, or `account` for what is of all classes together.
 */
export interface LimitStore {
  /** Counts a call in its class and, where limits of the account are given, in the account too: in both or in none. */
  readonly take: (
    endpoint: string,
    limits: ClassLimits,
    urgency: Urgency,
    account?: ClassLimits,
  ) => Promise<CallTake>;
  readonly pause: (
    endpoint: string,
    limits: ClassLimits,
    retryAfterMs: number | null,
    per?: 'day',
  ) => Promise<void>;
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

  /** The beginning of a statement that writes rows, whether they are there or not; what it sets of those that are follows. */
  const upsert = (states: readonly (readonly [name: string, state: string])[], usedAt: string) => {
    const rows = states.map(
      ([name, state]) => sql`(${tenant}, ${vendor}, ${account}, ${name}, ${state}, ${usedAt})`,
    );
    return sql`
      insert into call_limits (tenant, vendor, account, endpoint, state, used_at) values ${sql.join(rows)}
      on conflict (tenant, vendor, account, endpoint) do update set`;
  };

  /** Answers what the work makes of all states, which are of one moment; the rows are written that get another. */
  const change = <Answer>(
    all: readonly NamedLimits[],
    work: (all: readonly Counted[], now: number) => Changed<Answer>,
  ): Promise<Answer> =>
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
      const empty = all.map(({ name }) => [name, ''] as const);
      const { rows } = await sql<{ endpoint: string; state: string; at: number }>`
        ${upsert(empty, usedAt)} used_at = excluded.used_at
        returning endpoint, state, ${clock} as at ${lightly}`.execute(trx);
      const known = new Map(rows.map(({ endpoint, state }) => [endpoint, state]));
      const counted = all.map((each): Counted => {
        const state = known.get(each.name);
        if (state === undefined) throw new Error(`The limits of ${vendor} could not be read.`);
        return { ...each, state: state === '' ? untouched : JSON.parse(state) };
      });
      // The last row that became ours did so last.
      const { answer, states } = work(counted, Math.max(...rows.map(({ at }) => Number(at))));
      const changed = counted.flatMap(({ name, state }, index) => {
        const next = states[index];
        return next === undefined || next === state ? [] : [[name, JSON.stringify(next)] as const];
      });
      if (changed.length > 0) await sql`${upsert(changed, usedAt)} state = excluded.state`.execute(trx);
      return answer;
    });

  return {
    take: (endpoint, limits, urgency, ofAccount) => {
      const own = { name: endpoint, limits };
      // The account's row is locked before that of a class, by all: two that took them crosswise would wait for each other.
      const all = ofAccount === undefined ? [own] : [{ name: accountLimit, limits: ofAccount }, own];
      return change(all, (counted, at) => {
        const taken = takeInAll(counted, urgency, at);
        return { answer: answerOf(taken, all.length > 1), states: statesOf(taken) };
      });
    },
    pause: (endpoint, limits, retryAfterMs, per) =>
      change([{ name: endpoint, limits }], (counted, at) => ({
        answer: undefined,
        states: counted.map(({ state }) => pause(state, limits, retryAfterMs, at, per)),
      })),
    narrow: (endpoint, limits, seen) =>
      change([{ name: endpoint, limits }], (counted, at) => ({
        answer: undefined,
        states: counted.map(({ state }) => narrow(state, limits, seen, at)),
      })),
  };
}

/** By place, as they were given; none where nothing is changed. */
interface Changed<Answer> {
  readonly answer: Answer;
  readonly states: readonly LimitState[];
}

function statesOf(taken: TakeInAll): readonly LimitState[] {
  return taken.kind === 'taken' ? taken.taken.map(({ state }) => state) : [];
}

function answerOf(taken: TakeInAll, hasAccount: boolean): CallTake {
  if (taken.kind === 'wait') return hasAccount ? taken : { kind: 'wait', ms: taken.ms };
  const { left, leftOfDay } = taken.taken.at(-1) as Remaining;
  const account = hasAccount ? taken.taken[0] : undefined;
  return { kind: 'taken', left, leftOfDay, ...(account && { account }) };
}
