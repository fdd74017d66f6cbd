import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { RowMeta } from '#chassis/store/upsert.ts';
import type { Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { Enrollment, Recipient, Suppression, SuppressionValues, Tables } from './tables.ts';

/** Of what this house is the system of record for, nobody has to be told. */
const ours: Synced = { syncState: null, syncReason: null };

/** What a suppression was when it was lifted. */
type Lifted = Pick<SuppressionValues, 'id' | 'suppressedAt'>;

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
  sync: Synced = ours,
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
    ...sync,
  };
  await trx.insertInto('enrollments').values(enrollment).execute();
  return enrollment;
}

/**
 * Puts a contact on the list of those that must not be written to, and takes it out of every campaign that it is in.
 * One that was lifted and holds after all comes back as it was.
 */
export async function suppress(
  trx: Transaction<Tables>,
  tenant: string,
  contactId: string,
  { reason, note = null, ...again }: Pick<SuppressionValues, 'reason' | 'note'> & Partial<Lifted>,
  sync: Synced = ours,
): Promise<Suppression> {
  const meta = newMeta(tenant);
  const { id = `sup_${uuidv7()}`, suppressedAt = meta.createdAt } = again;
  const suppression: Suppression = { id, contactId, reason, note, suppressedAt, ...meta, ...sync };
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

/**
 * Takes a contact off the list as far as one reason goes, and answers what is gone; campaigns that it was taken out of
 * stay left.
 */
export async function liftSuppressions(
  trx: Transaction<Tables>,
  tenant: string,
  contactId: string,
  reason: SuppressionValues['reason'],
): Promise<readonly Suppression[]> {
  return trx
    .deleteFrom('suppressions')
    .where('tenant', '=', tenant)
    .where('contactId', '=', contactId)
    .where('reason', '=', reason)
    .returningAll()
    .execute();
}

function newMeta(tenant: string): RowMeta {
  const now = new Date().toISOString();
  return { tenant, version: 1, createdAt: now, updatedAt: now, observedAt: now };
}
