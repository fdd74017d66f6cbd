import { sql } from 'kysely';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Store } from '../../store/store.ts';
import type { Delivery } from '../system.ts';
import type { CountWebhooks } from './counts.ts';
import { receiptContext, type WebhookSecrets } from './secrets.ts';
import type { WebhookSource } from './source.ts';
import type { WebhookTables } from './tables.ts';

/** Takes deliveries from whoever serves the port. */
export interface WebhookIntake {
  /**
   * Where vendors send to, as they were told it, such as `https://hooks.example.org/crm`; null where that is this port
   * itself. Signatures may be over it.
   */
  readonly publicUrl: string | null;
  /** Resolves once a genuine delivery cannot be lost any more. Rejects where it could not be kept. */
  readonly take: (vendor: string, tenant: string, delivery: Delivery) => Promise<Taken>;
}

export type Taken =
  | { readonly kind: 'received'; readonly receiptId: string }
  | { readonly kind: 'refused' }
  /** There is no such vendor here. */
  | { readonly kind: 'unknown' };

export interface IntakeOptions<Tables extends WebhookTables> {
  readonly store: Store<Tables>;
  readonly sources: ReadonlyMap<string, WebhookSource<Tables>>;
  readonly secrets: WebhookSecrets;
  readonly log: Logger;
  readonly count: CountWebhooks;
  readonly publicUrl: string | null;
  /** Called once there is something to parse. */
  readonly ring: () => void;
}

/** Checks who sent a delivery and writes down that it came: nothing of what it says is looked at before the answer. */
export function openIntake<Tables extends WebhookTables>({
  store,
  sources,
  secrets: { sealing, fingerprints },
  log,
  count,
  publicUrl,
  ring,
}: IntakeOptions<Tables>): WebhookIntake {
  const refuse = (vendor: string, reason: string): Taken => {
    count(vendor, 'refused');
    log.warn({ vendor, reason }, 'a delivery was refused');
    return { kind: 'refused' };
  };
  return {
    publicUrl,
    take: async (vendor, tenant, delivery) => {
      const source = sources.get(vendor);
      if (source === undefined) return { kind: 'unknown' };
      const webhook = source.webhook(tenant);
      // Told apart from a wrong signature in the log alone: who sends must not find out which tenants there are.
      if (webhook === null) return refuse(vendor, 'the tenant in its path has no account at this vendor');
      const now = new Date();
      const verdict = webhook.verify(delivery, now);
      if (verdict.kind === 'refused') return refuse(vendor, verdict.reason);

      const id = uuidv7();
      const sealed = sealing.seal(delivery.body, receiptContext(tenant, vendor, id));
      const headers = JSON.stringify(
        Object.fromEntries(webhook.headers.map((name) => [name, delivery.headers[name]])),
      );
      await store.briefly((trx) =>
        sql`
          insert into webhook_receipts (id, tenant, vendor, received_at, headers, sealed, hash, state)
          values (${id}, ${tenant}, ${vendor}, ${now.toISOString()}, ${headers}, ${sealed},
            ${fingerprints(delivery.body)[0]}, 'received')`.execute(trx),
      );
      // A vendor sends again what it got no answer to, and never again what it got one to.
      await store.durable();
      count(vendor, 'received');
      ring();
      return { kind: 'received', receiptId: id };
    },
  };
}
