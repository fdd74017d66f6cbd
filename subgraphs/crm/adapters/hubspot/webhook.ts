import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Delivery, Notice, VendorWebhook, Verdict } from '#chassis/vendor/system.ts';
import { readDelivery } from '#chassis/vendor/webhooks/read-delivery.ts';
import { genuine, isTimely, refused, sameText } from '#chassis/vendor/webhooks/signed.ts';
import type { CrmType } from '../crm.ts';

export interface HubspotWebhookOptions {
  /** Of the app that subscribes. */
  readonly clientSecret: string;
  /** The account that is listened to; an app that others have installed sends of theirs with the same secret. */
  readonly portalId: number;
}

const signatureHeader = 'x-hubspot-signature-v3';
const timeHeader = 'x-hubspot-request-timestamp';

/** HubSpot's notices: which records changed, to be read again. */
export function hubspotWebhook({ clientSecret, portalId }: HubspotWebhookOptions): VendorWebhook {
  return {
    headers: [signatureHeader, timeHeader],
    verify: (delivery, now) => verify(delivery, now, clientSecret),
    parse: (body) =>
      readDelivery(body, z.array(eventShape)).flatMap((event) => {
        if (event.portalId === portalId) return noticesOf(event);
        throw new Error(`The delivery tells of another account than ${portalId}.`);
      }),
  };
}

/**
 * Signatures of version 3: base64 of an HMAC-SHA256 over method, URI, body and time in milliseconds (HubSpot, Validating
 * requests). The older ones, which anybody can send again for ever, are none here.
 */
function verify({ method, url, headers, body }: Delivery, now: Date, clientSecret: string): Verdict {
  const { [signatureHeader]: signature, [timeHeader]: time } = headers;
  if (signature === undefined || time === undefined) return refused('it has no signature of version 3');
  if (!isTimely(Number(time), now)) return refused('it is too old, or of the future');
  const right = createHmac('sha256', clientSecret)
    .update(`${method}${signedUrl(url)}`)
    .update(body)
    .update(time)
    .digest('base64');
  return sameText(signature, right) ? genuine : refused('its signature is wrong');
}

/** HubSpot signs these characters as they are, though they are sent encoded. */
const plainCharacters = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

function signedUrl(url: string): string {
  return url.replace(plainCharacters, decodeURIComponent);
}

const id = z.union([z.number().int(), z.string().min(1)]).transform(String);

const eventShape = z.object({
  eventId: id,
  subscriptionId: id,
  subscriptionType: z.string(),
  portalId: z.int(),
  /** Milliseconds since 1970. */
  occurredAt: z.int(),
  objectId: id.optional(),
  /** Where the subscription is one of `object`. */
  objectTypeId: z.string().optional(),
  propertyName: z.string().nullish(),
  propertyValue: z.string().nullish(),
  primaryObjectId: id.optional(),
  mergedObjectIds: z.array(id).optional(),
  newObjectId: id.nullish(),
  fromObjectId: id.optional(),
  fromObjectTypeId: z.string().optional(),
  toObjectId: id.optional(),
  toObjectTypeId: z.string().optional(),
  /** Such as `CONTACT_TO_COMPANY`. */
  associationType: z.string().optional(),
});

type HubspotEvent = z.infer<typeof eventShape>;

/** By the name in a subscription or an association, and by the id of the type. Of owners HubSpot tells nothing. */
const types: ReadonlyMap<string, CrmType> = new Map([
  ['contact', 'contacts'],
  ['0-1', 'contacts'],
  ['company', 'accounts'],
  ['0-2', 'accounts'],
  ['deal', 'opportunities'],
  ['0-3', 'opportunities'],
  ['lead', 'leads'],
  ['0-136', 'leads'],
]);

/** A record that an event is about: one, both ends of an association, or all that were merged. */
interface Touched {
  readonly type: string | undefined;
  readonly id: string | null | undefined;
}

function touchedBy(event: HubspotEvent): readonly Touched[] {
  const [subject = '', happening] = event.subscriptionType.split('.');
  const type = subject === 'object' ? event.objectTypeId : subject;
  if (happening === 'associationChange') {
    const [from, to] = event.associationType?.toLowerCase().split('_to_') ?? [];
    return [
      { type: event.fromObjectTypeId ?? from, id: event.fromObjectId },
      { type: event.toObjectTypeId ?? to, id: event.toObjectId },
    ];
  }
  const merged = [event.primaryObjectId, event.newObjectId, ...(event.mergedObjectIds ?? [])];
  const ids = happening === 'merge' ? [...merged, event.objectId] : [event.objectId];
  return [...new Set(ids)].map((each) => ({ type, id: each }));
}

function noticesOf(event: HubspotEvent): readonly Notice[] {
  return touchedBy(event).flatMap(({ type: name = '', id: recordId }): Notice[] => {
    const type = types.get(name);
    if (type === undefined || recordId === undefined || recordId === null) return [];
    const { eventId, subscriptionId, subscriptionType, occurredAt, propertyName } = event;
    return [
      {
        // The id of an event alone is not promised to be unique, and one event touches several records.
        id: [eventId, subscriptionId, subscriptionType, occurredAt, propertyName ?? '', type, recordId].join(
          ':',
        ),
        occurredAt: new Date(occurredAt).toISOString(),
        type,
        recordId,
        persons: type === 'contacts' ? [recordId, ...addressIn(event)] : [],
        content: null,
      },
    ];
  });
}

/** The value of a property that changed stands in the delivery: of those of a contact some are addresses. */
function addressIn({ propertyValue }: HubspotEvent): readonly string[] {
  return propertyValue?.includes('@') ? [propertyValue.trim().toLowerCase()] : [];
}
