import { setImmediate } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Cause } from '#events/envelope.ts';
import { ensureDefaultPurposes } from '#subgraphs/consent/store/purposes.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import type { Tables as ConsentTables } from '#subgraphs/consent/store/tables.ts';
import { writeRows as writeCrmRows } from '#subgraphs/crm/store/rows.ts';
import type { ContactValues, Tables as CrmTables, LeadValues } from '#subgraphs/crm/store/tables.ts';
import { lockContacts } from '#subgraphs/email/store/contact-order.ts';
import { writeRows as writeEmailRows } from '#subgraphs/email/store/rows.ts';
import type { Tables as EmailTables } from '#subgraphs/email/store/tables.ts';
import type { Parts } from '../run/parts.ts';
import type { SeededAccount, SeededContact } from './accounts.ts';
import { type CampaignCounts, noCounts, type SeededCampaign } from './campaigns.ts';
import { consentRecordsOf, firstDecisions, mayBeMailed } from './consents.ts';
import type { SeededLead } from './leads.ts';
import { type Mailing, mailingOf } from './mailing.ts';
import type { Tally } from './tally.ts';
import { usersOf } from './users.ts';
import { daysAgo, type World } from './world.ts';

/** Where a seed writes, for whom, and what it counts. */
export interface Target {
  readonly parts: Pick<Parts, 'crm' | 'email' | 'consent'>;
  readonly world: World;
  readonly tenant: string;
  readonly tally: Tally;
  /** Why rows change, as their events say it; undefined where nobody is told. */
  readonly cause: Cause | undefined;
  readonly campaigns: readonly SeededCampaign[];
  /** What came of each campaign, summed over the contacts written so far. */
  readonly campaignCounts: Map<string, CampaignCounts>;
}

/** The sellers, and the purposes that a new tenant starts with. */
export async function writeUsers({ parts, world, tenant, tally }: Target): Promise<void> {
  const observedAt = daysAgo(world, 0);
  await parts.crm.store.transaction(async (trx: Transaction<CrmTables>) => {
    tally.add('users', await writeCrmRows(trx, 'users', tenant, usersOf(world), observedAt));
  });
  await parts.consent.store.transaction((trx: Transaction<ConsentTables>) =>
    ensureDefaultPurposes(trx, tenant, observedAt),
  );
}

/** Writes some accounts and all about their people, one transaction for each system. */
export async function writeAccounts(target: Target, accounts: readonly SeededAccount[]): Promise<void> {
  await writeCrm(target, accounts);
  await setImmediate();
  const contacts = accounts.flatMap((account) => account.contacts);
  const people = contacts.map((contact) => {
    const { world, campaigns } = target;
    const decisions = firstDecisions(world, contact);
    // The platform holds nobody it could not write to.
    const mailing =
      contact.email === null ? null : mailingOf(world, contact, campaigns, mayBeMailed(contact, decisions));
    const records = consentRecordsOf(world, contact, decisions, mailing?.unsubscribedAgo ?? null);
    return { mailing, records };
  });
  await writeMailings(
    target,
    people.flatMap(({ mailing }) => mailing ?? []),
  );
  await setImmediate();
  const { parts, world, tenant, tally, cause } = target;
  await parts.consent.store.transaction(async (trx: Transaction<ConsentTables>) => {
    const records = people.flatMap((person) => person.records);
    tally.add('consentRecords', await appendRecords(trx, tenant, records, daysAgo(world, 0), cause));
  });
}

/** The campaigns with what came of them; last, since that is known only when all contacts are written. */
export async function writeCampaigns(target: Target): Promise<void> {
  const { parts, world, tenant, tally, campaigns, campaignCounts } = target;
  const rows = campaigns.map(({ startedAgo: _, ...campaign }) => ({
    ...campaign,
    ...(campaignCounts.get(campaign.id) ?? noCounts()),
  }));
  await parts.email.store.transaction(async (trx: Transaction<EmailTables>) => {
    tally.add('campaigns', await writeEmailRows(trx, 'campaigns', tenant, rows, daysAgo(world, 0)));
  });
}

async function writeCrm(
  { parts, world, tenant, tally, cause }: Target,
  accounts: readonly SeededAccount[],
): Promise<void> {
  const observedAt = daysAgo(world, 0);
  const values = accounts.map((account) => account.values);
  const contacts = accounts.flatMap((account) => account.contacts.map(contactRow));
  const leads = accounts.flatMap((account) => account.leads.map(leadRow));
  const opportunities = accounts.flatMap((account) => account.opportunities);
  await parts.crm.store.transaction(async (trx: Transaction<CrmTables>) => {
    tally.add('accounts', await writeCrmRows(trx, 'accounts', tenant, values, observedAt, cause));
    tally.add('contacts', await writeCrmRows(trx, 'contacts', tenant, contacts, observedAt));
    tally.add('leads', await writeCrmRows(trx, 'leads', tenant, leads, observedAt, cause));
    tally.add(
      'opportunities',
      await writeCrmRows(trx, 'opportunities', tenant, opportunities, observedAt, cause),
    );
  });
}

async function writeMailings(
  { parts, world, tenant, tally, cause, campaignCounts }: Target,
  mailings: readonly Mailing[],
): Promise<void> {
  const observedAt = daysAgo(world, 0);
  const recipients = mailings.map((mailing) => mailing.recipient);
  const enrollments = mailings.flatMap((mailing) => mailing.enrollments);
  const suppressions = mailings.flatMap((mailing) => mailing.suppressions);
  await parts.email.store.transaction(async (trx: Transaction<EmailTables>) => {
    // As mutations do it, so that neither waits for the other: the contacts first, then rows of theirs.
    if (cause !== undefined) {
      const ids = recipients.map(({ id }) => id);
      await lockContacts(trx, tenant, ids);
    }
    tally.add('recipients', await writeEmailRows(trx, 'recipients', tenant, recipients, observedAt));
    tally.add(
      'enrollments',
      await writeEmailRows(trx, 'enrollments', tenant, enrollments, observedAt, cause),
    );
    tally.add(
      'suppressions',
      await writeEmailRows(trx, 'suppressions', tenant, suppressions, observedAt, cause),
    );
  });
  for (const { byCampaign } of mailings) {
    for (const [id, counts] of byCampaign) {
      const sums = campaignCounts.get(id) ?? noCounts();
      for (const count of Object.keys(sums) as (keyof CampaignCounts)[]) sums[count] += counts[count];
      campaignCounts.set(id, sums);
    }
  }
}

function contactRow({ ageDays: _age, home: _home, ...row }: SeededContact): ContactValues {
  return row;
}

function leadRow({ ageDays: _age, ...row }: SeededLead): LeadValues {
  return row;
}
