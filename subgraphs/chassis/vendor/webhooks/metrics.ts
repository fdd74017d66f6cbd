import { Counter, Gauge, type Registry } from 'prom-client';
import type { AnyStore } from '#events/event-store.ts';
import type { WebhookCounts } from './counts.ts';
import { discardedWebhooks } from './discard.ts';
import { webhookStatus } from './inspect.ts';
import type { Webhooks } from './open.ts';

/** What is counted, and how it is called: the names are Prometheus's, the units events. */
const counted: Readonly<Record<keyof WebhookCounts, { readonly name: string; readonly help: string }>> = {
  received: { name: 'deliveries_total', help: 'Genuine deliveries that were kept.' },
  refused: { name: 'refused_total', help: 'Deliveries that were forged, too old, or of the future.' },
  unreadable: { name: 'unreadable_total', help: 'Genuine deliveries that could not be read.' },
  applied: { name: 'applied_total', help: 'Notices that took effect.' },
  duplicates: { name: 'duplicates_total', help: 'Notices that had come before.' },
  retried: { name: 'retries_total', help: 'Notices that failed and are tried again.' },
  parked: { name: 'parked_total', help: 'Notices that failed for the last time.' },
};

export interface WatchedWebhooks {
  readonly webhooks: Pick<Webhooks, 'counts'>;
  readonly store: AnyStore;
}

/** The numbers of the webhooks of all stores of a process: by vendor, by no tenant and no person. */
export function webhookMetrics(registry: Registry, watched: readonly WatchedWebhooks[]): void {
  const registers = [registry];
  const prefix = 'tributary_webhook_';
  for (const [what, { name, help }] of Object.entries(counted)) {
    new Counter({
      name: `${prefix}${name}`,
      help,
      labelNames: ['vendor'],
      registers,
      collect() {
        this.reset();
        for (const { webhooks } of watched) {
          for (const [vendor, counts] of webhooks.counts)
            this.inc({ vendor }, counts[what as keyof WebhookCounts]);
        }
      },
    });
  }
  new Gauge({
    name: `${prefix}open`,
    help: 'Deliveries that nobody has read or can read, and notices that wait or are parked.',
    labelNames: ['vendor', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { store } of watched) {
        for (const { vendor, state, count } of await webhookStatus(store)) this.inc({ vendor, state }, count);
      }
    },
  });
  new Gauge({
    name: `${prefix}discarded`,
    help: 'Deliveries and notices that an operator gave up, as long as they are kept.',
    labelNames: ['vendor', 'kind'],
    registers,
    async collect() {
      this.reset();
      for (const { store } of watched) {
        for (const { vendor, kind, count } of await discardedWebhooks(store))
          this.inc({ vendor, kind }, count);
      }
    },
  });
}
