import { z } from 'zod';
import type { AskOptions, ChangePage, Seen } from '#chassis/vendor/system.ts';
import { readCursor } from '../cursor.ts';
import type { ActivityRecord } from '../email.ts';
import { activityOf } from './activity.ts';
import { atLeast, equals, type KlaviyoClient, vendor } from './client.ts';
import type { KlaviyoMapping } from './mapping.ts';
import type { Metrics } from './metrics.ts';
import { beginning, positionShape, readOn } from './positions.ts';
import { type Event, eventShape } from './shapes.ts';

/** Klaviyo shows 1,000 at most; a page of these is about a megabyte. */
export const eventsPerPage = 500;

const cursorShape = z.object({
  /** By the metric's id. */
  read: z.record(z.string(), positionShape),
  /** The metrics that this round has still to read. */
  left: z.array(
    z.object({ id: z.string(), kind: z.enum(['SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED']) }),
  ),
});

type Cursor = z.output<typeof cursorShape>;

export interface ActivitySource {
  readonly client: KlaviyoClient;
  readonly mapping: KlaviyoMapping;
  readonly metrics: Metrics;
  readonly overlapMs: number;
  /** RFC 3339; null for all that there is. */
  readonly historyFrom: string | null;
}

/**
 * Events of one metric after the other, since Klaviyo filters by one at a time: oldest first within each. An event never
 * changes, and its time is that of what happened: what is told late is found within the overlap.
 */
export async function activityChanges(
  source: ActivitySource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<ActivityRecord>> {
  const { client, overlapMs, historyFrom } = source;
  const cursor = since === null ? { read: {}, left: [] } : readCursor(vendor, since, cursorShape);
  const [metric, ...others] = cursor.left.length > 0 ? cursor.left : await followed(source, ask);
  if (metric === undefined) return { seen: [], next: JSON.stringify(cursor), more: false };
  const start = { ...beginning, since: historyFrom };
  const { items, next, more } = await readOn(cursor.read[metric.id] ?? start, {
    list: ({ since: from, page }) =>
      client.list(
        {
          path: '/api/events',
          endpoint: 'event-reads',
          resource: eventShape,
          query: {
            'fields[event]': 'timestamp,datetime,event_properties',
            'page[size]': eventsPerPage,
            sort: 'timestamp',
          },
          filter: [
            equals('metric_id', metric.id),
            ...(from === null ? [] : [atLeast('timestamp', Math.floor(Date.parse(from) / 1_000))]),
          ],
          page,
        },
        ask,
      ),
    timeOf: timeOf,
    overlapMs,
  });
  const left = more ? [metric, ...others] : others;
  const read: Cursor = { read: { ...cursor.read, [metric.id]: next }, left };
  return {
    seen: items.map((event) => seenOf(event, metric.kind)),
    next: JSON.stringify(read),
    more: left.length > 0,
  };
}

async function followed({ mapping, metrics }: ActivitySource, ask: AskOptions): Promise<Cursor['left']> {
  const left: Cursor['left'] = [];
  for (const [name, kind] of Object.entries(mapping.metrics)) {
    left.push(...(await metrics.named(name, ask)).map((id) => ({ id, kind })));
  }
  return left;
}

function timeOf({ attributes: { datetime, timestamp } }: Event): string | null {
  if (datetime) return datetime;
  return timestamp ? new Date(timestamp * 1_000).toISOString() : null;
}

function seenOf(event: Event, kind: ActivityRecord['kind']): Seen<ActivityRecord> {
  const { id, attributes, relationships } = event;
  const recipientId = relationships?.profile?.data?.id;
  const at = timeOf(event);
  const problems = [
    ...(recipientId === undefined ? [{ field: 'recipientId', property: 'profile', value: 'null' }] : []),
    ...(at === null ? [{ field: 'at', property: 'datetime', value: 'null' }] : []),
  ];
  if (recipientId === undefined || at === null) return { kind: 'unmapped', id, problems };
  // Who it is the recipient's id says: addresses are not asked for.
  const told = { id, at, properties: attributes.event_properties };
  const values = activityOf(kind, told, { recipientId, address: null });
  return { kind: 'record', record: { id, externalId: null, values, createdAt: at, changedAt: at } };
}
