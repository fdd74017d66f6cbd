import { sql, type Transaction } from 'kysely';
import type { Chore } from '../../store/housekeeping.ts';
import type { WebhookTables } from './tables.ts';

/** Longer than any vendor sends again what it had no answer to: a notice that is forgotten would take effect twice. */
const keptMs = 30 * 24 * 3_600_000;

/**
 * Forgets notices that are done or discarded, and receipts that were read or discarded and of which nothing waits. What
 * is parked stays until an operator says what becomes of it.
 * @param keepMs how long they are kept after they came, or ended
 */
export function forgetWebhooks<Tables extends WebhookTables>(
  keepMs = keptMs,
): Readonly<Record<'webhookNotices' | 'webhookReceipts', Chore<Tables>>> {
  const before = (now: Date) => new Date(now.getTime() - keepMs).toISOString();
  return {
    webhookNotices: async (trx, now, limit) => {
      const { rows } = await sql`
        delete from webhook_notices where position in (
          select position from webhook_notices where ended_at < ${before(now)} limit ${limit}
        ) returning position`.execute(trx);
      return rows.length;
    },
    webhookReceipts: async (trx, now, limit) => {
      const { rows } = await sql<{ id: string }>`
        delete from webhook_receipts where position in (
          select position from webhook_receipts as receipt
          where received_at < ${before(now)} and (state = 'parsed' or state = 'discarded')
            and not exists (
              select 1 from webhook_notices as notice
              where notice.receipt_id = receipt.id and notice.ended_at is null)
          limit ${limit}
        ) returning id`.execute(trx);
      await forgetPersons(
        trx,
        rows.map(({ id }) => id),
      );
      return rows.length;
    },
  };
}

async function forgetPersons<Tables>(trx: Transaction<Tables>, receipts: readonly string[]): Promise<void> {
  if (receipts.length === 0) return;
  await sql`delete from webhook_persons where receipt_id in (${sql.join(receipts)})`.execute(trx);
}
