import { sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Engine, Store } from '../../store/store.ts';
import type { Notice } from '../system.ts';
import type { CountWebhooks } from './counts.ts';
import { rowsOf } from './json-rows.ts';
import { noticeContext, receiptContext, type WebhookSecrets } from './secrets.ts';
import type { WebhookSource } from './source.ts';
import type { ReceiptRow, WebhookTables } from './tables.ts';

/** Receipts of one transaction: a body may be a mebibyte and thousands of notices. */
const receiptsAtOnce = 16;
/** Notices after which the transaction ends: deliveries that come meanwhile wait for it, and vendors for their answer. */
const noticesAtOnce = 200;

export interface ParseOptions<Tables extends WebhookTables> {
  readonly store: Store<Tables>;
  readonly sources: ReadonlyMap<string, WebhookSource<Tables>>;
  readonly secrets: WebhookSecrets;
  readonly log: Logger;
  readonly count: CountWebhooks;
}

/** A notice, and the delivery that it was found in. */
interface Found {
  readonly receipt: ReceiptRow;
  readonly notice: Notice;
}

/**
 * Makes notices of the receipts that came first, in one transaction; processes do so beside each other. What was told
 * before is dropped. A receipt that cannot be read is left as it is, with the reason. Answers whether more may wait.
 */
export async function parseReceipts<Tables extends WebhookTables>(
  options: ParseOptions<Tables>,
): Promise<boolean> {
  const { store, sources, secrets, log, count } = options;
  const vendors = [...sources.keys()];
  const tell: (() => void)[] = [];
  const more = await store.transaction(async (trx) => {
    const skip = store.engine === 'postgres' ? sql`for update skip locked` : sql``;
    const { rows: receipts } = await sql<ReceiptRow>`
      select * from webhook_receipts
      where state = 'received' and vendor in (${sql.join(vendors)})
      order by position limit ${receiptsAtOnce} ${skip}`.execute(trx);
    const found: Found[] = [];
    let taken = 0;
    for (const receipt of receipts) {
      if (found.length >= noticesAtOnce) break;
      taken += 1;
      const read = readReceipt(receipt, options);
      if (read.kind === 'read') {
        found.push(...read.notices.map((notice) => ({ receipt, notice })));
        await endReceipt(trx, receipt.id, 'parsed', null);
        continue;
      }
      await endReceipt(trx, receipt.id, 'unreadable', read.reason);
      tell.push(() => {
        count(receipt.vendor, 'unreadable');
        const { vendor, tenant, id } = receipt;
        log.error({ vendor, tenant, receipt: id, reason: read.reason }, 'a delivery could not be read');
      });
    }
    const known = await writeNotices(trx, store.engine, found, secrets);
    await writePersons(trx, store.engine, found, secrets);
    await forgetAgain(trx, store.engine, known);
    for (const { receipt } of known) tell.push(() => count(receipt.vendor, 'duplicates'));
    return taken < receipts.length || receipts.length === receiptsAtOnce;
  });
  for (const each of tell) each();
  return more;
}

type Read =
  | { readonly kind: 'read'; readonly notices: readonly Notice[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

function readReceipt<Tables extends WebhookTables>(
  { id, tenant, vendor, sealed }: ReceiptRow,
  { sources, secrets: { sealing } }: ParseOptions<Tables>,
): Read {
  // Erased before it was read: there is nothing to do.
  if (sealed === null) return { kind: 'read', notices: [] };
  const webhook = sources.get(vendor)?.webhook(tenant);
  if (!webhook) return { kind: 'unreadable', reason: 'The tenant has no account at this vendor any more.' };
  try {
    const body = sealing.open(sealed, receiptContext(tenant, vendor, id));
    return { kind: 'read', notices: webhook.parse(body) };
  } catch (error) {
    return { kind: 'unreadable', reason: (error as Error).message };
  }
}

async function endReceipt<Tables>(
  trx: Transaction<Tables>,
  id: string,
  state: ReceiptRow['state'],
  reason: string | null,
): Promise<void> {
  await sql`update webhook_receipts set state = ${state}, reason = ${reason} where id = ${id}`.execute(trx);
}

/**
 * Writes those that are new, and answers the others. By one order of ids: of two transactions that write the same
 * notices in different orders PostgreSQL would have to end one.
 */
async function writeNotices<Tables>(
  trx: Transaction<Tables>,
  engine: Engine,
  found: readonly Found[],
  { sealing }: WebhookSecrets,
): Promise<readonly Found[]> {
  const now = new Date().toISOString();
  const keyOf = ({ receipt: { tenant, vendor }, notice }: Found) => `${tenant}\n${vendor}\n${notice.id}`;
  const first = new Map<string, Found>();
  const known: Found[] = [];
  for (const each of found) {
    if (first.has(keyOf(each))) known.push(each);
    else first.set(keyOf(each), each);
  }
  const ordered = [...first].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
  const rows = ordered.map(({ receipt: { id: receiptId, tenant, vendor }, notice }) => {
    const { id, type, recordId, occurredAt, persons, content } = notice;
    const said = Buffer.from(JSON.stringify({ persons, content }));
    const sealed = sealing.seal(said, noticeContext(tenant, vendor, id));
    return {
      tenant,
      vendor,
      notice_id: id,
      receipt_id: receiptId,
      type,
      record_id: recordId,
      occurred_at: occurredAt,
      sealed,
    };
  });
  const columns = [...placeColumns, 'receipt_id', 'type', 'record_id', 'occurred_at', 'sealed'] as const;
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const { rows: fresh } = await sql<{ tenant: string; vendor: string; noticeId: string }>`
    insert into webhook_notices (${names}, state, attempts, arrived_at, due_at)
    select ${names}, 'waiting', 0, ${now}, ${now} from ${rowsOf(engine, rows, columns)} where true
    on conflict (tenant, vendor, notice_id) do nothing returning tenant, vendor, notice_id`.execute(trx);
  const written = new Set(fresh.map(({ tenant, vendor, noticeId }) => `${tenant}\n${vendor}\n${noticeId}`));
  return [...known, ...ordered.filter((each) => !written.has(keyOf(each)))];
}

const placeColumns = ['tenant', 'vendor', 'notice_id'] as const;

/** Each delivery is found by whom it names, also one that tells nothing new. */
async function writePersons<Tables>(
  trx: Transaction<Tables>,
  engine: Engine,
  found: readonly Found[],
  { fingerprints }: WebhookSecrets,
): Promise<void> {
  const rows = found.flatMap(({ receipt: { id, tenant, vendor }, notice }) =>
    notice.persons.map((person) => ({
      tenant,
      vendor,
      person: fingerprints(person)[0],
      receipt_id: id,
      notice_id: notice.id,
    })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into webhook_persons (tenant, vendor, person, receipt_id, notice_id)
    select tenant, vendor, person, receipt_id, notice_id
    from ${rowsOf(engine, rows, [...placeColumns, 'person', 'receipt_id'])} where true
    on conflict do nothing`.execute(trx);
}

/** A vendor may send again what was erased here meanwhile: such a delivery loses its bytes at once. */
async function forgetAgain<Tables>(
  trx: Transaction<Tables>,
  engine: Engine,
  known: readonly Found[],
): Promise<void> {
  if (known.length === 0) return;
  const rows = known.map(({ receipt: { id, tenant, vendor }, notice }) => ({
    tenant,
    vendor,
    notice_id: notice.id,
    receipt_id: id,
  }));
  await sql`
    update webhook_receipts set sealed = null, erased_at = ${new Date().toISOString()}
    where sealed is not null and id in (
      select given.receipt_id from ${rowsOf(engine, rows, [...placeColumns, 'receipt_id'])}
      join webhook_notices as known
        on known.tenant = given.tenant and known.vendor = given.vendor and known.notice_id = given.notice_id
      where known.erased_at is not null
    )`.execute(trx);
}
