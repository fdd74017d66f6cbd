import type { Rows } from './warehouse.ts';

/** Rows that are handed to the database at once. */
const batchRows = 10_000;

/** Rows per transaction: the port says so. */
export const mergeRows = 200_000;

/** Rows in batches, the next one made only when it is asked for. */
export interface Batches<Row> {
  readonly hasMore: () => Promise<boolean>;
  /** The next batch, once `hasMore` has said that there is one. */
  readonly take: () => readonly Row[];
  readonly close: () => Promise<void>;
}

export function openBatches<Row>(rows: Rows<Row>): Batches<Row> {
  const batches = batchesOf(rows);
  let next: readonly Row[] | undefined;
  return {
    hasMore: async () => {
      next ??= (await batches.next()).value;
      return next !== undefined;
    },
    take: () => {
      const batch = next ?? [];
      next = undefined;
      return batch;
    },
    close: async () => {
      await batches.return(undefined);
    },
  };
}

async function* batchesOf<Row>(rows: Rows<Row>): AsyncGenerator<readonly Row[], undefined> {
  let batch: Row[] = [];
  // Awaiting every row of millions that are there already would cost more than writing them.
  if (Symbol.iterator in rows) {
    for (const row of rows) {
      if (batch.push(row) < batchRows) continue;
      yield batch;
      batch = [];
    }
  } else {
    for await (const row of rows) {
      if (batch.push(row) < batchRows) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
  return undefined;
}
