import type { Kysely } from 'kysely';
import type { Prepared } from '#chassis/vendor/pushes/consumer.ts';
import type { Batch } from '#chassis/vendor/pushes/sending.ts';
import { linksOfIds } from '#chassis/vendor/replica/links.ts';
import type { Addressee, EmailChange } from '../adapters/email.ts';
import type { AddressOf } from '../addresses.ts';
import { selectByIds, selectSuppressions } from '../store/rows.ts';
import type { Tables } from '../store/tables.ts';
import { notedOf } from './record.ts';

type Rejected = Extract<Prepared<never>, { readonly kind: 'rejected' }>;

/** Says a change in the words and ids of the vendor, with the address that the contact has at this moment. */
export async function emailChangeOf(
  db: Kysely<Tables>,
  addressOf: AddressOf,
  { tenant, id, pushes: [push] }: Batch,
  vendor: string,
): Promise<Prepared<EmailChange>> {
  const kind = push.kind as EmailChange['kind'];
  const place = { tenant, vendor };
  switch (kind) {
    case 'enroll': {
      const { contactId, campaignId, enrolledAt: at } = notedOf(push, kind);
      const [enrollment] = await selectByIds(db, 'enrollments', tenant, [id]);
      // Who withdrew while the vendor was down is not written to for a moment, in the order in which it all happened.
      if (enrollment?.state !== 'ACTIVE') {
        return rejected('ENDED', 'The contact had left the campaign before the vendor was told.');
      }
      const campaign = await vendorIdOf(db, { ...place, type: 'campaigns' }, campaignId);
      if (campaign === null) return rejected('CAMPAIGN_UNKNOWN', 'The vendor has no such campaign.');
      const addressee = await addresseeOf(db, addressOf, place, contactId);
      if (addressee === null) return unreachable;
      return { kind: 'change', change: { kind, addressee, campaignId: campaign, at } };
    }
    case 'suppress':
    case 'lift': {
      const { contactId, reason } = notedOf(push, kind);
      // A vendor has one list for all reasons: whoever unsubscribed, too, stays on it.
      if (kind === 'lift' && (await selectSuppressions(db, tenant, [contactId])).length > 0) {
        return { kind: 'nothing' };
      }
      const addressee = await addresseeOf(db, addressOf, place, contactId);
      if (addressee === null) return unreachable;
      return {
        kind: 'change',
        change: kind === 'lift' ? { kind, addressee } : { kind, addressee, reason },
      };
    }
  }
}

/** Of a contact whom neither an address nor an id of the vendor's leads to. */
export const unreachable = rejected('ADDRESS_UNKNOWN', 'Nobody knows an address of the contact.');

async function addresseeOf(
  db: Kysely<Tables>,
  addressOf: AddressOf,
  place: { readonly tenant: string; readonly vendor: string },
  contactId: string,
): Promise<Addressee | null> {
  const address = await addressOf(place.tenant, contactId);
  const recipientId = await vendorIdOf(db, { ...place, type: 'recipients' }, contactId);
  return address === null && recipientId === null ? null : { contactId, recipientId, address };
}

async function vendorIdOf(
  db: Kysely<Tables>,
  place: Parameters<typeof linksOfIds>[1],
  id: string,
): Promise<string | null> {
  const link = (await linksOfIds(db, place, [id])).get(id);
  return link === undefined || link.goneAt !== null ? null : link.vendorId;
}

function rejected(code: string, reason: string): Rejected {
  return { kind: 'rejected', code, reason };
}
