import { z } from 'zod';
import type { Store } from '#chassis/store/store.ts';
import { sealingKeys } from '#chassis/vendor/sealing.ts';
import { discardWebhooks } from '#chassis/vendor/webhooks/discard.ts';
import { erasePersons } from '#chassis/vendor/webhooks/erase.ts';
import { findWebhook, parkedWebhooks, retryWebhooks } from '#chassis/vendor/webhooks/inspect.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import type { WebhookTables } from '#chassis/vendor/webhooks/tables.ts';
import type { WorkHooks } from './control.ts';

const tenant = z.string().min(1);
const vendor = z.string().min(1);

/** What an operator asks of what vendors sent. */
export const webhookShapes = [
  z.object({
    kind: z.literal('webhooks'),
    tenant,
    vendor: vendor.optional(),
    which: z.enum(['parked', 'discarded']).optional(),
    limit: z.int().min(1),
  }),
  z.object({ kind: z.literal('webhook'), tenant, vendor, id: z.string() }),
  z.object({ kind: z.literal('webhook-retry'), tenant, vendor, ids: z.array(z.string()).min(1).optional() }),
  z.object({ kind: z.literal('webhook-discard'), tenant, vendor, ids: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('webhook-erase'), tenant, vendor, persons: z.array(z.string().min(1)).min(1) }),
] as const;

export type WebhookOperation = z.infer<(typeof webhookShapes)[number]>;

const kinds = new Set<string>(webhookShapes.map(({ shape }) => shape.kind.value));

export function isWebhookOperation(operation: { readonly kind: string }): operation is WebhookOperation {
  return kinds.has(operation.kind);
}

type WebhookStores = ReadonlyMap<string, Store<WebhookTables>>;

/** Does it in each of the stores: a vendor's deliveries are in one, whose name an operator need not know. */
export async function operateOnWebhooks(
  stores: WebhookStores,
  operation: WebhookOperation,
  { onItem }: Pick<WorkHooks, 'onItem'>,
): Promise<unknown> {
  switch (operation.kind) {
    case 'webhooks': {
      let listed = 0;
      for (const store of stores.values()) {
        for (const shown of await parkedWebhooks(store, operation)) {
          await onItem(shown);
          listed += 1;
        }
      }
      return { listed };
    }
    case 'webhook': {
      let found = 0;
      for (const store of stores.values()) {
        const shown = await findWebhook(store, operation);
        if (shown === null) continue;
        await onItem(shown);
        found += 1;
      }
      return { found };
    }
    case 'webhook-retry':
      return {
        retried: await sum(stores, (store) => store.transaction((trx) => retryWebhooks(trx, operation))),
      };
    case 'webhook-discard':
      return {
        discarded: await sum(stores, (store) => store.transaction((trx) => discardWebhooks(trx, operation))),
      };
    case 'webhook-erase': {
      const secrets = webhookSecrets(await sealingKeys());
      const erased = { receipts: 0, notices: 0 };
      for (const store of stores.values()) {
        const { receipts, notices } = await erasePersons(store, secrets, operation);
        erased.receipts += receipts;
        erased.notices += notices;
      }
      return erased;
    }
  }
}

async function sum(
  stores: WebhookStores,
  countOf: (store: Store<WebhookTables>) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (const store of stores.values()) total += await countOf(store);
  return total;
}
