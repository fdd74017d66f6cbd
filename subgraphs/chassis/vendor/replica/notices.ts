import type { Logger } from 'pino';
import type { VendorSystem } from '../system.ts';
import { openWebhooks, type Webhooks } from '../webhooks/open.ts';
import type { WebhookSecrets } from '../webhooks/secrets.ts';
import type { ReadRecords, WebhookSource, WriteContent } from '../webhooks/source.ts';
import type { WebhookTables } from '../webhooks/tables.ts';
import { vendorCause } from './domain.ts';
import { readByIds } from './read-records.ts';
import { readTime } from './read-time.ts';
import type { Replica } from './replica.ts';
import type { ReplicaTables } from './tables.ts';

/** Brings the records up to date that a vendor tells of: they are read, and written as every other read is. */
export function readNoticed<Tables extends ReplicaTables>(
  replica: Pick<Replica<Tables>, 'systems' | 'domain' | 'writer'>,
): ReadRecords['apply'] {
  return async (notices, { tenant, signal }) => {
    const system = replica.systems.get(tenant);
    if (system === undefined) return;
    const cause = vendorCause(system.vendor, tenant);
    for (const type of replica.domain.types) {
      const ids = notices.filter((notice) => notice.type === type).map(({ recordId }) => recordId);
      if (ids.length === 0) continue;
      const options = { urgency: 'sync', signal } as const;
      const observedAt = readTime();
      const seen = await readByIds(system, type, [...new Set(ids)], options);
      await replica.writer({ system, tenant, type, seen, observedAt, cause, ...options });
    }
  };
}

export interface ReplicaWebhookOptions<Tables> {
  readonly systems: ReadonlyMap<
    string,
    Pick<VendorSystem<object, never>, 'vendor' | 'webhook' | 'capabilities'>
  >;
  /** What notices do that say all there is to say; without, their records are read too. */
  readonly content?: WriteContent<Tables>['apply'];
  readonly secrets: () => Promise<WebhookSecrets>;
  readonly publicUrl: string | null;
  readonly log: Logger;
}

/** Takes what the vendors of a replica's tenants send; undefined where none of them sends anything. */
export async function replicaWebhooks<Tables extends ReplicaTables & WebhookTables>(
  replica: Replica<Tables>,
  { systems, content, secrets, publicUrl, log }: ReplicaWebhookOptions<Tables>,
): Promise<Webhooks | undefined> {
  const sending = [...systems.values()].filter(({ webhook }) => webhook !== null);
  if (sending.length === 0) return undefined;
  const read = { kind: 'keys', apply: readNoticed(replica) } as const;
  const write = content && ({ kind: 'content', apply: content } as const);
  const sources = [...new Map(sending.map((system) => [system.vendor, system])).values()].map(
    ({ vendor, capabilities }): WebhookSource<Tables> => ({
      vendor,
      webhook: (tenant) => {
        const system = systems.get(tenant);
        return system?.vendor === vendor ? system.webhook : null;
      },
      effect: write && capabilities.webhook === 'content' ? write : read,
    }),
  );
  return openWebhooks({ store: replica.store, sources, secrets: await secrets(), log, publicUrl });
}
