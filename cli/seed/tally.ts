import type { UpsertOutcome } from '#chassis/store/upsert.ts';

/** What became of the rows of one table. */
export interface TableCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** Counts outcomes by table. */
export interface Tally {
  readonly add: (table: string, outcomes: readonly UpsertOutcome[]) => void;
  readonly set: (table: string, counts: TableCounts) => void;
  readonly counts: () => Readonly<Record<string, TableCounts>>;
}

export function openTally(): Tally {
  const tables = new Map<string, Record<UpsertOutcome, number>>();
  return {
    add: (table, outcomes) => {
      const counts = tables.get(table) ?? { inserted: 0, updated: 0, unchanged: 0 };
      for (const outcome of outcomes) counts[outcome] += 1;
      tables.set(table, counts);
    },
    set: (table, counts) => {
      tables.set(table, { ...counts });
    },
    counts: () => Object.fromEntries(tables),
  };
}
