import type { Logger } from 'pino';
import { makeBell } from '#events/waiting.ts';
import type { Store } from '../../store/store.ts';
import { counter, countsOf, type WebhookCounts } from './counts.ts';
import { openIntake, type WebhookIntake } from './intake.ts';
import type { WebhookRetry } from './queue.ts';
import type { WebhookSecrets } from './secrets.ts';
import type { WebhookSource } from './source.ts';
import type { WebhookTables } from './tables.ts';
import { startWebhookWork, type WebhookWork } from './work.ts';

export interface WebhookOptions<Tables extends WebhookTables> {
  readonly store: Store<Tables>;
  /** One a vendor. */
  readonly sources: readonly WebhookSource<Tables>[];
  readonly secrets: WebhookSecrets;
  readonly log: Logger;
  /** See `WebhookIntake`. */
  readonly publicUrl?: string | null;
}

export interface Webhooks {
  /** What a subgraph serves. */
  readonly intake: WebhookIntake;
  /** Begins to work what came; until then, and after its end, deliveries are taken and wait. */
  readonly start: (options?: {
    readonly concurrency?: number;
    readonly retry?: WebhookRetry;
    readonly leaseMs?: number;
    readonly pollMs?: number;
  }) => WebhookWork;
  /** Of this process, by vendor. */
  readonly counts: ReadonlyMap<string, WebhookCounts>;
}

/** Deliveries of vendors to one store: taken, and worked. Throws where two sources have one name. */
export function openWebhooks<Tables extends WebhookTables>({
  sources: given,
  publicUrl = null,
  ...options
}: WebhookOptions<Tables>): Webhooks {
  const sources = new Map(given.map((source) => [source.vendor, source]));
  if (sources.size < given.length) throw new TypeError('Two sources of webhooks have the same name.');
  const counts = countsOf([...sources.keys()]);
  const count = counter(counts);
  const received = makeBell();
  return {
    counts,
    intake: openIntake({ ...options, sources, count, publicUrl, ring: received.ring }),
    start: (how = {}) => startWebhookWork({ ...options, ...how, sources, count, received }),
  };
}
