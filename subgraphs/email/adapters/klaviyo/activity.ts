import { z } from 'zod';
import type { ActivityRecord } from '../email.ts';

const text = z.union([z.string(), z.number()]).transform(String).nullish().catch(null);

/** What an event of a metric of email says of its message, where it says it. */
const propertiesShape = z.object({
  $message: text,
  $flow: text,
  $_cohort$message_send_cohort: text,
});

/** An event of Klaviyo as an activity, whether it was read or delivered. */
export function activityOf(
  kind: ActivityRecord['kind'],
  event: { readonly id: string; readonly at: string; readonly properties: unknown },
  { recipientId, address }: Pick<ActivityRecord, 'recipientId' | 'address'>,
): ActivityRecord {
  const read = propertiesShape.safeParse(event.properties ?? {});
  const { $message: message, $flow: flow, $_cohort$message_send_cohort: cohort } = read.data ?? {};
  return {
    kind,
    at: event.at,
    // One sending of one message, to one person; events without either are each of a message of their own.
    messageId: `${cohort ?? message ?? event.id}:${recipientId}`,
    campaignId: flow ?? message ?? null,
    recipientId,
    address,
  };
}
