import { defineConsumer, type OutsideConsumer } from '#events/consumer.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { conversionRecordedV1, touchRecordedV1 } from '#events/schemas/index.ts';
import type { ConversionRow, TouchRow, Warehouse } from '../adapters/warehouse.ts';
import { openMicroBatches } from './micro-batches.ts';

/** A fact of a tenant, as its event tells it. */
type Fact = { readonly tenant: string } & (
  | { readonly kind: 'touch'; readonly row: TouchRow }
  | { readonly kind: 'conversion'; readonly row: ConversionRow }
);

/** Keys under way at once: each of these events has a key of its own, so that this is how large a batch becomes. */
const concurrency = 1_000;

/** Unnoticed by whoever waits to see a touch, and enough for a burst to come together. */
const gatherMs = 10;

/**
 * Fills the warehouse with what was recorded. A fact whose id it knows is not written again, so that an event may come
 * any number of times.
 *
 * The watermark follows: to the time of the latest fact of a batch, never back and never beyond now, so that what was
 * recorded is seen. It says no more than that of other sources: windows then end on that day, and what a nightly import
 * still owes of it is missing until it comes and is then taken in behind the watermark.
 */
export function warehouseConsumer(warehouse: Warehouse): OutsideConsumer {
  const batches = openMicroBatches<Fact>((facts) => writeFacts(warehouse, facts), gatherMs);
  return defineConsumer({
    name: 'analytics.warehouse',
    events: [touchRecordedV1, conversionRecordedV1],
    effects: 'outside',
    concurrency,
    repeatable: true,
    // Whoever stops waits no longer; the batch at hand is written all the same, and its facts are known when they come again.
    handle: (events) => batches.add(events.map(factOf)),
  });
}

async function writeFacts(warehouse: Warehouse, facts: readonly Fact[]): Promise<void> {
  const now = new Date().toISOString();
  for (const [tenant, own] of Map.groupBy(facts, (fact) => fact.tenant)) {
    const touches = own.flatMap((fact) => (fact.kind === 'touch' ? fact.row : []));
    const conversions = own.flatMap((fact) => (fact.kind === 'conversion' ? fact.row : []));
    // Times are compared as text: the owner writes them in UTC with milliseconds.
    const latest = own.reduce((last, { row }) => (row.at > last ? row.at : last), '');
    if (conversions.length > 0) await warehouse.writeConversions(tenant, conversions, now);
    if (touches.length > 0) await warehouse.writeTouches(tenant, touches, now);
    await warehouse.setWatermark(tenant, latest < now ? latest : now, now);
  }
}

/** What an event does not carry it does not have: facts are told whole. */
function factOf(event: EventEnvelope<object>): Fact {
  const { tenant, type, subject: id, accountid, leadid, campaignid, data } = event;
  if (type === conversionRecordedV1.type) {
    const { kind, at } = data as ConversionRow;
    // It is ordered by its account, so that it has one.
    return { tenant, kind: 'conversion', row: { id, accountId: accountid as string, kind, at } };
  }
  const { channel, kind, at } = data as TouchRow;
  const whose = { accountId: accountid ?? null, leadId: leadid ?? null, campaignId: campaignid ?? null };
  return { tenant, kind: 'touch', row: { id, ...whose, channel, kind, at } };
}
