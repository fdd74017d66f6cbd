import { createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedFolder } from '#test/harness/shared.ts';
import { sendgridWebhook, suppressionId } from './webhook.ts';

const { privateKey, publicKey: ownKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey = ownKey.export({ type: 'spki', format: 'der' }).toString('base64');
const headersOf = (signature: string, timestamp: string) => ({
  'x-twilio-email-event-webhook-signature': signature,
  'x-twilio-email-event-webhook-timestamp': timestamp,
});
const delivery = (body: Buffer, headers: Record<string, string>) => ({
  method: 'POST',
  url: 'https://hooks.example.org/webhooks/sendgrid',
  headers,
  body,
});

describe("a delivery's signature", () => {
  const { folder, missing } = sharedFolder('vendor-apis', 'sendgrid');
  it.skipIf(missing)('is right for the published vectors, whose last line break counts', () => {
    const { vectors } = JSON.parse(readFileSync(`${folder}/webhook-vectors.json`, 'utf8'));
    expect(vectors.length).toBeGreaterThan(0);
    for (const { publicKey: key, signature, timestamp, payload } of vectors) {
      const { verify, parse } = sendgridWebhook({ publicKey: key });
      const headers = headersOf(signature, timestamp);
      const now = new Date(Number(timestamp) * 1_000);
      const body = Buffer.from(payload);
      expect(verify(delivery(body, headers), now).kind).toBe('genuine');
      expect(verify(delivery(body.subarray(0, -2), headers), now).kind).toBe('refused');
      expect(verify(delivery(body, headersOf(signature, `${Number(timestamp) + 1}`)), now).kind).toBe(
        'refused',
      );
      for (const minutes of [-6, 6]) {
        const other = new Date(now.getTime() + minutes * 60_000);
        expect(verify(delivery(body, headers), other)).toEqual({
          kind: 'refused',
          reason: 'it is too old, or of the future',
        });
      }
      expect(parse(body)).toMatchObject([
        {
          type: 'activities',
          persons: ['hello@world.com'],
          content: { kind: 'BOUNCED', address: 'hello@world.com' },
        },
      ]);
    }
  });

  it('is none of another key, nor something that is no signature', () => {
    const now = new Date();
    const time = String(Math.floor(now.getTime() / 1_000));
    const body = Buffer.from('[]\r\n');
    const signature = createSign('sha256').update(time).update(body).sign(privateKey, 'base64');
    const { verify } = sendgridWebhook({ publicKey });
    expect(verify(delivery(body, headersOf(signature, time)), now).kind).toBe('genuine');
    expect(verify(delivery(body, headersOf('AAAA', time)), now).kind).toBe('refused');
    expect(verify(delivery(body, {}), now).kind).toBe('refused');
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const otherKey = other.export({ type: 'spki', format: 'der' }).toString('base64');
    const elsewhere = sendgridWebhook({ publicKey: otherKey });
    expect(elsewhere.verify(delivery(body, headersOf(signature, time)), now).kind).toBe('refused');
    const wider = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    for (const key of ['AAAA', wider.export({ type: 'spki', format: 'der' }).toString('base64')]) {
      expect(() => sendgridWebhook({ publicKey: key })).toThrow('must be a P-256 key');
    }
  });
});

describe('a delivery', () => {
  const event = {
    email: 'Ada@Example.com',
    timestamp: 1_700_000_000,
    sg_event_id: 'e1',
    sg_message_id: 'm1.0',
  };
  const parse = (...events: readonly object[]) =>
    sendgridWebhook({ publicKey }).parse(
      Buffer.from(JSON.stringify(events.map((each) => ({ ...event, ...each })))),
    );

  it('tells what became of messages, and whom SendGrid writes to no more', () => {
    const told = (name: string, more = {}) =>
      parse({ event: name, ...more }).map(({ type, content }) => {
        const { kind, reason } = content as { kind?: string; reason?: string };
        return `${type} ${kind ?? reason}`;
      });
    expect(told('processed')).toEqual(['activities SENT']);
    expect(told('delivered')).toEqual(['activities DELIVERED']);
    expect(told('open')).toEqual(['activities OPENED']);
    expect(told('click')).toEqual(['activities CLICKED']);
    expect(told('dropped')).toEqual(['activities BOUNCED']);
    expect(told('bounce', { type: 'bounce' })).toEqual(['activities BOUNCED', 'suppressions BOUNCE']);
    expect(told('bounce', { type: 'blocked' })).toEqual(['activities BOUNCED']);
    expect(told('spamreport')).toEqual(['suppressions COMPLAINT']);
    expect(told('unsubscribe')).toEqual(['suppressions UNSUBSCRIBE']);
    expect(told('group_unsubscribe')).toEqual(['suppressions UNSUBSCRIBE']);
    expect(told('deferred')).toEqual([]);
    expect(told('constructor')).toEqual([]);
  });

  it('says so in the words of email, naming the person to nobody but the domain', () => {
    expect(parse({ event: 'click', contact_id: 'c-1', singlesend_id: 'S', url: 'https://x' })).toEqual([
      {
        id: 'e1',
        type: 'activities',
        recordId: 'e1',
        occurredAt: '2023-11-14T22:13:20.000Z',
        persons: ['ada@example.com', 'c-1'],
        content: {
          kind: 'CLICKED',
          at: '2023-11-14T22:13:20.000Z',
          messageId: 'm1.0',
          campaignId: 'S',
          recipientId: null,
          address: 'ada@example.com',
        },
      },
    ]);
    const [suppression] = parse({ event: 'unsubscribe' });
    expect(suppression?.recordId).toBe(suppressionId('UNSUBSCRIBE', 'ada@example.com'));
    expect(suppression?.recordId).not.toContain('ada');
  });

  it('that lacks what is needed is none, and is not quoted', () => {
    expect(() => parse({ event: 'open', sg_event_id: undefined })).toThrow(
      /^An event "open" lacks sg_event_id/,
    );
    expect(() => parse({ event: 'open', email: 5 })).toThrow(/none of this vendor: 0.email/);
  });
});
