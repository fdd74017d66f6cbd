import { defineConsumer, type StoreContext } from '#events/consumer.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { type About, contactSuppressed, suppressionLifted } from '../events.ts';
import { purposeOf } from '../purposes.ts';
import { type EmailSystems, pushSuppression, syncOf } from '../pushes/record.ts';
import { lockContact, moveContacts } from '../store/contact-order.ts';
import { contactState, liftSuppressions, suppress } from '../store/contact-state.ts';
import type { Tables } from '../store/tables.ts';

/**
 * Whoever denies or withdraws consent to be written to is suppressed, and taken out of every campaign; a yes lifts
 * what consent had imposed and nothing else. A contact that the platform does not hold is noted too: it may come.
 *
 * Decisions come in order, but for one that was parked and is tried again, or a replay: the version of the latest one
 * that was followed stands with the contact, and an older one changes nothing.
 */
export const consentSuppression = (systems: EmailSystems) =>
  defineConsumer({
    name: 'email.consent-suppression',
    events: [consentUpdatedV1],
    effects: 'store',
    handle: async (event, { trx, cause }: StoreContext<Tables>) => {
      const { tenant, subject: id, entityversion, data } = event;
      if (!Object.values(purposeOf).includes(data.purpose)) return;
      const before = await lockContact(trx, tenant, id);
      if (entityversion <= before.consentVersion) return;
      const { recipient, suppressions } = await contactState(trx, tenant, id);
      const isImposed = suppressions.some(({ reason }) => reason === 'CONSENT');
      const events: EventEnvelope<object>[] = [];
      let { version } = before;
      const about = (): About => {
        version += 1;
        return { id, version, accountId: recipient?.accountId ?? null };
      };
      if (data.state === 'DENIED' && !isImposed) {
        const suppression = await suppress(trx, tenant, id, { reason: 'CONSENT' }, syncOf(systems, tenant));
        const suppressed = contactSuppressed(about(), suppression, cause);
        await pushSuppression(trx, systems, 'suppress', suppression, suppressed);
        events.push(suppressed);
      }
      if (data.state === 'GRANTED' && isImposed) {
        for (const suppression of await liftSuppressions(trx, tenant, id, 'CONSENT')) {
          const lifted = suppressionLifted(about(), suppression, cause);
          await pushSuppression(trx, systems, 'lift', suppression, lifted);
          events.push(lifted);
        }
      }
      await moveContacts(trx, [{ ...before, version, consentVersion: entityversion }]);
      await append(trx, events);
    },
  });
