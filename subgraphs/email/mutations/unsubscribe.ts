import { checkId, checkText } from '#chassis/input.ts';
import { type Done, mutate } from '#chassis/mutation.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { contactSuppressed, unsubscribed } from '../events.ts';
import { loadersOf } from '../loaders.ts';
import { pushSuppression, syncOf } from '../pushes/record.ts';
import { lockContact, moveContacts } from '../store/contact-order.ts';
import { contactState, suppress } from '../store/contact-state.ts';

const longestReason = 500;

/**
 * Notes that a contact wants no more mail. One that had unsubscribed before stays as it is, and there is no event. A
 * contact that the platform does not hold is noted too: it may come.
 */
export const unsubscribe: MutationResolvers['unsubscribe'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { contactId, reason: note } = asked;
  checkId('contactId', contactId);
  checkText('reason', note, longestReason);
  const { tenant, systems } = context;
  const request = { name: 'unsubscribe', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause): Promise<Done> => {
    const before = await lockContact(trx, tenant, contactId);
    const { recipient, suppressions } = await contactState(trx, tenant, contactId);
    const earlier = suppressions.find(({ reason }) => reason === 'UNSUBSCRIBE');
    if (earlier !== undefined) return { kind: 'changed', subject: earlier.id, events: [] };
    const suppression = await suppress(
      trx,
      tenant,
      contactId,
      { reason: 'UNSUBSCRIBE', note },
      syncOf(systems, tenant),
    );
    await moveContacts(trx, [{ ...before, version: before.version + 2 }]);
    const about = (step: number) => ({
      id: contactId,
      version: before.version + step,
      accountId: recipient?.accountId ?? null,
    });
    const suppressed = contactSuppressed(about(2), suppression, cause);
    await pushSuppression(trx, systems, 'suppress', suppression, suppressed);
    const events = [unsubscribed(about(1), suppression, cause), suppressed];
    return { kind: 'changed', subject: suppression.id, events };
  });
  context.loaders = loadersOf(context);
  return {
    contact: { id: contactId },
    suppression: await context.loaders.suppression.load(receipt.subject),
    event: receipt.events[0] ?? null,
    replayed: receipt.replayed,
  };
};
