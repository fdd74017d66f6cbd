import type { AskOptions } from '#chassis/vendor/system.ts';
import type { KlaviyoClient, Listed } from './client.ts';
import { type Metric, metricShape } from './shapes.ts';

/** Metrics come with the first event of their kind, so that they are asked for anew after a while. */
const keptMs = 600_000;
/** Of 200 metrics each. */
const mostPages = 50;

export interface Metrics {
  /** The ids of the metrics of a name: Klaviyo's own where it has one, since others may have named theirs the same. */
  readonly named: (name: string, ask: AskOptions) => Promise<readonly string[]>;
}

export function openMetrics(client: KlaviyoClient, now: () => number): Metrics {
  let kept: { readonly at: number; readonly metrics: readonly Metric[] } | null = null;
  return {
    named: async (name, ask) => {
      if (kept === null || now() - kept.at > keptMs)
        kept = { at: now(), metrics: await allMetrics(client, ask) };
      return idsOf(kept.metrics, name);
    },
  };
}

export function idsOf(metrics: readonly Metric[], name: string): readonly string[] {
  const same = metrics.filter(({ attributes }) => attributes.name === name);
  const own = same.filter(({ attributes }) => attributes.integration?.name === 'Klaviyo');
  return (own.length > 0 ? own : same).map(({ id }) => id);
}

/** All metrics, with the flows that each triggers. */
export async function allMetrics(client: KlaviyoClient, ask: AskOptions): Promise<readonly Metric[]> {
  const metrics: Metric[] = [];
  const options = { path: '/api/metrics', endpoint: 'metrics', resource: metricShape } as const;
  let page: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const listed: Listed<Metric> = await client.list(
      { ...options, query: { include: 'flow-triggers' }, page },
      ask,
    );
    metrics.push(...listed.items);
    page = listed.next;
    if (page === null) return metrics;
    if (pages === mostPages) throw new Error(`klaviyo has more than ${mostPages} pages of metrics.`);
  }
}
