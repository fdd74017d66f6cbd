import { VendorError } from '#chassis/vendor/error.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import { campaignsPerRead } from './campaigns.ts';
import { any, type KlaviyoClient, vendor } from './client.ts';
import type { KlaviyoMapping } from './mapping.ts';
import { allMetrics, idsOf } from './metrics.ts';
import { campaignShape, eventShape, type Flow, flowShape, type Metric, profileShape } from './shapes.ts';

/** Klaviyo makes these with the first event of their kind: a new account has none of them yet. */
const builtIn = new Set([
  'Received Email',
  'Opened Email',
  'Clicked Email',
  'Bounced Email',
  'Dropped Email',
]);

/**
 * Rejects with an Error that says all that does not fit between the mapping and the account, and what the key may not
 * read; with a `VendorError` where Klaviyo cannot be asked.
 */
export async function checkKlaviyo(
  client: KlaviyoClient,
  mapping: KlaviyoMapping,
  signal: AbortSignal,
): Promise<void> {
  const ask = { urgency: 'read', signal } as const;
  const missing: string[] = [];
  const allowed = async <Answer>(scope: string, asked: Promise<Answer>): Promise<Answer | null> =>
    asked.catch((error: unknown) => {
      if (!(error instanceof VendorError) || error.failure.kind !== 'unauthorized') throw error;
      missing.push(scope);
      return null;
    });
  const one = { query: { 'page[size]': 1 } };
  const [metrics, flows] = await Promise.all([
    allowed('metrics:read', allMetrics(client, ask)),
    allowed('flows:read', flowsOf(client, Object.keys(mapping.enrollment), ask)),
    allowed(
      'profiles:read',
      client.list({ path: '/api/profiles', endpoint: 'profiles', resource: profileShape, ...one }, ask),
    ),
    allowed(
      'events:read',
      client.list({ path: '/api/events', endpoint: 'event-reads', resource: eventShape, ...one }, ask),
    ),
    allowed(
      'campaigns:read',
      client.list(
        {
          path: '/api/campaigns',
          endpoint: 'campaigns',
          resource: campaignShape,
          ...one,
          filter: ['equals(messages.channel,"email")'],
        },
        ask,
      ),
    ),
  ]);
  if (missing.length === 5) {
    throw new VendorError(
      vendor,
      { kind: 'unauthorized' },
      'the key is refused by every endpoint; make a private key and name where it is kept as "apiKey"',
    );
  }
  const problems = [
    ...missing.map((scope) => `the key has not the scope ${scope}`),
    ...(metrics === null ? [] : metricProblems(mapping, metrics)),
    ...(flows === null || metrics === null ? [] : flowProblems(mapping, flows, metrics)),
  ];
  if (problems.length > 0) {
    throw new Error(
      `klaviyo is not as it is configured: ${problems.join('; ')}. Correct the mapping or the account.`,
    );
  }
}

/** The flows of these ids; with none, one page of all, which the key must be allowed to read too. */
async function flowsOf(
  client: KlaviyoClient,
  ids: readonly string[],
  ask: AskOptions,
): Promise<readonly Flow[]> {
  const flows: Flow[] = [];
  for (let from = 0; from === 0 || from < ids.length; from += campaignsPerRead) {
    const some = ids.slice(from, from + campaignsPerRead);
    const filter = some.length === 0 ? [] : [any('id', some)];
    const options = { path: '/api/flows', endpoint: 'flows', resource: flowShape, filter } as const;
    const { items } = await client.list({ ...options, query: { 'page[size]': campaignsPerRead } }, ask);
    flows.push(...items);
  }
  return flows;
}

function metricProblems(
  { metrics: activities, conversionMetric }: KlaviyoMapping,
  metrics: readonly Metric[],
): readonly string[] {
  const named = [
    ...Object.keys(activities).filter((name) => !builtIn.has(name)),
    ...(conversionMetric === null ? [] : [conversionMetric]),
  ];
  return named
    .filter((name) => idsOf(metrics, name).length === 0)
    .map((name) => `there is no metric "${name}"`);
}

/** What keeps contacts from entering a flow. One that sends nothing yet is no mistake: it is in its status. */
export function flowProblems(
  { enrollment }: KlaviyoMapping,
  flows: readonly Flow[],
  metrics: readonly Metric[],
): readonly string[] {
  return Object.entries(enrollment).flatMap(([id, name]) => {
    const flow = flows.find((each) => each.id === id);
    if (flow === undefined) return [`there is no flow "${id}", which "enrollment" names`];
    const { archived, trigger_type: trigger } = flow.attributes;
    const triggers = metrics.filter((metric) => idsOf(metrics, name).includes(metric.id));
    const told = triggers.flatMap(({ relationships }) => relationships?.['flow-triggers']?.data ?? []);
    return [
      ...(archived ? [`the flow "${id}" is archived`] : []),
      ...(trigger && trigger !== 'Metric'
        ? [`the flow "${id}" starts by "${trigger}", not by a metric`]
        : []),
      ...(triggers.length === 0 ? [`there is no metric "${name}", which is to start the flow "${id}"`] : []),
      // Klaviyo says which flows a metric starts, where it says anything of it.
      ...(told.length > 0 && !told.some((each) => each.id === id)
        ? [`the metric "${name}" does not start the flow "${id}"`]
        : []),
    ];
  });
}
