import { sql, type Transaction } from 'kysely';
import type { AnyStore } from '#events/event-store.ts';
import type { NoticeState, ReceiptState, WebhookTables } from './tables.ts';

/** A notice as an operator sees it: nothing of what it says. */
export interface ShownNotice {
  readonly kind: 'notice';
  /** Where to go on listing. */
  readonly position: number;
  readonly vendor: string;
  readonly id: string;
  readonly receiptId: string;
  readonly type: string;
  readonly recordId: string | null;
  readonly occurredAt: string;
  readonly arrivedAt: string;
  readonly state: NoticeState;
  readonly attempts: number;
  readonly dueAt: string;
  readonly endedAt: string | null;
  readonly erasedAt: string | null;
  readonly reason: string | null;
}

export interface ShownReceipt {
  readonly kind: 'receipt';
  readonly position: number;
  readonly vendor: string;
  readonly id: string;
  readonly receivedAt: string;
  readonly state: ReceiptState;
  readonly hash: string;
  readonly erasedAt: string | null;
  readonly reason: string | null;
}

export type ShownWebhook = ShownNotice | ShownReceipt;

export interface WebhookFilter {
  readonly tenant: string;
  readonly vendor?: string;
  /** Default: parked. */
  readonly which?: 'parked' | 'discarded';
  /** At most so many of each kind. */
  readonly limit: number;
}

const noticeColumns = sql`
  position, vendor, notice_id as id, receipt_id, type, record_id, occurred_at, arrived_at, state, attempts, due_at,
  ended_at, erased_at, reason`;
const receiptColumns = sql`position, vendor, id, received_at, state, hash, erased_at, reason`;

/**
 * What nobody works any more, oldest first: unreadable receipts and parked notices, which an operator may have worked
 * again; or those that were discarded, which nobody may.
 */
export async function parkedWebhooks(
  { db }: AnyStore,
  { tenant, vendor, which = 'parked', limit }: WebhookFilter,
): Promise<readonly ShownWebhook[]> {
  const of = vendor === undefined ? sql`` : sql`and vendor = ${vendor}`;
  // In full, so that SQLite sees which index it is.
  const states =
    which === 'parked'
      ? { receipt: sql`state = 'unreadable'`, notice: sql`state = 'parked'` }
      : { receipt: sql`state = 'discarded'`, notice: sql`state = 'discarded'` };
  const receipts = await sql<ShownReceipt>`
    select ${receiptColumns} from webhook_receipts
    where ${states.receipt} and tenant = ${tenant} ${of} order by position limit ${limit}`.execute(db);
  const notices = await sql<ShownNotice>`
    select ${noticeColumns} from webhook_notices
    where ${states.notice} and tenant = ${tenant} ${of} order by position limit ${limit}`.execute(db);
  return [...receipts.rows.map(shownReceipt), ...notices.rows.map(shownNotice)].slice(0, limit);
}

/** A notice by the vendor's id of it, or a receipt by ours, with the notices that it brought first; null for neither. */
export async function findWebhook(
  { db }: AnyStore,
  { tenant, vendor, id }: { readonly tenant: string; readonly vendor: string; readonly id: string },
): Promise<(ShownNotice | (ShownReceipt & { readonly notices: readonly ShownNotice[] })) | null> {
  const notices = await sql<ShownNotice>`
    select ${noticeColumns} from webhook_notices
    where tenant = ${tenant} and vendor = ${vendor} and notice_id = ${id}`.execute(db);
  const [notice] = notices.rows;
  if (notice !== undefined) return shownNotice(notice);
  const receipts = await sql<ShownReceipt>`
    select ${receiptColumns} from webhook_receipts
    where tenant = ${tenant} and vendor = ${vendor} and id = ${id}`.execute(db);
  const [receipt] = receipts.rows;
  if (receipt === undefined) return null;
  const brought = await sql<ShownNotice>`
    select ${noticeColumns} from webhook_notices where receipt_id = ${id} order by position limit 1000`.execute(
    db,
  );
  return { ...shownReceipt(receipt), notices: brought.rows.map(shownNotice) };
}

/**
 * Has what is parked worked once more, by whoever works webhooks: all of a vendor, or those of the ids. Answers how many
 * there were.
 */
export async function retryWebhooks<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  {
    tenant,
    vendor,
    ids,
  }: { readonly tenant: string; readonly vendor: string; readonly ids?: readonly string[] },
): Promise<number> {
  const among = (column: string) =>
    ids === undefined ? sql`` : sql`and ${sql.ref(column)} in (${sql.join(ids)})`;
  const receipts = await sql`
    update webhook_receipts set state = 'received', reason = null
    where state = 'unreadable' and tenant = ${tenant} and vendor = ${vendor} ${among('id')}
    returning id`.execute(trx);
  const notices = await sql`
    update webhook_notices set state = 'waiting', attempts = 0, due_at = ${new Date().toISOString()}
    where state = 'parked' and tenant = ${tenant} and vendor = ${vendor} ${among('notice_id')}
    returning notice_id`.execute(trx);
  return receipts.rows.length + notices.rows.length;
}

/** What waits and what is parked, over all tenants; for metrics. */
export async function webhookStatus({ db }: AnyStore): Promise<
  readonly {
    readonly vendor: string;
    readonly state: 'unread' | 'unreadable' | 'waiting' | 'parked';
    readonly count: number;
  }[]
> {
  const { rows } = await sql<{ vendor: string; state: never; count: number }>`
    select vendor, 'unread' as state, count(*) as count
    from webhook_receipts where state = 'received' group by vendor
    union all select vendor, 'unreadable', count(*) from webhook_receipts where state = 'unreadable' group by vendor
    union all select vendor, 'waiting', count(*) from webhook_notices where state = 'waiting' group by vendor
    union all select vendor, 'parked', count(*) from webhook_notices where state = 'parked' group by vendor`.execute(
    db,
  );
  return rows.map(({ vendor, state, count }) => ({ vendor, state, count: Number(count) }));
}

function shownNotice(row: ShownNotice): ShownNotice {
  return { ...row, kind: 'notice', position: Number(row.position) };
}

function shownReceipt(row: ShownReceipt): ShownReceipt {
  return { ...row, kind: 'receipt', position: Number(row.position) };
}
