import type { Parts } from '#cli/run/parts.ts';
import { type SeedOptions, seed } from '#cli/seed/index.ts';
import type { Rows, TouchRow } from '#subgraphs/analytics/adapters/warehouse.ts';
import type { ActivityRecord } from '#subgraphs/email/adapters/email.ts';
import { openEmail } from '#subgraphs/email/main.ts';
import type { Campaign, Enrollment, Recipient, Suppression } from '#subgraphs/email/store/tables.ts';
import { temporaryStore } from '../stores.ts';

/** What the demo has of email, with the address of each recipient. */
export interface EmailWorld {
  readonly campaigns: readonly Campaign[];
  readonly recipients: readonly (Recipient & { readonly address: string })[];
  readonly enrollments: readonly Enrollment[];
  readonly suppressions: readonly Suppression[];
}

/** A message to somebody, and what became of it. */
export interface Message {
  readonly id: string;
  readonly contactId: string;
  readonly campaign: Campaign;
  readonly told: readonly Pick<ActivityRecord, 'kind' | 'at'>[];
}

const minute = 60_000;

/** What the stores of an email platform and of a CRM have after a seed. */
export async function emailWorldOf({ crm, email }: Pick<Parts, 'crm' | 'email'>): Promise<EmailWorld> {
  const { db } = email.store;
  const contacts = await crm.store.db.selectFrom('contacts').select(['id', 'email']).execute();
  const addresses = new Map(contacts.map((one) => [one.id, one.email]));
  const recipients = await db.selectFrom('recipients').selectAll().orderBy('id').execute();
  return {
    campaigns: await db.selectFrom('campaigns').selectAll().orderBy('id').execute(),
    recipients: recipients.map((one) => ({ ...one, address: addresses.get(one.id) ?? '' })),
    enrollments: await db.selectFrom('enrollments').selectAll().orderBy('id').execute(),
    suppressions: await db.selectFrom('suppressions').selectAll().orderBy('id').execute(),
  };
}

/**
 * Seeds all parts but email, and answers what email would have.
 * @param idOf what a campaign of the demo is called where email is: touches name it so
 */
export async function seedWithoutEmail(
  parts: Parts,
  world: SeedOptions,
  idOf: (campaignId: string) => string,
): Promise<EmailWorld> {
  const { location, remove } = await temporaryStore('sqlite');
  const email = await openEmail({ location });
  const { warehouse } = parts.analytics;
  const renamed = async function* (rows: Rows<TouchRow>) {
    for await (const row of rows) {
      yield { ...row, campaignId: row.campaignId === null ? null : idOf(row.campaignId) };
    }
  };
  const writeTouches: typeof warehouse.writeTouches = (tenant, rows, observedAt) =>
    warehouse.writeTouches(tenant, renamed(rows), observedAt);
  try {
    const analytics = { ...parts.analytics, warehouse: { ...warehouse, writeTouches } };
    const seeded = { ...parts, analytics, email };
    await seed(seeded, world);
    return await emailWorldOf(seeded);
  } finally {
    await email.subgraph.close();
    await remove();
  }
}

/**
 * Messages that come to what the demo has of each recipient: it keeps sums, and a vendor's platform what happened. The
 * first were opened, the last came back; of which campaign each was is as good as any.
 */
export function messagesOf({ campaigns, enrollments, recipients }: EmailWorld): readonly Message[] {
  const known = new Map(campaigns.map((one) => [one.id, one]));
  const entered = Map.groupBy(enrollments, ({ contactId }) => contactId);
  return recipients.flatMap((recipient) => {
    const { id: contactId, sent, opened, clicked, bounced, createdAt } = recipient;
    const ofContact = entered.get(contactId) ?? [];
    /** The latest at the time that the recipient has, the others before. */
    const before = (latest: string | null, nth: number) =>
      new Date(Date.parse(latest ?? createdAt) - nth * minute).toISOString();
    return Array.from({ length: sent }, (_, nth): Message => {
      const campaign = known.get(ofContact[nth % ofContact.length]?.campaignId ?? '');
      if (campaign === undefined) throw new Error(`${contactId} was sent mail and is in no campaign.`);
      const at = new Date(Date.parse(createdAt) + nth * minute).toISOString();
      const told: Message['told'] = [
        { kind: nth < sent - bounced ? 'DELIVERED' : 'BOUNCED', at },
        ...(nth < opened ? [{ kind: 'OPENED', at: before(recipient.lastOpenedAt, nth) } as const] : []),
        ...(nth < clicked ? [{ kind: 'CLICKED', at: before(recipient.lastClickedAt, nth) } as const] : []),
      ];
      return { id: `${contactId}.${nth}`, contactId, campaign, told };
    });
  });
}
