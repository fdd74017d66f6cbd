import type { ConversionRow, TouchRow } from '#subgraphs/analytics/adapters/warehouse.ts';
import { writeFacts as recordFacts } from '#subgraphs/analytics/store/facts.ts';
import type { Parts } from '../run/parts.ts';
import { daysAgo } from './world.ts';
import type { Target } from './write-people.ts';

/** Facts that are recorded together with their events: some milliseconds. */
const chunkRows = 500;

interface Facts {
  touches: TouchRow;
  conversions: ConversionRow;
}

/**
 * Writes touches or conversions: with a cause they are recorded with their events, and reach the warehouse as everything
 * that is recorded does, once somebody runs the consumers; without one they go straight into the warehouse.
 */
export async function writeFacts<Table extends keyof Facts>(
  { world, tenant, tally, cause }: Target,
  { store, warehouse }: Parts['analytics'],
  table: Table,
  rows: AsyncIterable<Facts[Table]>,
): Promise<void> {
  const observedAt = daysAgo(world, 0);
  if (cause === undefined) {
    const written =
      table === 'touches'
        ? await warehouse.writeTouches(tenant, rows as AsyncIterable<TouchRow>, observedAt)
        : await warehouse.writeConversions(tenant, rows as AsyncIterable<ConversionRow>, observedAt);
    tally.set(table, { inserted: written.inserted, updated: 0, unchanged: written.known });
    return;
  }
  const record = async (chunk: readonly Facts[Table][]) => {
    const outcomes = await store.transaction((trx) =>
      recordFacts(trx, table, tenant, chunk, observedAt, cause),
    );
    tally.add(table, outcomes);
  };
  let chunk: Facts[Table][] = [];
  for await (const row of rows) {
    if (chunk.push(row) < chunkRows) continue;
    await record(chunk);
    chunk = [];
  }
  await record(chunk);
}
