import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { request } from 'undici';

/** A webhook as it goes over the wire: the signature is over these very bytes. */
export interface Webhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A key pair as SendGrid makes one for a signed webhook; the public half is given out as base64 SPKI. */
export function sendGridKeys(): { readonly privateKey: KeyObject; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') };
}

/**
 * A batch of SendGrid's event webhook: ECDSA with SHA-256 over timestamp (seconds, as text) and body, whose
 * trailing CRLF counts.
 */
export function sendGridWebhook(
  events: readonly object[],
  key: KeyObject,
  now: number = Date.now(),
): Webhook {
  const body = Buffer.from(`${JSON.stringify(events)}\r\n`);
  const timestamp = String(Math.floor(now / 1000));
  const signature = createSign('sha256').update(timestamp).update(body).sign(key, 'base64');
  return {
    headers: {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
    body,
  };
}

/** An event of a Klaviyo webhook; `payload` is what `GET /api/events/{id}` answers. */
export interface KlaviyoWebhookEvent {
  readonly topic: string;
  readonly external_id: string;
  readonly payload: unknown;
}

/**
 * A Klaviyo webhook: HMAC-SHA256 in hex under the webhook's secret, over the body followed by the timestamp
 * header. The specification has the secret and no more; this is from Klaviyo's page on system webhooks.
 */
export function klaviyoWebhook(
  events: readonly KlaviyoWebhookEvent[],
  { id, secret, account = 'ACCT01', now = Date.now() }: KlaviyoWebhookOptions,
): Webhook {
  const timestamp = new Date(now).toISOString();
  const meta = { klaviyo_account_id: account, klaviyo_webhook_id: id, timestamp };
  const body = Buffer.from(JSON.stringify({ data: events, meta }));
  return {
    headers: {
      'content-type': 'application/json',
      'klaviyo-webhook-id': id,
      'klaviyo-timestamp': timestamp,
      'klaviyo-signature': createHmac('sha256', secret).update(body).update(timestamp).digest('hex'),
    },
    body,
  };
}

export interface KlaviyoWebhookOptions {
  readonly id: string;
  readonly secret: string;
  readonly account?: string;
  /** In ms. */
  readonly now?: number;
}

/** Posts a webhook as it is and gives the status of the answer. */
export async function deliver(url: string, { headers, body }: Webhook): Promise<number> {
  const answer = await request(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
  await answer.body.dump();
  return answer.statusCode;
}
