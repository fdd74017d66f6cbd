import { createHmac, hkdfSync } from 'node:crypto';
import { openSealing, type Sealing } from '../sealing.ts';

export interface WebhookSecrets {
  readonly sealing: Sealing;
  /**
   * Keyed hashes of a value, by each key, that in use first: what one is of can be found by it, and not read from it.
   */
  readonly fingerprints: (value: string | Buffer) => readonly [string, ...string[]];
}

/**
 * The secrets of deliveries. Fingerprints are HMAC-SHA256 under keys of their own, which follow from the sealing keys
 * (HKDF, RFC 5869).
 * @param keys to seal with, as `openSealing` takes them: the one in use first
 */
export function webhookSecrets(keys: readonly string[]): WebhookSecrets {
  const sealing = openSealing(keys);
  const derived = keys.map((key) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64'), '', 'webhook fingerprints', 32)),
  );
  // Without a key there is no sealing, and it has said so.
  const [first, ...others] = derived as [Buffer, ...Buffer[]];
  const by = (key: Buffer, value: string | Buffer) =>
    createHmac('sha256', key).update(value).digest('base64url');
  return { sealing, fingerprints: (value) => [by(first, value), ...others.map((key) => by(key, value))] };
}

export function receiptContext(tenant: string, vendor: string, id: string): string {
  return `webhook-receipts/${tenant}/${vendor}/${id}`;
}

export function noticeContext(tenant: string, vendor: string, noticeId: string): string {
  return `webhook-notices/${tenant}/${vendor}/${noticeId}`;
}
