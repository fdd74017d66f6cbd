import { type Cause, type EventEnvelope, makeEvent, type Routing } from '#events/envelope.ts';
import {
  campaignEnrolledV1,
  contactSuppressedV1,
  enrollmentRefusedV1,
  unsubscribedV1,
} from '#events/schemas/index.ts';
import type { EnrollmentRefusalReason } from './__generated__/resolvers.ts';
import type { ContactOrder, EnrollmentValues, SuppressionValues } from './store/tables.ts';

type Event = EventEnvelope<object>;

/** Whom an event is about: its version is that of the contact's latest event, this one. */
export interface About extends Pick<ContactOrder, 'id' | 'version'> {
  /** Null where the platform does not know it. */
  readonly accountId: string | null;
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

function placeOf({ id, version, accountId }: About, more: Routing = {}) {
  const routing = { contactid: id, ...(accountId === null ? {} : { accountid: accountId }), ...more };
  return { subject: id, entityVersion: version, routing };
}
