import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { RetryPolicy } from '#events/consumer.ts';
import { lockName } from '../../store/lock.ts';
import type { Engine, Store } from '../../store/store.ts';
import { isTemporary, VendorError } from '../error.ts';
import { listed, rowsOf } from './json-rows.ts';
import { recordsAtOnce } from './source.ts';
import type { NoticeRow, WebhookTables } from './tables.ts';

/*
 * Notices wait in rows, and whoever works some has a lease of them: of a record one process works all that it has, or
 * none. A lease that ended while its holder went on does no harm where effects are rows: they commit with the notices
 * that are held still. Where they are reads of a vendor a record is read once more.
 */

/** Who holds notices, and for how long from each renewal; there is one before each try. */
export interface Lease {
  readonly owner: string;
  readonly ms: number;
  readonly engine: Engine;
}

/** Notices of one claim. */
const noticesAtOnce = 500;
/** How far the claim looks: others may hold what comes first. */
const looksAt = 250;

/** Notices of one tenant and vendor, as far as their holder was told; to be read again when they are worked. */
export interface Claimed {
  /** Of this claim alone. */
  readonly lease: Lease;
  readonly tenant: string;
  readonly vendor: string;
  /** The positions of each record's notices. */
  readonly records: readonly (readonly number[])[];
}

type Place = Pick<NoticeRow, 'tenant' | 'vendor' | 'type' | 'recordId'>;

/** Takes records whose notices may be worked now, those that wait longest first; null where there is none. */
export async function claimNotices<Tables extends WebhookTables>(
  store: Store<Tables>,
  vendors: readonly string[],
  leaseMs: number,
): Promise<Claimed | null> {
  return store.transaction(async (trx) => {
    // Two claims at once would both find a record free.
    await lockName(trx, 'webhook claims');
    const at = new Date().toISOString();
    // With an offset PostgreSQL looks each record up. It would else join all that waits with all that waits where it
    // counted its rows while few did.
    const { rows: places } = await sql<Place>`
      select tenant, vendor, type, record_id from webhook_notices as notice
      where state = 'waiting' and vendor in (${sql.join(vendors)})
        and due_at <= ${at} and (leased_until is null or leased_until < ${at})
        and not exists (
          select 1 from webhook_notices as other
          where other.state = 'waiting' and other.tenant = notice.tenant and other.vendor = notice.vendor
            and other.type = notice.type and other.record_id = notice.record_id
            and (other.due_at > ${at} or other.leased_until >= ${at})
          limit 1 offset 0)
      order by position limit ${looksAt}`.execute(trx);
    const [first] = places;
    if (first === undefined) return null;
    const { tenant, vendor } = first;
    const lease: Lease = { owner: randomUUID(), ms: leaseMs, engine: store.engine };
    const records = new Map<string, { readonly type: string; readonly record_id: string }>();
    for (const { type, recordId, ...place } of places) {
      if (records.size === recordsAtOnce) break;
      if (place.tenant !== tenant || place.vendor !== vendor || recordId === null) continue;
      records.set(`${type}\n${recordId}`, { type, record_id: recordId });
    }
    // SQLite begins with the left side of a cross join: the few that were chosen, not the many that wait.
    const chosen = rowsOf(store.engine, [...records.values()], ['type', 'record_id']);
    const { rows } = await sql<NoticeRow>`
      update webhook_notices set leased_by = ${lease.owner}, leased_until = ${endOf(lease)}
      where position in (
        select notice.position from ${chosen} cross join webhook_notices as notice
        where notice.state = 'waiting' and notice.tenant = ${tenant} and notice.vendor = ${vendor}
          and notice.type = given.type and notice.record_id = given.record_id
        order by notice.occurred_at, notice.position limit ${noticesAtOnce}
      ) returning position, type, record_id`.execute(trx);
    const byRecord = Map.groupBy(rows, ({ type, recordId }) => `${type}\n${recordId}`);
    return {
      lease,
      tenant,
      vendor,
      records: [...byRecord.values()].map((of) => of.map(({ position }) => Number(position))),
    };
  });
}

function endOf({ ms }: Lease): string {
  return new Date(Date.now() + ms).toISOString();
}

/** Renews the lease of notices and answers those that are held still, in the order in which they occurred. */
export async function holdNotices<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  lease: Lease,
  positions: readonly number[],
): Promise<readonly NoticeRow[]> {
  const { rows } = await sql<NoticeRow>`
    update webhook_notices set leased_until = ${endOf(lease)}
    where ${heldBy(lease, positions)} returning *`.execute(trx);
  return rows.toSorted(
    (left, right) =>
      left.occurredAt.localeCompare(right.occurredAt) || Number(left.position) - Number(right.position),
  );
}

function heldBy({ owner, engine }: Lease, positions: readonly number[]): RawBuilder<unknown> {
  return sql`position in ${listed(engine, positions)} and leased_by = ${owner} and state = 'waiting'`;
}

/** Notes that notices took effect, as far as they are held still. */
export async function endNotices<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  lease: Lease,
  positions: readonly number[],
): Promise<number> {
  const { rows } = await sql`
    update webhook_notices
    set state = 'done', ended_at = ${new Date().toISOString()}, leased_by = null, leased_until = null, reason = null
    where ${heldBy(lease, positions)} returning position`.execute(trx);
  return rows.length;
}

/** Gives notices back for others to take at once, as if nothing had been tried. */
export async function releaseNotices<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  lease: Lease,
  positions: readonly number[],
): Promise<void> {
  await sql`
    update webhook_notices set leased_by = null, leased_until = null
    where ${heldBy(lease, positions)}`.execute(trx);
}

export interface WebhookRetry extends RetryPolicy {
  /** How long failures of the vendor's are tried again that may pass by themselves, from when a notice arrived. */
  readonly patienceMs: number;
}

/** Tries of one's own fault take about ten minutes; a vendor may be away over a weekend. */
export const defaultWebhookRetry: WebhookRetry = {
  attempts: 10,
  firstMs: 500,
  capMs: 300_000,
  patienceMs: 3 * 24 * 3_600_000,
};

/** Has notices wait for their next try, or parks those that were tried often enough. Answers how many these were. */
export async function failNotices<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  lease: Lease,
  positions: readonly number[],
  error: unknown,
  retry: WebhookRetry,
): Promise<number> {
  const held = await holdNotices(trx, lease, positions);
  const [oldest] = held.toSorted((left, right) => left.arrivedAt.localeCompare(right.arrivedAt));
  if (oldest === undefined) return 0;
  const attempts = Math.max(...held.map((row) => row.attempts)) + 1;
  const isOver = isTemporary(error)
    ? Date.now() - Date.parse(oldest.arrivedAt) > retry.patienceMs
    : attempts >= retry.attempts;
  const dueAt = new Date(Date.now() + waitMs(error, attempts, retry)).toISOString();
  await sql`
    update webhook_notices
    set attempts = ${attempts}, reason = ${reasonOf(error)}, due_at = ${dueAt},
      state = ${isOver ? 'parked' : 'waiting'}, leased_by = null, leased_until = null
    where ${heldBy(lease, positions)}`.execute(trx);
  return isOver ? held.length : 0;
}

function waitMs(error: unknown, attempts: number, { firstMs, capMs }: RetryPolicy): number {
  const backoff = Math.min(firstMs * 2 ** Math.min(attempts - 1, 30), capMs) * (1 - Math.random() / 2);
  if (!(error instanceof VendorError) || error.failure.kind !== 'limited') return backoff;
  return Math.max(backoff, error.failure.retryAfterMs ?? 0);
}

const maxReasonLength = 500;

/** What an operator is shown: the message, which may not name what it is about in full. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, maxReasonLength);
}
