/** What was added together, and whoever waits for it to be written. */
interface Part<Row> {
  readonly rows: readonly Row[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface MicroBatches<Row> {
  /** Resolves once the rows are written, rejects with what kept these from being written. */
  readonly add: (rows: readonly Row[]) => Promise<void>;
}

/**
 * Writes rows of many callers together, where a write costs nearly the same for one row as for a thousand: while one
 * batch is written the next one gathers. How many wait is up to the callers.
 *
 * A batch that cannot be written is tried again in halves, so that a row that spoils it fails alone.
 * @param write must be idempotent
 * @param gatherMs how long the first row waits for others where nothing is being written
 */
export function openMicroBatches<Row>(
  write: (rows: readonly Row[]) => Promise<void>,
  gatherMs: number,
): MicroBatches<Row> {
  let waiting: Part<Row>[] = [];
  let isBusy = false;

  const writeParts = async (parts: readonly Part<Row>[]): Promise<void> => {
    try {
      await write(parts.flatMap(({ rows }) => rows));
      for (const { resolve } of parts) resolve();
    } catch (error) {
      if (parts.length === 1) {
        parts[0]?.reject(error);
        return;
      }
      const middle = Math.ceil(parts.length / 2);
      await writeParts(parts.slice(0, middle));
      await writeParts(parts.slice(middle));
    }
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const parts = waiting;
      waiting = [];
      await writeParts(parts);
    }
    isBusy = false;
  };
  return {
    add: (rows) =>
      new Promise((resolve, reject) => {
        waiting.push({ rows, resolve, reject });
        if (isBusy) return;
        isBusy = true;
        setTimeout(() => void drain(), gatherMs);
      }),
  };
}
