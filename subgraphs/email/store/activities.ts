import { type Kysely, sql, type Transaction } from 'kysely';
import type { MigrationTarget } from '#chassis/store/migrate.ts';
import { type UpsertOutcome, upsertRows } from '#chassis/store/upsert.ts';
import type { ActivityRecord } from '../adapters/email.ts';
import { lockContacts } from './contact-order.ts';
import { selectByIds } from './rows.ts';
import type { RecipientValues, Tables } from './tables.ts';

/** What became of one message to one person; a row is never changed. */
export interface Activity {
  readonly tenant: string;
  /** The vendor's, by which what comes twice is there once. */
  readonly id: string;
  readonly contactId: string;
  readonly kind: ActivityRecord['kind'];
  readonly messageId: string;
  /** Ours; null where the message is of none. */
  readonly campaignId: string | null;
  /** When it happened. */
  readonly at: string;
  /** When it came to be known. */
  readonly observedAt: string;
}

export interface ActivityTables {
  activities: Activity;
}

/** Rows per statement: SQLite takes 32,766 parameters. */
const batchSize = 2_000;

export async function createActivities({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('activities')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('contact_id', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('message_id', text, (column) => column.notNull())
    .addColumn('campaign_id', text)
    .addColumn('at', text, (column) => column.notNull())
    .addColumn('observed_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('activities_key', ['tenant', 'id'] as never)
    .execute();
  await sql`create index activities_by_contact on activities (tenant, contact_id, kind, message_id, at)`.execute(
    db,
  );
  await sql`create index activities_by_observed on activities (tenant, observed_at, id)`.execute(db);
}

/** Accounts by contact; undefined where it is as it was. */
export type Accounts = ReadonlyMap<string, string | null | undefined>;

/**
 * Writes down what became of messages, and counts anew for whom it is news: in whatever order and however often
 * activities come, the counts are those of what is there. Somebody of whom one comes is a recipient.
 */
export async function writeActivities(
  trx: Transaction<Tables>,
  tenant: string,
  rows: readonly Omit<Activity, 'tenant' | 'observedAt'>[],
  accounts: Accounts,
  observedAt: string,
): Promise<readonly UpsertOutcome[]> {
  // Or two transactions would each count without what the other writes.
  await lockContacts(
    trx,
    tenant,
    rows.map(({ contactId }) => contactId),
  );
  const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
  const fresh = new Map<string, string>();
  for (let start = 0; start < distinct.length; start += batchSize) {
    const values = distinct
      .slice(start, start + batchSize)
      .map(
        ({ id, contactId, kind, messageId, campaignId, at }) =>
          sql`(${tenant}, ${id}, ${contactId}, ${kind}, ${messageId}, ${campaignId}, ${at}, ${observedAt})`,
      );
    const { rows: inserted } = await sql<Pick<Activity, 'id' | 'contactId'>>`
      insert into activities (tenant, id, contact_id, kind, message_id, campaign_id, at, observed_at)
      values ${sql.join(values)} on conflict (tenant, id) do nothing
      returning id, contact_id`.execute(trx);
    for (const { id, contactId } of inserted) fresh.set(id, contactId);
  }
  const touched = [...new Set(fresh.values())];
  await countRecipients(trx, tenant, new Map(touched.map((id) => [id, accounts.get(id)])), observedAt);
  // Of an activity that the input has twice the second is no news.
  return rows.map(({ id }) => (fresh.delete(id) ? 'inserted' : 'unchanged'));
}

/** Writes the recipients of contacts, which are locked, with what their activities come to; answers what became of each. */
export async function countRecipients(
  trx: Transaction<Tables>,
  tenant: string,
  accounts: Accounts,
  observedAt: string,
): Promise<ReadonlyMap<string, UpsertOutcome>> {
  const ids = [...accounts.keys()];
  if (ids.length === 0) return new Map();
  const counts = await countsOf(trx, tenant, ids);
  const before = new Map((await selectByIds(trx, 'recipients', tenant, ids)).map((row) => [row.id, row]));
  const rows = ids.map((id): RecipientValues => {
    const account = accounts.get(id);
    const accountId = account === undefined ? (before.get(id)?.accountId ?? null) : account;
    return { id, accountId, ...(counts.get(id) ?? nothing) };
  });
  const outcomes = await upsertRows(trx, rows, { table: 'recipients', tenant, observedAt });
  return new Map(ids.map((id, nth) => [id, outcomes[nth] as UpsertOutcome]));
}

type Counts = Omit<RecipientValues, 'id' | 'accountId'>;

const nothing: Counts = {
  ...{ sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 },
  lastOpenedAt: null,
  lastClickedAt: null,
};

/** PostgreSQL answers counts as text. */
type CountLine = { readonly [Name in keyof Counts]: Counts[Name] | string } & { readonly contactId: string };

/**
 * What the activities of contacts come to: messages, each once for every kind. Of whatever something came was sent,
 * whether the vendor says so or not, as Klaviyo never does.
 */
async function countsOf(
  db: Kysely<Tables>,
  tenant: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, Counts>> {
  const counted = (kind: Activity['kind']) =>
    sql`count(distinct case when kind = ${kind} then message_id end)`;
  const latest = (kind: Activity['kind']) => sql`max(case when kind = ${kind} then at end)`;
  const counts = new Map<string, Counts>();
  for (let start = 0; start < contactIds.length; start += batchSize) {
    const { rows } = await sql<CountLine>`
      select contact_id, count(distinct message_id) as sent, ${counted('DELIVERED')} as delivered,
        ${counted('OPENED')} as opened, ${counted('CLICKED')} as clicked, ${counted('BOUNCED')} as bounced,
        ${latest('OPENED')} as last_opened_at, ${latest('CLICKED')} as last_clicked_at
      from activities
      where tenant = ${tenant} and contact_id in (${sql.join(contactIds.slice(start, start + batchSize))})
      group by contact_id`.execute(db);
    for (const { contactId, lastOpenedAt, lastClickedAt, ...line } of rows) {
      counts.set(contactId, {
        sent: Number(line.sent),
        delivered: Number(line.delivered),
        opened: Number(line.opened),
        clicked: Number(line.clicked),
        bounced: Number(line.bounced),
        lastOpenedAt: lastOpenedAt as string | null,
        lastClickedAt: lastClickedAt as string | null,
      });
    }
  }
  return counts;
}
