import { sql, type Transaction } from 'kysely';
import type { AnyStore } from '#events/event-store.ts';
import type { WebhookTables } from './tables.ts';

/**
 * Gives up what is parked, for good: notices never take effect and deliveries are never read, also where the vendor
 * sends them again. That they came and what they failed of stays as long as what is done. Ids of what is not parked are
 * passed over; answers how many were.
 */
export async function discardWebhooks<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  {
    tenant,
    vendor,
    ids,
  }: { readonly tenant: string; readonly vendor: string; readonly ids: readonly string[] },
): Promise<number> {
  if (ids.length === 0) return 0;
  const among = sql`(${sql.join(ids)})`;
  const receipts = await sql`
    update webhook_receipts set state = 'discarded'
    where state = 'unreadable' and tenant = ${tenant} and vendor = ${vendor} and id in ${among}
    returning id`.execute(trx);
  const notices = await sql`
    update webhook_notices set state = 'discarded', ended_at = ${new Date().toISOString()}
    where state = 'parked' and tenant = ${tenant} and vendor = ${vendor} and notice_id in ${among}
    returning notice_id`.execute(trx);
  return receipts.rows.length + notices.rows.length;
}

/** How many are kept that were discarded, over all tenants; for metrics. */
export async function discardedWebhooks({ db }: AnyStore): Promise<
  readonly {
    readonly vendor: string;
    readonly kind: 'delivery' | 'notice';
    readonly count: number;
  }[]
> {
  const { rows } = await sql<{ vendor: string; kind: never; count: number }>`
    select vendor, 'delivery' as kind, count(*) as count
    from webhook_receipts where state = 'discarded' group by vendor
    union all select vendor, 'notice', count(*)
    from webhook_notices where state = 'discarded' group by vendor`.execute(db);
  return rows.map(({ vendor, kind, count }) => ({ vendor, kind, count: Number(count) }));
}
