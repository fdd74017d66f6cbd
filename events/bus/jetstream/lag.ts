import type { Session } from './link.ts';
import type { Names } from './names.ts';
import { countBehind } from './pull.ts';
import { type PartitionRecord, readRecord } from './record.ts';
import { extentOf } from './tenant-reader.ts';

/** Requests under way at once. */
const width = 16;

/** What lies before each group that the server has a record of: what it has not read, and what of that is not done. */
export async function lagOf(
  session: Session,
  names: Names,
  partitions: number,
): Promise<ReadonlyMap<string, number>> {
  const { jsm, streamId } = session;
  const { state } = await jsm.streams.info(names.groups, { subjects_filter: names.allRecords });
  const groups = new Set(Object.keys(state.subjects ?? {}).map((subject) => names.groupOf(subject).group));
  const { trimmedTo } = await extentOf(session, names.events);
  const numbers = Array.from({ length: partitions }, (_, number) => number);
  const newest = await each(numbers, async (number) => {
    const last = await jsm.streams.getMessage(names.events, { last_by_subj: names.partition(number) });
    return last?.seq ?? 0;
  });

  async function lagIn(number: number, record: PartitionRecord | undefined): Promise<number> {
    const { readTo, open } = record?.streamId === streamId ? record : { readTo: 0, open: [] };
    const kept = open.filter((position) => position > trimmedTo).length;
    if ((newest[number] as number) <= readTo) return kept;
    const wanted = { stream: names.events, filter: names.partition(number), from: { seq: readTo + 1 } };
    return kept + (await countBehind(session, wanted));
  }

  const lag = new Map<string, number>();
  for (const group of groups) {
    const counts = await each(numbers, async (number) => {
      const stored = await readRecord(session, names.groups, names.record(group, number));
      return lagIn(number, stored?.record);
    });
    lag.set(
      group,
      counts.reduce((sum, count) => sum + count, 0),
    );
  }
  return lag;
}

/** Whether a group is done with all that it takes up to a position of the stream. */
export async function hasPassed(
  session: Session,
  names: Names,
  partitions: number,
  group: string,
  position: number,
): Promise<boolean> {
  const { jsm, streamId } = session;
  const numbers = Array.from({ length: partitions }, (_, number) => number);
  const passed = await each(numbers, async (number) => {
    const stored = await readRecord(session, names.groups, names.record(group, number));
    if (stored?.record.streamId !== streamId) return false;
    const { readTo, open } = stored.record;
    if (open.some((undone) => undone <= position)) return false;
    if (readTo >= position) return true;
    // A partition to which nothing came since is not read any further.
    const last = await jsm.streams.getMessage(names.events, { last_by_subj: names.partition(number) });
    return (last?.seq ?? 0) <= readTo;
  });
  return passed.every(Boolean);
}

async function each<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += width) {
    results.push(...(await Promise.all(items.slice(at, at + width).map(work))));
  }
  return results;
}
