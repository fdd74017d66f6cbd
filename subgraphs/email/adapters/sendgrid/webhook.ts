import { createHash, createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import { z } from 'zod';
import type { Delivery, Notice, VendorWebhook, Verdict } from '#chassis/vendor/system.ts';
import { readDelivery } from '#chassis/vendor/webhooks/read-delivery.ts';
import { genuine, isTimely, refused } from '#chassis/vendor/webhooks/signed.ts';
import type { ActivityRecord, EmailType, SuppressionRecord } from '../email.ts';

export interface SendgridWebhookOptions {
  /** As SendGrid shows it: base64 of a SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

const signatureHeader = 'x-twilio-email-event-webhook-signature';
const timeHeader = 'x-twilio-email-event-webhook-timestamp';

/**
 * SendGrid's event webhook: what became of messages, said in full.
 * @throws TypeError where the public key is none
 */
export function sendgridWebhook({ publicKey }: SendgridWebhookOptions): VendorWebhook {
  const key = readKey(publicKey);
  return {
    headers: [signatureHeader, timeHeader],
    verify: (delivery, now) => verify(delivery, now, key),
    parse: (body) => readDelivery(body, z.array(eventShape)).flatMap(noticesOf),
  };
}

function readKey(publicKey: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Said below, for both.
  }
  throw new TypeError(
    'The public key of the event webhook must be a P-256 key in base64, as SendGrid shows it under Mail Settings.',
  );
}

/** ECDSA on P-256 with SHA-256 over the time in seconds and the body, whose last line break counts. */
function verify({ headers, body }: Delivery, now: Date, key: KeyObject): Verdict {
  const { [signatureHeader]: signature, [timeHeader]: time } = headers;
  if (signature === undefined || time === undefined) return refused('it has no signature');
  if (!isTimely(Number(time) * 1_000, now)) return refused('it is too old, or of the future');
  const isRight = verifySignature(
    'sha256',
    Buffer.concat([Buffer.from(time), body]),
    key,
    Buffer.from(signature, 'base64'),
  );
  return isRight ? genuine : refused('its signature is wrong');
}

const text = z.union([z.string(), z.number()]).transform(String);

const eventShape = z.object({
  event: z.string(),
  email: z.string().optional(),
  /** Seconds since 1970. */
  timestamp: z.number().optional(),
  sg_event_id: z.string().min(1).optional(),
  /** Missing in bounces that come late. */
  sg_message_id: z.string().optional(),
  'smtp-id': z.string().optional(),
  /** Of a bounce: `blocked` is one that is tried again next time. */
  type: z.string().optional(),
  singlesend_id: text.optional(),
  mc_auto_id: text.optional(),
  marketing_campaign_id: text.optional(),
  /** The custom argument by which whoever sends says which contact it is. */
  contact_id: text.optional(),
});

type SendgridEvent = z.infer<typeof eventShape>;

const activities: ReadonlyMap<string, ActivityRecord['kind']> = new Map([
  ['processed', 'SENT'],
  ['delivered', 'DELIVERED'],
  ['open', 'OPENED'],
  ['click', 'CLICKED'],
  ['bounce', 'BOUNCED'],
  ['blocked', 'BOUNCED'],
  ['dropped', 'BOUNCED'],
]);

/** A block ends by itself, and what is dropped had been suppressed before. */
const suppressions: ReadonlyMap<string, SuppressionRecord['reason']> = new Map([
  ['bounce', 'BOUNCE'],
  ['spamreport', 'COMPLAINT'],
  ['unsubscribe', 'UNSUBSCRIBE'],
  ['group_unsubscribe', 'UNSUBSCRIBE'],
]);

/**
 * SendGrid's lists have no ids, and are found by address; ids go to where addresses may not.
 * @param address in lower case
 */
export function suppressionId(reason: SuppressionRecord['reason'], address: string): string {
  return createHash('sha256').update(`${reason}\n${address}`).digest('base64url');
}

function noticesOf(event: SendgridEvent): readonly Notice[] {
  const kind = activities.get(event.event);
  const reason = event.type === 'blocked' ? undefined : suppressions.get(event.event);
  if (kind === undefined && reason === undefined) return [];
  const { sg_event_id: id, timestamp } = event;
  if (id === undefined || timestamp === undefined || event.email === undefined) {
    throw new Error(`An event "${event.event}" lacks sg_event_id, timestamp or email.`);
  }
  const address = event.email.toLowerCase();
  const at = new Date(timestamp * 1_000).toISOString();
  const persons = [address, ...(event.contact_id === undefined ? [] : [event.contact_id])];
  const notice = (type: EmailType, told: Pick<Notice, 'id' | 'recordId' | 'content'>): Notice => ({
    ...told,
    type,
    occurredAt: at,
    persons,
  });
  const told: Notice[] = [];
  if (kind !== undefined) {
    const content: ActivityRecord = {
      kind,
      at,
      messageId: event.sg_message_id ?? event['smtp-id'] ?? id,
      campaignId: event.singlesend_id ?? event.mc_auto_id ?? event.marketing_campaign_id ?? null,
      recipientId: null,
      address,
    };
    told.push(notice('activities', { id, recordId: id, content }));
  }
  if (reason !== undefined) {
    const content: SuppressionRecord = { reason, suppressedAt: at, recipientId: null, address };
    told.push(
      notice('suppressions', { id: `${id}:suppression`, recordId: suppressionId(reason, address), content }),
    );
  }
  return told;
}
