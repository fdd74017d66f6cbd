import { Counter, Gauge, Registry } from 'prom-client';
import type { LiveNumbers } from '#gateway/subscriptions/types.ts';
import type { Serving } from './lifetime.ts';

const states: readonly (readonly [keyof LiveNumbers, string, string])[] = [
  ['subscriptions', 'subscriptions', 'Subscriptions that run.'],
  ['groups', 'groups', 'Sets of subscriptions that share executions.'],
  ['catchingUp', 'catching_up', 'Subscriptions that read the log at their own pace.'],
  ['tails', 'tails', 'Tenants whose events are followed.'],
  ['upstreams', 'upstreams', 'Connections to subgraphs that give events.'],
];
const totals: readonly (readonly [keyof LiveNumbers, string, string])[] = [
  ['events', 'events_total', 'Events that were looked at.'],
  ['executions', 'executions_total', 'Events that were executed for a set of subscriptions.'],
  ['messages', 'messages_total', 'Messages that were handed to connections.'],
  ['gaps', 'gaps_total', 'Times that a subscription was told of events it missed.'],
];

/** What is live at a gateway, asked for when somebody looks. */
export function liveMetrics({ live, liveConnections }: Pick<Serving, 'live' | 'liveConnections'>): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'tributary_live_connections',
    help: 'Connections that are open for subscriptions.',
    labelNames: ['transport'],
    registers,
    collect() {
      for (const [transport, count] of Object.entries(liveConnections.numbers())) {
        this.set({ transport }, count);
      }
    },
  });
  for (const [key, suffix, help] of states) {
    new Gauge({
      name: `tributary_live_${suffix}`,
      help,
      registers,
      collect() {
        this.set(live.numbers()[key]);
      },
    });
  }
  for (const [key, suffix, help] of totals) {
    new Counter({
      name: `tributary_live_${suffix}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(live.numbers()[key]);
      },
    });
  }
  return registry;
}
