import { sql, type Transaction } from 'kysely';
import { type Batch, type Outcome, settleBatch } from '#chassis/vendor/pushes/sending.ts';
import { markRow, type Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import { unwrittenId } from '#chassis/vendor/replica/assign-ids.ts';
import { linksOfVendorIds, lockVendor, writeLinks } from '#chassis/vendor/replica/links.ts';
import type { Cause, EventEnvelope } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import type { EmailChange } from '../adapters/email.ts';
import {
  type About,
  contactSuppressed,
  enrollmentChangeRejected,
  suppressionChangeRejected,
} from '../events.ts';
import { prefixes } from '../replica/records.ts';
import { lockContact, moveContacts } from '../store/contact-order.ts';
import { contactState, suppress } from '../store/contact-state.ts';
import type { Tables } from '../store/tables.ts';
import { notedOf } from './record.ts';

/** Makes the events of one contact, each one version after the one before. */
type Tell = (make: (about: About) => EventEnvelope<object>) => void;

/**
 * Writes what the vendor answered. An enrollment that it refused has ended. A suppression stands here whatever the vendor
 * says of it: whoever wants no mail is not taken into a campaign, and one that could not be lifted holds again.
 */
export async function settleEmailChange(
  trx: Transaction<Tables>,
  batch: Batch,
  outcome: Outcome,
  { vendor, cause }: { readonly vendor: string; readonly cause: Cause },
): Promise<void> {
  const { tenant, type: table, id, pushes } = batch;
  const [push] = pushes;
  const kind = push.kind as EmailChange['kind'];
  const { contactId } = notedOf(push, kind);
  if (outcome.kind === 'accepted' && outcome.record?.type === 'recipients') {
    await link(trx, { tenant, vendor }, outcome.record.id, contactId, push.madeAt);
  }
  const before = await lockContact(trx, tenant, contactId);
  const { settled } = await settleBatch(trx, batch, outcome);
  if (settled.length === 0) return;
  if (outcome.kind === 'accepted') {
    // What is lifted has no row; under its id the vendor may have imposed something of its own meanwhile.
    if (kind === 'lift') return;
    await markRow(trx, { table, tenant, id }, { syncState: 'ACCEPTED', syncReason: null });
    return;
  }
  const { recipient } = await contactState(trx, tenant, contactId);
  let { version } = before;
  const events: EventEnvelope<object>[] = [];
  const tell: Tell = (make) => {
    version += 1;
    events.push(make({ id: contactId, version, accountId: recipient?.accountId ?? null }));
  };
  const refused: Synced = { syncState: 'REJECTED', syncReason: outcome.reason };
  await takeBack(trx, batch, { code: outcome.code, refused, cause, tell });
  await moveContacts(trx, [{ ...before, version }]);
  await append(trx, events);
}

interface Refusal {
  readonly code: string;
  readonly refused: Synced;
  readonly cause: Cause;
  readonly tell: Tell;
}

async function takeBack(
  trx: Transaction<Tables>,
  { tenant, type: table, id, pushes: [push] }: Batch,
  { code, refused, cause, tell }: Refusal,
): Promise<void> {
  switch (push.kind as EmailChange['kind']) {
    case 'enroll': {
      const { campaignId } = notedOf(push, 'enroll');
      const now = new Date().toISOString();
      await trx
        .updateTable('enrollments')
        .set({
          ...{ state: 'EXITED', version: sql`version + 1`, updatedAt: now, observedAt: now },
          ...refused,
        })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .execute();
      tell((about) => enrollmentChangeRejected(about, { id, campaignId }, code, cause));
      return;
    }
    case 'suppress': {
      const { reason } = notedOf(push, 'suppress');
      await markRow(trx, { table, tenant, id }, refused);
      tell((about) => suppressionChangeRejected(about, { id, reason }, { isLifted: false, code }, cause));
      return;
    }
    case 'lift': {
      const { contactId, reason, suppressedAt } = notedOf(push, 'lift');
      const { suppressions } = await contactState(trx, tenant, contactId);
      // It may have been imposed again meanwhile, and the vendor may have imposed something else under its id.
      if (!suppressions.some((one) => one.reason === reason)) {
        const isFree = !suppressions.some((one) => one.id === id);
        const again = { reason, suppressedAt, ...(isFree ? { id } : {}) };
        const held = await suppress(trx, tenant, contactId, again, refused);
        tell((about) => contactSuppressed(about, held, cause));
      }
      tell((about) => suppressionChangeRejected(about, { id, reason }, { isLifted: true, code }, cause));
    }
  }
}

/** Notes who the contact is at the vendor, where a read of it has not done so already. */
async function link(
  trx: Transaction<Tables>,
  { tenant, vendor }: { readonly tenant: string; readonly vendor: string },
  vendorId: string,
  id: string,
  observedAt: string,
): Promise<void> {
  const place = { tenant, vendor, type: 'recipients' };
  await lockVendor(trx, place);
  const known = (await linksOfVendorIds(trx, place, [vendorId])).get(vendorId);
  if (known !== undefined && known.id !== unwrittenId(prefixes.recipients, vendorId)) return;
  const unseen = { ...place, vendorId, changedAt: null, observedAt, goneAt: null };
  await writeLinks(trx, [{ ...unseen, ...known, id }]);
}
