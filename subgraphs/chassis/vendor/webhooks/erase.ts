import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Store } from '../../store/store.ts';
import { receiptContext, type WebhookSecrets } from './secrets.ts';
import type { ReceiptRow, WebhookTables } from './tables.ts';

export interface Erasure {
  readonly tenant: string;
  readonly vendor: string;
  /** The vendor's ids of somebody, and addresses in lower case. */
  readonly persons: readonly string[];
}

export interface Erased {
  /** Deliveries that lost their bytes. */
  readonly receipts: number;
  /** Notices that lost what they said; those that waited never take effect. */
  readonly notices: number;
}

const receiptsAtOnce = 100;
const personsAtOnce = 1_000;

/**
 * Takes away all that deliveries so far said of persons: the bytes of each that names one (and so what it said of
 * others, which has taken effect or waits in notices of its own), and the content of the notices. What stays is that
 * something came, and when it was erased. Throws a RangeError for more than 1,000 names at once.
 */
export async function erasePersons<Tables extends WebhookTables>(
  store: Store<Tables>,
  secrets: WebhookSecrets,
  { tenant, vendor, persons }: Erasure,
): Promise<Erased> {
  if (persons.length === 0) return { receipts: 0, notices: 0 };
  if (persons.length > personsAtOnce) {
    throw new RangeError(`${persons.length} names were given; at most ${personsAtOnce} are erased at once.`);
  }
  const erased = await store.transaction(async (trx) => {
    const now = new Date().toISOString();
    // First what nobody has read: what is being read just now is waited for, and is in the index then.
    const unread = await eraseUnread(trx, store.engine, secrets, { tenant, vendor, persons }, now);
    const hashes = sql`(${sql.join(persons.flatMap(secrets.fingerprints))})`;
    const named = (column: 'receipt_id' | 'notice_id') => sql`
      select ${sql.ref(column)} from webhook_persons
      where tenant = ${tenant} and vendor = ${vendor} and person in ${hashes}`;
    const receipts = await eraseReceipts(trx, sql`id in (${named('receipt_id')})`, now);
    const notices = await sql`
      update webhook_notices
      set sealed = null, record_id = null, reason = null, erased_at = ${now},
        ended_at = coalesce(ended_at, ${now}), leased_by = null, leased_until = null,
        state = case when state in ('done', 'discarded') then state else 'erased' end
      where tenant = ${tenant} and vendor = ${vendor} and sealed is not null
        and notice_id in (${named('notice_id')}) returning position`.execute(trx);
    await sql`
      delete from webhook_persons
      where tenant = ${tenant} and vendor = ${vendor} and person in ${hashes}`.execute(trx);
    return { receipts: unread + receipts, notices: notices.rows.length };
  });
  await store.durable();
  return erased;
}

async function eraseReceipts<Tables>(
  trx: Transaction<Tables>,
  which: RawBuilder<unknown>,
  now: string,
): Promise<number> {
  const { rows } = await sql`
    update webhook_receipts set sealed = null, erased_at = ${now}
    where sealed is not null and ${which} returning id`.execute(trx);
  return rows.length;
}

/** What was never parsed names whom its text names: better one delivery too many than one that stays. */
async function eraseUnread<Tables extends WebhookTables>(
  trx: Transaction<Tables>,
  engine: Store<Tables>['engine'],
  { sealing }: WebhookSecrets,
  { tenant, vendor, persons }: Erasure,
  now: string,
): Promise<number> {
  const lock = engine === 'postgres' ? sql`for update` : sql``;
  let erased = 0;
  for (let after = 0; ; ) {
    const { rows } = await sql<ReceiptRow>`
      select * from webhook_receipts
      where (state = 'received' or state = 'unreadable' or state = 'discarded') and position > ${after} and tenant = ${tenant} and vendor = ${vendor}
        and sealed is not null
      order by position limit ${receiptsAtOnce} ${lock}`.execute(trx);
    const naming = rows.filter(({ id, sealed }) => {
      const body = sealing.open(sealed as string, receiptContext(tenant, vendor, id));
      const text = body.toString('utf8').toLowerCase();
      return persons.some((person) => text.includes(person.toLowerCase()));
    });
    if (naming.length > 0) {
      const ids = sql.join(naming.map(({ id }) => id));
      erased += await eraseReceipts(trx, sql`id in (${ids})`, now);
    }
    if (rows.length < receiptsAtOnce) return erased;
    after = Number(rows.at(-1)?.position);
  }
}
