import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify';

/** A row that was not imported. */
export interface Refusal {
  /** Of the file, the header being line 1. */
  readonly line: number;
  readonly reason: string;
}

/** Refusals that a report holds; the file holds all. */
export const reportedRefusals = 20;

export interface RefusalLog {
  readonly add: (refusal: Refusal, cells: readonly string[]) => Promise<void>;
  readonly count: () => number;
  readonly first: () => readonly Refusal[];
  readonly close: () => Promise<void>;
}

/**
 * Collects refused rows: the first few in memory, all in a CSV file where one is named. The file has the
 * columns `line` and `reason` before those of the source, and is written even when nothing was refused, so that
 * it never speaks of an earlier run.
 */
export async function openRefusals(file: string | undefined, header: readonly string[]): Promise<RefusalLog> {
  const first: Refusal[] = [];
  let count = 0;
  const writer = file === undefined ? null : await writeCsv(file);
  await writer?.write(['line', 'reason', ...header]);
  return {
    add: async (refusal, cells) => {
      count += 1;
      if (first.length < reportedRefusals) first.push(refusal);
      await writer?.write([String(refusal.line), refusal.reason, ...cells]);
    },
    count: () => count,
    first: () => first,
    close: async () => writer?.close(),
  };
}

async function writeCsv(file: string) {
  const rows = stringify();
  const out = (await open(file, 'w')).createWriteStream();
  const written = finished(out);
  // A failure is met where the next row is written, or at the end; in between it must not end the process.
  written.catch(() => {});
  rows.on('error', () => {});
  rows.pipe(out);
  return {
    write: async (cells: readonly string[]) => {
      if (out.errored) throw out.errored;
      if (!rows.write(cells)) await Promise.race([once(rows, 'drain'), written]);
    },
    close: async () => {
      rows.end();
      await written;
    },
  };
}
