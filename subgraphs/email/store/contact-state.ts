import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { RowMeta } from '#chassis/store/upsert.ts';
import type { Enrollment, Recipient, Suppression, SuppressionValues, Tables } from './tables.ts';

/** What the platform holds of one contact, as decisions about it need it; read behind the contact's lock. */
export interface ContactState {
  /** Null for a contact that the platform does not hold. */
  readonly recipient: Recipient | null;
  readonly suppressions: readonly Suppression[];
}

export async function contactState(
  trx: Transaction<Tables>,
  tenant: string,
  contactId: string,
): Promise<ContactState> {
  const recipient = await trx
    .selectFrom('recipients')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', contactId)
    .executeTakeFirst();
  const suppressions = await trx
    .selectFrom('suppressions')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('contactId', '=', contactId)
    .execute();
  return { recipient: recipient ?? null, suppressions };
}

export async function isInCampaign(
  trx: Transaction<Tables>,
  tenant: string,
  { contactId, campaignId }: Pick<Enrollment, 'contactId' | 'campaignId'>,
): Promise<boolean> {
  const active = await trx
    .selectFrom('enrollments')
    .select('id')
    .where('tenant', '=', tenant)
    .where('contactId', '=', contactId)
    .where('campaignId', '=', campaignId)
    .where('state', '=', 'ACTIVE')
    .executeTakeFirst();
  return active !== undefined;
}

/** Puts a contact into a campaign; one that the platform does not hold yet is taken in, as if never mailed. */
export async function enroll(
  trx: Transaction<Tables>,
  tenant: string,
  { recipient }: ContactState,
  { contactId, campaignId }: Pick<Enrollment, 'contactId' | 'campaignId'>,
): Promise<Enrollment> {
  if (recipient === null) {
    const counts = { sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 };
    const nothing = { accountId: null, ...counts, lastOpenedAt: null, lastClickedAt: null };
    await trx
      .insertInto('recipients')
      .values({ id: contactId, ...nothing, ...newMeta(tenant) })
      .execute();
  }
  const meta = newMeta(tenant);
  const enrollment: Enrollment = {
    id: `enr_${uuidv7()}`,
    contactId,
    campaignId,
    state: 'ACTIVE',
    enrolledAt: meta.createdAt,
    ...meta,
  };
  await trx.insertInto('enrollments').values(enrollment).execute();
  return enrollment;
}

/**
 * Puts a contact on the list of those that must not be written to, and takes it out of every campaign that it is in.
 */
export async function suppress(
  trx: Transaction<Tables>,
  tenant: string,
  contactId: string,
  { reason, note = null }: Pick<SuppressionValues, 'reason' | 'note'>,
): Promise<Suppression> {
  const meta = newMeta(tenant);
  const id = `sup_${uuidv7()}`;
  const suppression: Suppression = { id, contactId, reason, note, suppressedAt: meta.createdAt, ...meta };
  await trx.insertInto('suppressions').values(suppression).execute();
  await trx
    .updateTable('enrollments')
    .set({
      state: 'EXITED',
      version: sql`version + 1`,
      updatedAt: meta.createdAt,
      observedAt: meta.createdAt,
    })
    .where('tenant', '=', tenant)
    .where('contactId', '=', contactId)
    .where('state', '=', 'ACTIVE')
    .execute();
  return suppression;
}

/** Takes a contact off the list as far as one reason goes; campaigns that it was taken out of stay left. */
export async function liftSuppressions(
  trx: Transaction<Tables>,
  tenant: string,
  contactId: string,
  reason: SuppressionValues['reason'],
): Promise<void> {
  await trx
    .deleteFrom('suppressions')
    .where('tenant', '=', tenant)
    .where('contactId', '=', contactId)
    .where('reason', '=', reason)
    .execute();
}

function newMeta(tenant: string): RowMeta {
  const now = new Date().toISOString();
  return { tenant, version: 1, createdAt: now, updatedAt: now, observedAt: now };
}
