import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** What came of all mail to an account's contacts. */
export interface AccountEngagement {
  readonly contactsMailed: number;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly bounced: number;
  /** Opened per delivered; null where nothing was delivered. */
  readonly openRate: number | null;
  /** Clicked per delivered; null where nothing was delivered. */
  readonly clickRate: number | null;
  /** The last open or click. */
  readonly lastEngagedAt: string | null;
  readonly suppressedContacts: number;
  /** The oldest among the rows that were summed. */
  readonly observedAt: string;
}

/** One account of the store. PostgreSQL answers counts and sums as text. */
interface EngagementLine {
  readonly accountId: string;
  readonly contactsMailed: number | string;
  readonly sent: number | string;
  readonly delivered: number | string;
  readonly opened: number | string;
  readonly clicked: number | string;
  readonly bounced: number | string;
  readonly suppressedContacts: number | string;
  readonly lastOpenedAt: string | null;
  readonly lastClickedAt: string | null;
  readonly recipientsObservedAt: string;
  readonly suppressionsObservedAt: string | null;
}

/** Summaries of many accounts in one statement; an account of which no contact is held is not in the answer. */
export async function engagementByAccount(
  db: Kysely<Tables>,
  tenant: string,
  accountIds: readonly string[],
): Promise<Map<string, AccountEngagement>> {
  // Suppressions are folded to one line a contact before the join, else they would multiply the sums.
  const { rows } = await sql<EngagementLine>`
    with scoped as (
      select * from recipients where tenant = ${tenant} and account_id in (${sql.join(accountIds)})
    ),
    suppressed as (
      select contact_id, min(observed_at) as observed_at from suppressions
      where tenant = ${tenant} and contact_id in (select id from scoped)
      group by contact_id
    )
    select scoped.account_id as account_id,
      sum(case when scoped.sent > 0 then 1 else 0 end) as contacts_mailed,
      sum(scoped.sent) as sent,
      sum(scoped.delivered) as delivered,
      sum(scoped.opened) as opened,
      sum(scoped.clicked) as clicked,
      sum(scoped.bounced) as bounced,
      count(suppressed.contact_id) as suppressed_contacts,
      max(scoped.last_opened_at) as last_opened_at,
      max(scoped.last_clicked_at) as last_clicked_at,
      min(scoped.observed_at) as recipients_observed_at,
      min(suppressed.observed_at) as suppressions_observed_at
    from scoped left join suppressed on suppressed.contact_id = scoped.id
    group by scoped.account_id`.execute(db);
  return new Map(rows.map((line) => [line.accountId, summary(line)]));
}

function summary(line: EngagementLine): AccountEngagement {
  const delivered = Number(line.delivered);
  const opened = Number(line.opened);
  const clicked = Number(line.clicked);
  const times = [line.lastOpenedAt, line.lastClickedAt].filter((time) => time !== null).sort();
  const observed = [line.recipientsObservedAt, line.suppressionsObservedAt].filter((time) => time !== null);
  return {
    contactsMailed: Number(line.contactsMailed),
    sent: Number(line.sent),
    delivered,
    opened,
    clicked,
    bounced: Number(line.bounced),
    openRate: delivered === 0 ? null : opened / delivered,
    clickRate: delivered === 0 ? null : clicked / delivered,
    lastEngagedAt: times.at(-1) ?? null,
    suppressedContacts: Number(line.suppressedContacts),
    observedAt: observed.sort()[0] ?? line.recipientsObservedAt,
  };
}
