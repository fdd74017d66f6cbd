import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Delivery, Notice, VendorWebhook, Verdict } from '#chassis/vendor/system.ts';
import { readDelivery } from '#chassis/vendor/webhooks/read-delivery.ts';
import { genuine, isTimely, refused, sameText } from '#chassis/vendor/webhooks/signed.ts';
import type { ActivityRecord, EmailType, SuppressionRecord } from '../email.ts';
import { activityOf } from './activity.ts';
import { time } from './shapes.ts';
import { suppressionId } from './suppression-id.ts';

export interface KlaviyoWebhookOptions {
  /** The `secret_key` that the webhook was created with. */
  readonly secretKey: string;
}

const signatureHeader = 'klaviyo-signature';
const timeHeader = 'klaviyo-timestamp';

/** Klaviyo's system webhooks: events of its own metrics, said in full. */
export function klaviyoWebhook({ secretKey }: KlaviyoWebhookOptions): VendorWebhook {
  return {
    headers: [signatureHeader, timeHeader, 'klaviyo-webhook-id'],
    verify: (delivery, now) => verify(delivery, now, secretKey),
    parse: (body) => readDelivery(body, deliveryShape).data.flatMap(noticesOf),
  };
}

/** Hexadecimal HMAC-SHA256 over the body and the time as its header has it (Klaviyo, Working with system webhooks). */
function verify({ headers, body }: Delivery, now: Date, secretKey: string): Verdict {
  const { [signatureHeader]: signature, [timeHeader]: time } = headers;
  if (signature === undefined || time === undefined) return refused('it has no signature');
  if (!isTimely(timeOf(time), now)) return refused('it is too old, or of the future');
  const right = createHmac('sha256', secretKey).update(body).update(time).digest('hex');
  return sameText(signature.toLowerCase(), right) ? genuine : refused('its signature is wrong');
}

/** As HTTP writes dates, or in seconds since 1970. */
function timeOf(header: string): number {
  return /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1_000 : Date.parse(header);
}

const profileShape = z.object({
  id: z.string(),
  attributes: z.object({ email: z.string().nullish() }).optional(),
});

const toldShape = z.object({
  /** Of the event. */
  external_id: z.string().min(1),
  topic: z.string(),
  /** As an event is read, with what is included. */
  payload: z.object({
    data: z.object({
      id: z.string(),
      attributes: z.object({
        /** Seconds since 1970. */
        timestamp: z.number().nullish(),
        datetime: time.nullish(),
        event_properties: z.looseObject({ 'Bounce Type': z.string().nullish() }).nullish(),
      }),
      relationships: z.object({
        profile: z.object({ data: z.object({ id: z.string() }) }),
      }),
    }),
    included: z.array(z.looseObject({ type: z.string() })).optional(),
  }),
});

type Told = z.infer<typeof toldShape>;

const deliveryShape = z.object({ data: z.array(z.unknown()) }).transform(({ data }, context) => ({
  data: data.flatMap((each, index): Told[] => {
    // What was subscribed to beside email has another shape, and is none of ours.
    const { topic } = z.object({ topic: z.string() }).catch({ topic: '' }).parse(each);
    if (!activities.has(topic) && !suppressions.has(topic)) return [];
    const told = toldShape.safeParse(each);
    if (told.success) return [told.data];
    for (const { path, message } of told.error.issues) {
      context.addIssue({ code: 'custom', path: ['data', index, ...path], message });
    }
    return [];
  }),
}));

const topic = (name: string) => `event:klaviyo.${name}`;

/** Klaviyo tells that a message reached somebody, and not that it was sent. */
const activities: ReadonlyMap<string, ActivityRecord['kind']> = new Map([
  [topic('received_email'), 'DELIVERED'],
  [topic('email_delivered'), 'DELIVERED'],
  [topic('opened_email'), 'OPENED'],
  [topic('clicked_email'), 'CLICKED'],
  [topic('bounced_email'), 'BOUNCED'],
  [topic('dropped_email'), 'BOUNCED'],
]);

/**
 * Who unsubscribed or was suppressed by hand may have been so by us, for consent: only the profile says, so that it is
 * left to the list of suppressions.
 */
const suppressions: ReadonlyMap<string, SuppressionRecord['reason']> = new Map([
  [topic('bounced_email'), 'BOUNCE'],
  [topic('marked_email_as_spam'), 'COMPLAINT'],
]);

function noticesOf({ external_id: id, topic: of, payload }: Told): readonly Notice[] {
  const { attributes, relationships } = payload.data;
  const properties = attributes.event_properties ?? {};
  const recipientId = relationships.profile.data.id;
  const address = addressOf(payload.included ?? [], recipientId);
  const at = occurredAt(attributes);
  const notice = (type: EmailType, told: Pick<Notice, 'id' | 'recordId' | 'content'>): Notice => ({
    ...told,
    type,
    occurredAt: at,
    persons: address === null ? [recipientId] : [recipientId, address],
  });
  const told: Notice[] = [];
  const kind = activities.get(of);
  if (kind !== undefined) {
    const content = activityOf(kind, { id: payload.data.id, at, properties }, { recipientId, address });
    // The id that the event is read by too.
    told.push(notice('activities', { id, recordId: payload.data.id, content }));
  }
  const reason = suppressions.get(of);
  // A soft bounce suppresses nobody.
  if (reason !== undefined && !(reason === 'BOUNCE' && properties['Bounce Type'] !== 'Hard')) {
    const content: SuppressionRecord = { reason, suppressedAt: at, recipientId, address };
    told.push(
      notice('suppressions', {
        id: `${id}:suppression`,
        recordId: suppressionId(reason, recipientId),
        content,
      }),
    );
  }
  return told;
}

function addressOf(included: readonly { readonly type: string }[], profileId: string): string | null {
  const profiles = included.filter(({ type }) => type === 'profile');
  const own = z
    .array(profileShape)
    .catch([])
    .parse(profiles)
    .find((profile) => profile.id === profileId);
  return own?.attributes?.email?.toLowerCase() ?? null;
}

function occurredAt({ datetime, timestamp }: Told['payload']['data']['attributes']): string {
  if (datetime) return datetime;
  if (timestamp) return new Date(timestamp * 1_000).toISOString();
  throw new Error('An event has no time.');
}
