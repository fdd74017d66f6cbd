import { createHmac, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startReceiver } from './receiver.ts';
import { sendGridSource } from './sendgrid.ts';
import { deliver, klaviyoWebhook, sendGridKeys, sendGridWebhook, type Webhook } from './webhooks.ts';

/** As SendGrid documents it: written here a second time, and held against the published vectors. */
function verifies(publicKey: string, { headers, body }: Webhook): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const signature = Buffer.from(headers['x-twilio-email-event-webhook-signature'] ?? '', 'base64');
  const timestamp = Buffer.from(headers['x-twilio-email-event-webhook-timestamp'] ?? '');
  return verify('sha256', Buffer.concat([timestamp, body]), key, signature);
}

const { folder, missing } = sendGridSource();

describe('webhooks', () => {
  it.skipIf(missing)('are verified in a way that takes the published vectors', () => {
    const { vectors } = JSON.parse(readFileSync(join(folder, 'webhook-vectors.json'), 'utf8'));
    expect(vectors.length).toBeGreaterThan(0);
    for (const { publicKey, signature, timestamp, payload } of vectors) {
      const headers = {
        'x-twilio-email-event-webhook-signature': signature,
        'x-twilio-email-event-webhook-timestamp': timestamp,
      };
      expect(verifies(publicKey, { headers, body: Buffer.from(payload) })).toBe(true);
      expect(verifies(publicKey, { headers, body: Buffer.from(payload.trimEnd()) })).toBe(false);
    }
  });

  it('of SendGrid are signed over timestamp and raw bytes', () => {
    const { privateKey, publicKey } = sendGridKeys();
    const webhook = sendGridWebhook([{ event: 'open', sg_event_id: 'e1' }], privateKey, 1_600_112_502_000);
    expect(webhook.headers['x-twilio-email-event-webhook-timestamp']).toBe('1600112502');
    expect(webhook.body.subarray(-2).toString()).toBe('\r\n');
    expect(verifies(publicKey, webhook)).toBe(true);
    expect(verifies(publicKey, { ...webhook, body: webhook.body.subarray(0, -2) })).toBe(false);
    expect(verifies(sendGridKeys().publicKey, webhook)).toBe(false);
  });

  it('of Klaviyo are signed over raw bytes and timestamp', () => {
    const event = { topic: 'event:klaviyo.opened_email', external_id: 'E1', payload: {} };
    const { headers, body } = klaviyoWebhook([event], { id: 'W1', secret: 'sixteen characters' });
    const text = `${body.toString()}${headers['klaviyo-timestamp']}`;
    expect(headers['klaviyo-signature']).toBe(
      createHmac('sha256', 'sixteen characters').update(text).digest('hex'),
    );
    expect(JSON.parse(body.toString())).toMatchObject({ data: [event], meta: { klaviyo_webhook_id: 'W1' } });
  });

  it('arrive as the bytes that were signed', async () => {
    const { privateKey, publicKey } = sendGridKeys();
    const receiver = await startReceiver();
    try {
      expect(await deliver(receiver.url, sendGridWebhook([{ event: 'click' }], privateKey))).toBe(204);
      const arrived = receiver.received.map((webhook) => verifies(publicKey, webhook as Webhook));
      expect(arrived).toEqual([true]);
    } finally {
      await receiver.close();
    }
  });
});
