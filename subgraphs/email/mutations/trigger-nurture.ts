import type { Transaction } from 'kysely';
import { clientError } from '#chassis/errors.ts';
import { checkId } from '#chassis/input.ts';
import { type Done, isDone, mutate } from '#chassis/mutation.ts';
import type {
  EnrollmentRefusalReason,
  MutationResolvers,
  TriggerNurtureInput,
} from '../__generated__/resolvers.ts';
import type { ConsentState } from '../ask-consent.ts';
import { campaignEnrolled, enrollmentRefused } from '../events.ts';
import { type Context, loadersOf } from '../loaders.ts';
import { purposeOf } from '../purposes.ts';
import { pushEnrollment, syncOf } from '../pushes/record.ts';
import { lockContact, moveContacts } from '../store/contact-order.ts';
import { type ContactState, contactState, enroll, isInCampaign } from '../store/contact-state.ts';
import type { Tables } from '../store/tables.ts';

type Asked = Omit<TriggerNurtureInput, 'idempotencyKey'>;

interface Refusal {
  readonly reason: EnrollmentRefusalReason;
  readonly purpose: string | null;
}

/**
 * Puts a contact into a campaign, or says why not.
 *
 * Consent is asked right before the transaction and not within it: an answer may take seconds, and a store of one file
 * has one writer. A contact that withdraws in between is enrolled for a moment at most: either the consumer of the
 * withdrawal came first, and its suppression is seen here behind the contact's lock, or it comes afterwards and ends
 * this enrollment too. So nobody stays in a campaign past the handling of their withdrawal.
 */
export const triggerNurture: MutationResolvers['triggerNurture'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  checkId('contactId', asked.contactId);
  checkId('campaignId', asked.campaignId);
  const { tenant } = context;
  // What was done is answered again whether consent can be asked or not.
  const permission = (await isDone(context, idempotencyKey)) ? null : await permissionOf(context, asked);
  let refusal: Refusal | null = null;
  const request = { name: 'triggerNurture', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause): Promise<Done> => {
    if (permission === null) throw new Error('An idempotency key that was used is free now.');
    const before = await lockContact(trx, tenant, asked.contactId);
    const state = await contactState(trx, tenant, asked.contactId);
    const order = { ...before, version: before.version + 1 };
    const about = { ...order, accountId: state.recipient?.accountId ?? null };
    await moveContacts(trx, [order]);
    const reason = await refusalReason(trx, tenant, asked, permission, state);
    if (reason !== null) {
      refusal = { reason, purpose: permission.kind === 'consent' ? permission.purpose : null };
      const event = enrollmentRefused(about, asked.campaignId, reason, cause);
      return { kind: 'refused', subject: asked.contactId, events: [event] };
    }
    const enrollment = await enroll(trx, tenant, state, asked, syncOf(context.systems, tenant));
    const event = campaignEnrolled(about, enrollment, cause);
    await pushEnrollment(trx, context.systems, enrollment, event);
    return { kind: 'changed', subject: enrollment.id, events: [event] };
  });
  context.loaders = loadersOf(context);
  return {
    contact: { id: asked.contactId },
    enrollment: receipt.kind === 'refused' ? null : await context.loaders.enrollment.load(receipt.subject),
    refusal,
    event: receipt.events[0] ?? null,
    replayed: receipt.replayed,
  };
};

/** What was found out before the transaction. */
type Permission =
  | { readonly kind: 'consent'; readonly purpose: string; readonly state: ConsentState }
  /** Whatever the contact consents to. */
  | { readonly kind: 'none'; readonly reason: EnrollmentRefusalReason };

/** Throws `NOT_FOUND` for an unknown campaign, and `CONSENT_UNAVAILABLE`. */
async function permissionOf(context: Context, { contactId, campaignId }: Asked): Promise<Permission> {
  const campaign = await context.loaders.campaign.load(campaignId);
  if (campaign === null) {
    const details = { typename: 'Campaign', field: 'campaignId', value: campaignId };
    throw clientError('NOT_FOUND', `campaignId: there is no Campaign "${campaignId}".`, details);
  }
  if (campaign.status !== 'ACTIVE') return { kind: 'none', reason: 'CAMPAIGN_NOT_ACTIVE' };
  const purpose = purposeOf[campaign.channel];
  if (purpose === undefined) return { kind: 'none', reason: 'CHANNEL_NOT_COVERED' };
  try {
    return { kind: 'consent', purpose, state: await context.askConsent(contactId, purpose, context) };
  } catch (error) {
    context.log.warn({ err: error, purpose }, 'consent cannot be asked');
    throw error;
  }
}

/** Consent goes first: a withdrawal is the reason whether its suppression has come already or not. */
async function refusalReason(
  trx: Transaction<Tables>,
  tenant: string,
  asked: Asked,
  permission: Permission,
  { suppressions }: ContactState,
): Promise<EnrollmentRefusalReason | null> {
  if (permission.kind === 'none') return permission.reason;
  if (permission.state === 'UNKNOWN') return 'CONSENT_MISSING';
  if (permission.state === 'DENIED') return 'CONSENT_DENIED';
  if (suppressions.length > 0) return 'SUPPRESSED';
  return (await isInCampaign(trx, tenant, asked)) ? 'ALREADY_ENROLLED' : null;
}
