import { type Kysely, sql } from 'kysely';
import type { Cause } from '#events/envelope.ts';
import type { ChangePage } from '../../system.ts';
import { type AnySystem, type AnyValues, typeOf, vendorCause } from '../domain.ts';
import type { LinkPlace } from '../links.ts';
import { type AnySeen, idOf, readByIds } from '../read-records.ts';
import { readTime } from '../read-time.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaTables } from '../tables.ts';
import { type RunHooks, systemOf } from './backfill.ts';
import { compare, type Difference } from './compare.ts';
import { countedSystem } from './counted-system.ts';
import { type Duplicate, duplicateWatch } from './duplicates.ts';

export interface ReconcileOptions {
  readonly tenant: string;
  /** Only what was changed at this time or later, RFC 3339; default: all. */
  readonly since?: string | undefined;
  /** Writes what differs; default: it is only reported. */
  readonly repair?: boolean | undefined;
}

export interface ReconcileReport {
  readonly vendor: string;
  readonly tenant: string;
  readonly compared: number;
  readonly counts: Readonly<Record<Difference['kind'], number>>;
  /** The first of them. */
  readonly differences: readonly Difference[];
  readonly duplicates: readonly Duplicate[];
  /** Whether it was to be repaired. */
  readonly repair: boolean;
  /** What was written; 0 without `repair`. */
  readonly repaired: number;
  /** What is different still: all of it without `repair`. What cannot be said is left out on purpose, and not counted. */
  readonly remaining: Readonly<Record<RemainingKind, number>>;
  readonly calls: number;
  readonly seconds: number;
}

export type RemainingKind = Exclude<Difference['kind'], 'unmapped'>;

const reported = 200;
/** Links that are looked at in one statement. */
const chunk = 1_000;

/**
 * Compares the replica with the vendor in both directions: walks through all that the vendor has, and then asks for what
 * the replica has and the walk did not come by. Nothing is repaired that was older at the vendor than in the replica.
 * Throws an Error for a tenant that has no vendor.
 */
export async function reconcile<Tables extends ReplicaTables>(
  replica: Replica<Tables>,
  { tenant, since = '', repair = false }: ReconcileOptions,
  { onProgress, signal }: RunHooks,
): Promise<ReconcileReport> {
  const startedAt = performance.now();
  const { system, calls } = countedSystem(systemOf(replica, tenant));
  const { domain, store } = replica;
  const cause = vendorCause(system.vendor, tenant);
  const options = { urgency: 'sync', signal } as const;
  const counts = { missing: 0, differs: 0, ahead: 0, gone: 0, unmapped: 0 };
  const remaining = { missing: 0, differs: 0, ahead: 0, gone: 0 };
  const differences: Difference[] = [];
  const duplicates: Duplicate[] = [];
  let compared = 0;
  let repaired = 0;

  for (const type of domain.types) {
    const place = { tenant, vendor: system.vendor, type };
    const watch = duplicateWatch(type, typeOf(domain, type).unique);
    const walked = new Set<string>();
    const doubtful: string[] = [];
    // What can only be followed is as the walk had it, and what it did not come by is left alone.
    const canRead = system.capabilities.types[type]?.keys.includes('id') ?? false;
    const settle = async (seen: readonly AnySeen[], observedAt: string, isLast: boolean) => {
      const found = await compare(store.db, domain, place, seen);
      // It may have been changed since the page was read, and then be the same again.
      const certain = isLast ? found : found.filter(({ kind }) => kind !== 'ahead');
      if (!isLast)
        doubtful.push(...found.flatMap(({ kind, vendorId }) => (kind === 'ahead' ? [vendorId] : [])));
      compared += seen.length;
      for (const difference of certain) {
        counts[difference.kind] += 1;
        if (differences.length < reported) differences.push(difference);
      }
      const [ahead, wrong] = [certain.filter(isAhead), certain.filter((one) => !isAhead(one))];
      count(remaining, ahead);
      if (!repair) return count(remaining, wrong);
      if (wrong.length === 0) return;
      const ids = new Set(wrong.map(({ vendorId }) => vendorId));
      const wanted = seen.filter((one) => ids.has(idOf(one)));
      repaired += await write(replica, { system, tenant, type, cause }, wanted, observedAt, signal);
      // What is ahead now was brought further by somebody else.
      const left = await compare(store.db, domain, place, wanted);
      count(
        remaining,
        left.filter((one) => !isAhead(one)),
      );
    };

    let cursor: string | null = null;
    for (let more = true; more; ) {
      signal.throwIfAborted();
      const observedAt = readTime();
      const page: ChangePage<AnyValues> = await system.changes(type, cursor, options);
      ({ next: cursor, more } = page);
      for (const one of page.seen) {
        walked.add(idOf(one));
        watch.see(one);
      }
      const asked = page.seen.filter((one) => one.kind !== 'record' || one.record.changedAt >= since);
      await settle(asked, observedAt, !canRead);
      onProgress({
        step: type,
        done: walked.size,
        total: more ? walked.size + page.seen.length : walked.size,
      });
    }

    for await (const ids of canRead ? unwalked(store.db, place, since, walked) : []) {
      signal.throwIfAborted();
      const observedAt = readTime();
      await settle(await readByIds(system, type, ids, options), observedAt, false);
    }
    const observedAt = readTime();
    if (doubtful.length > 0) {
      await settle(await readByIds(system, type, doubtful, options), observedAt, true);
      compared -= doubtful.length;
    }
    duplicates.push(...watch.duplicates());
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { vendor } = system;
  return {
    ...{ vendor, tenant, compared, counts, differences, duplicates },
    ...{ repair, repaired, remaining, calls: calls(), seconds },
  };
}

function isAhead({ kind }: Difference): boolean {
  return kind === 'ahead';
}

function count(remaining: Record<RemainingKind, number>, found: readonly Difference[]): void {
  for (const { kind } of found) if (kind !== 'unmapped') remaining[kind] += 1;
}

/** Writes what is wrong, and answers how many records are other than before. */
async function write<Tables extends ReplicaTables>(
  { writer }: Replica<Tables>,
  request: {
    readonly system: AnySystem;
    readonly tenant: string;
    readonly type: string;
    readonly cause: Cause;
  },
  seen: readonly AnySeen[],
  observedAt: string,
  signal: AbortSignal,
): Promise<number> {
  const { counts } = await writer({ ...request, seen, observedAt, urgency: 'sync', signal });
  const { inserted, updated, gone } = counts[request.type] ?? { inserted: 0, updated: 0, gone: 0 };
  return inserted + updated + gone;
}

/** The vendor's ids of records that the replica has and the walk did not come by, some at a time. */
async function* unwalked<Tables extends ReplicaTables>(
  db: Kysely<Tables>,
  { tenant, vendor, type }: LinkPlace,
  since: string,
  walked: ReadonlySet<string>,
): AsyncGenerator<readonly string[]> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ vendorId: string }>`
      select vendor_id from vendor_links
      where tenant = ${tenant} and vendor = ${vendor} and type = ${type} and vendor_id > ${after}
        and gone_at is null and (changed_at is null or changed_at >= ${since})
      order by vendor_id limit ${chunk}`.execute(db);
    const ids = rows.map(({ vendorId }) => vendorId).filter((id) => !walked.has(id));
    if (ids.length > 0) yield ids;
    const last = rows.at(-1);
    if (last === undefined || rows.length < chunk) return;
    after = last.vendorId;
  }
}
