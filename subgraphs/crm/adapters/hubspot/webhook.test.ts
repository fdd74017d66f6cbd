import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Signature } from '@hubspot/api-client';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '#chassis/vendor/system.ts';
import { sharedFolder } from '#test/harness/shared.ts';
import { hubspotWebhook } from './webhook.ts';

const clientSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const portalId = 62515;
const webhook = hubspotWebhook({ clientSecret, portalId });
const url = 'https://hooks.example.org/crm/webhooks/hubspot?x=1';
const now = new Date();

/** Signed by the vendor's own library. */
function delivery(body: string, { at = now.getTime(), signedUrl = url } = {}): Delivery {
  const signature = Signature.getSignature('POST', 'v3', {
    clientSecret,
    requestBody: body,
    signature: '',
    timestamp: at,
    url: signedUrl,
  });
  return {
    method: 'POST',
    url,
    headers: { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(at) },
    body: Buffer.from(body),
  };
}

const kindOf = (given: Delivery) => webhook.verify(given, now).kind;

describe("a delivery's signature", () => {
  it('is the one that the SDK makes, over method, address, body and time', () => {
    const right = delivery('[{"é":1}]');
    expect(kindOf(right)).toBe('genuine');
    expect(kindOf({ ...right, method: 'PUT' })).toBe('refused');
    expect(kindOf({ ...right, url: url.replace('x=1', 'x=2') })).toBe('refused');
    expect(kindOf({ ...right, body: Buffer.from('[{"é":2}]') })).toBe('refused');
    const other = hubspotWebhook({ clientSecret: 'another', portalId });
    expect(other.verify(right, now).kind).toBe('refused');
  });

  it('is made over some characters as they are, though they are sent encoded', () => {
    // All that HubSpot names, in their order there, and no other.
    const plain = ":/?@!$'()*,;";
    const encoded = [...plain].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('');
    const right = delivery('[]', { signedUrl: `https://hooks.example.org/a?to=${plain}%20%2B` });
    for (const sent of [encoded, encoded.toUpperCase()]) {
      expect(kindOf({ ...right, url: `https://hooks.example.org/a?to=${sent}%20%2B` })).toBe('genuine');
    }
    expect(kindOf({ ...right, url: `https://hooks.example.org/a?to=${encoded}%20+` })).toBe('refused');
  });

  it('is believed for five minutes in either direction', () => {
    for (const [minutes, kind] of [
      [-4, 'genuine'],
      [4, 'genuine'],
      [-6, 'refused'],
      [6, 'refused'],
    ] as const) {
      expect([minutes, kindOf(delivery('[]', { at: now.getTime() + minutes * 60_000 }))]).toEqual([
        minutes,
        kind,
      ]);
    }
    const { headers, ...rest } = delivery('[]');
    expect(kindOf({ ...rest, headers: { ...headers, 'x-hubspot-request-timestamp': 'soon' } })).toBe(
      'refused',
    );
  });

  const { folder, missing } = sharedFolder('vendor-apis', 'hubspot');
  it.skipIf(missing)('of version 1 is none, though the published one is right', () => {
    const { v1 } = JSON.parse(readFileSync(`${folder}/webhook-vectors.json`, 'utf8'));
    const body = Buffer.from(v1.body);
    const headers = { 'x-hubspot-signature': v1.signature, 'x-hubspot-signature-version': 'v1' };
    expect(Signature.getSignature('POST', 'v1', { ...v1, requestBody: v1.body })).toBe(v1.signature);
    expect(kindOf({ method: 'POST', url, headers, body })).toBe('refused');
    expect(webhook.parse(body)).toEqual([
      {
        id: '1:12345:contact.creation:1564113600000::contacts:123',
        occurredAt: '2019-07-26T04:00:00.000Z',
        type: 'contacts',
        recordId: '123',
        persons: ['123'],
        content: null,
      },
    ]);
  });

  it('is base64 of an HMAC, as HubSpot documents it', () => {
    const { headers } = delivery('[]');
    const text = `POST${url}[]${headers['x-hubspot-request-timestamp']}`;
    const right = createHmac('sha256', clientSecret).update(text).digest('base64');
    expect(headers['x-hubspot-signature-v3']).toBe(right);
    // Over the bytes that came, were they no text at all.
    const body = Buffer.from([0x5b, 0xff, 0xfe, 0x5d]);
    const time = String(now.getTime());
    const hmac = createHmac('sha256', clientSecret).update(`POST${url}`).update(body).update(time);
    const signed = {
      'x-hubspot-signature-v3': hmac.digest('base64'),
      'x-hubspot-request-timestamp': time,
    };
    expect(kindOf({ method: 'POST', url, headers: signed, body })).toBe('genuine');
  });
});

describe('a delivery', () => {
  const event = { eventId: 7, subscriptionId: 1, portalId, occurredAt: 1_700_000_000_000, attemptNumber: 0 };
  const touched = (...events: readonly object[]) =>
    webhook
      .parse(Buffer.from(JSON.stringify(events.map((each) => ({ ...event, ...each })))))
      .map(({ type, recordId }) => `${type} ${recordId}`);

  it('tells of records by the name of their type, or by its id', () => {
    expect(
      touched(
        { subscriptionType: 'company.propertyChange', objectId: 1, propertyName: 'name', propertyValue: 'A' },
        { subscriptionType: 'deal.creation', objectId: 2 },
        { subscriptionType: 'contact.deletion', objectId: 3 },
        { subscriptionType: 'contact.privacyDeletion', objectId: 4 },
        { subscriptionType: 'object.creation', objectTypeId: '0-136', objectId: 5 },
        { subscriptionType: 'object.restore', objectTypeId: '0-2', objectId: 6 },
      ),
    ).toEqual(['accounts 1', 'opportunities 2', 'contacts 3', 'contacts 4', 'leads 5', 'accounts 6']);
  });

  it('tells of both ends of an association and of all that were merged', () => {
    expect(
      touched(
        {
          subscriptionType: 'contact.associationChange',
          associationType: 'CONTACT_TO_COMPANY',
          fromObjectId: 1,
          toObjectId: 2,
        },
        {
          subscriptionType: 'object.associationChange',
          fromObjectTypeId: '0-3',
          fromObjectId: 3,
          toObjectTypeId: '0-5',
          toObjectId: 4,
        },
        {
          ...{ subscriptionType: 'company.merge', objectId: 9 },
          ...{ primaryObjectId: 5, mergedObjectIds: [6, 7], newObjectId: 8 },
        },
      ),
    ).toEqual([
      'contacts 1',
      'accounts 2',
      'opportunities 3',
      'accounts 5',
      'accounts 8',
      'accounts 6',
      'accounts 7',
      'accounts 9',
    ]);
  });

  it('tells nothing of what is none of ours, and cannot be of another account', () => {
    expect(
      touched(
        { subscriptionType: 'ticket.creation', objectId: 1 },
        { subscriptionType: 'object.creation', objectTypeId: 'constructor', objectId: 2 },
        { subscriptionType: 'conversation.newMessage', objectId: 3 },
      ),
    ).toEqual([]);
    for (const other of [1, portalId + 1]) {
      const event = { subscriptionType: 'deal.creation', objectId: 1, portalId: other };
      expect(() => touched(event)).toThrow('another account');
    }
    expect(() => webhook.parse(Buffer.from('{"secret'))).toThrow(/^The delivery is no JSON\.$/);
  });

  it('has the same ids when it comes again, and names whom it is about', () => {
    const change = {
      subscriptionType: 'contact.propertyChange',
      objectId: 9,
      propertyName: 'email',
      propertyValue: 'Ada@Example.com',
    };
    const parse = (attemptNumber: number, more = {}) =>
      webhook.parse(Buffer.from(JSON.stringify([{ ...event, ...change, attemptNumber, ...more }])))[0];
    expect(parse(3)?.id).toBe(parse(0)?.id);
    expect(parse(0, { objectId: 10 })?.id).not.toBe(parse(0)?.id);
    expect(parse(0)?.persons).toEqual(['9', 'ada@example.com']);
  });
});
