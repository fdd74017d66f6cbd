import { type Cause, type EventEnvelope, makeEvent, type Routing } from '#events/envelope.ts';
import {
  campaignEnrolledV1,
  contactSuppressedV1,
  enrollmentChangeRejectedV1,
  enrollmentRefusedV1,
  suppressionChangeRejectedV1,
  suppressionLiftedV1,
  unsubscribedV1,
} from '#events/schemas/index.ts';
import type { EnrollmentRefusalReason } from './__generated__/resolvers.ts';
import type { ContactOrder, EnrollmentValues, Recipient, SuppressionValues } from './store/tables.ts';

type Event = EventEnvelope<object>;

/** Whom an event is about: its version is that of the contact's latest event, this one. */
export interface About extends Pick<ContactOrder, 'id' | 'version'> {
  /** Null where the platform does not know it. */
  readonly accountId: string | null;
  /** When it happened; by default now. */
  readonly at?: string;
}

export function campaignEnrolled(
  about: About,
  { id, campaignId }: Pick<EnrollmentValues, 'id' | 'campaignId'>,
  cause: Cause,
): Event {
  const data = { enrollmentId: id, campaignId };
  return makeEvent(campaignEnrolledV1, { ...placeOf(about, { campaignid: campaignId }), data }, cause);
}

export function enrollmentRefused(
  about: About,
  campaignId: string,
  reason: EnrollmentRefusalReason,
  cause: Cause,
): Event {
  const data = { campaignId, reason };
  return makeEvent(enrollmentRefusedV1, { ...placeOf(about, { campaignid: campaignId }), data }, cause);
}

export function unsubscribed(about: About, { id }: Pick<SuppressionValues, 'id'>, cause: Cause): Event {
  return makeEvent(unsubscribedV1, { ...placeOf(about), data: { suppressionId: id } }, cause);
}

export function contactSuppressed(
  about: About,
  { id, reason }: Pick<SuppressionValues, 'id' | 'reason'>,
  cause: Cause,
): Event {
  return makeEvent(contactSuppressedV1, { ...placeOf(about), data: { suppressionId: id, reason } }, cause);
}

export function suppressionLifted(
  about: About,
  { id, reason }: Pick<SuppressionValues, 'id' | 'reason'>,
  cause: Cause,
): Event {
  return makeEvent(suppressionLiftedV1, { ...placeOf(about), data: { suppressionId: id, reason } }, cause);
}

/** @param code the vendor's, or a word of ours where it was not asked */
export function enrollmentChangeRejected(
  about: About,
  { id, campaignId }: Pick<EnrollmentValues, 'id' | 'campaignId'>,
  code: string,
  cause: Cause,
): Event {
  const data = { enrollmentId: id, campaignId, code };
  return makeEvent(
    enrollmentChangeRejectedV1,
    { ...placeOf(about, { campaignid: campaignId }), data },
    cause,
  );
}

export function suppressionChangeRejected(
  about: About,
  { id, reason }: Pick<SuppressionValues, 'id' | 'reason'>,
  { isLifted, code }: { readonly isLifted: boolean; readonly code: string },
  cause: Cause,
): Event {
  const data = { suppressionId: id, reason, isLifted, code };
  return makeEvent(suppressionChangeRejectedV1, { ...placeOf(about), data }, cause);
}

/**
 * What rows that came from elsewhere tell: the same events as mutations, each contact one version on for each of them.
 * They happened when the rows say it.
 * @param orders where the contacts' events stand, by id
 */
export function eventsOfRows(
  rows: readonly (EnrollmentValues | SuppressionValues)[],
  orders: ReadonlyMap<string, ContactOrder>,
  recipients: readonly Pick<Recipient, 'id' | 'accountId'>[],
  cause: Cause,
): { readonly events: readonly Event[]; readonly moved: readonly ContactOrder[] } {
  const accounts = new Map(recipients.map(({ id, accountId }) => [id, accountId]));
  const moved = new Map<string, ContactOrder>();
  const next = (id: string): About => {
    const before = (moved.get(id) ?? orders.get(id)) as ContactOrder;
    const after = { ...before, version: before.version + 1 };
    moved.set(id, after);
    return { ...after, accountId: accounts.get(id) ?? null };
  };
  const events = rows.flatMap((row): Event[] => {
    if ('enrolledAt' in row)
      return [campaignEnrolled({ ...next(row.contactId), at: row.enrolledAt }, row, cause)];
    const about = (): About => ({ ...next(row.contactId), at: row.suppressedAt });
    const isAsked = row.reason === 'UNSUBSCRIBE';
    return [...(isAsked ? [unsubscribed(about(), row, cause)] : []), contactSuppressed(about(), row, cause)];
  });
  return { events, moved: [...moved.values()] };
}

function placeOf({ id, version, accountId, at: time }: About, more: Routing = {}) {
  const routing = { contactid: id, ...(accountId === null ? {} : { accountid: accountId }), ...more };
  return { subject: id, entityVersion: version, routing, ...(time === undefined ? {} : { time }) };
}
