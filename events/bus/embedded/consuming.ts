import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventEnvelope } from '../../envelope.ts';
import type { Group } from '../group/groups.ts';
import { openLanes, type Source } from '../group/lanes.ts';
import { keepProgress, type Progress, type ProgressKeeper } from '../group/progress.ts';
import { BusUnavailable, type GroupOptions } from '../port.ts';
import type { Row } from '../ranges.ts';
import type { LogClient } from './log-client.ts';
import type { News } from './news.ts';

/** Events that were open when the group was last here are read again so many at a time. */
const loadRows = 500;
/** Until a log that could not be asked is asked again. */
const againMs = 250;

export interface GroupSettings {
  readonly client: LogClient;
  readonly news: News;
  readonly log: Logger;
}

/** Consumes as one group: reads on from its progress, which lies in the file of the log. */
export function openGroup({ client, news, log }: GroupSettings, { name, types }: GroupOptions): Group {
  const lanes = openLanes(name, log);
  const over = new AbortController();
  let keeper: ProgressKeeper | undefined;

  const source: Source = {
    load: async (positions) => new Map((await client.ask('load', positions)).map(parsed)),
    settle: (positions) => keeper?.settle(positions),
  };
  const record = async (progress: Progress) => {
    await client.ask('record', { group: name, ...progress });
  };

  async function read(): Promise<void> {
    const start = await asked(() => client.ask('group', name));
    if (start === undefined) return;
    keeper = keepProgress(start, record, log);
    await takeUpAgain(start.open, keeper);
    while (!over.signal.aborted) {
      const after = keeper.readTo();
      const page = await asked(() => client.ask('page', { after, types }));
      if (page === undefined) return;
      if (page.trimmedTo > after) {
        log.error({ group: name, events: page.trimmedTo - after }, 'retention overtook a group');
      }
      keeper.take(
        Math.max(page.scannedTo, page.trimmedTo),
        page.rows.map(({ position }) => position),
      );
      add(page.rows);
      await lanes.room(over.signal);
      if (keeper.readTo() >= page.last) await news.after(page.last, over.signal);
    }
  }

  /** What was taken up and not done before comes first, so that it stays ahead of what follows on its key. */
  async function takeUpAgain(open: readonly number[], { settle }: ProgressKeeper): Promise<void> {
    for (let start = 0; start < open.length; start += loadRows) {
      await lanes.room(over.signal);
      const positions = open.slice(start, start + loadRows);
      const rows = await asked(() => client.ask('load', positions));
      if (rows === undefined) return;
      const kept = new Set(rows.map(({ position }) => position));
      settle(positions.filter((position) => !kept.has(position)));
      add(rows);
    }
  }

  function add(rows: readonly Row[]): void {
    for (const row of rows) lanes.add(source, ...parsed(row));
  }

  /** Asks again while the log is unavailable; undefined once the group ends. */
  async function asked<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
    while (!over.signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
        await sleep(againMs, undefined, { signal: over.signal }).catch(() => {});
      }
    }
    return undefined;
  }

  const reading = read().catch((error: unknown) => {
    log.fatal({ err: error, group: name }, 'a group reads no more');
  });

  return {
    types,
    join: lanes.join,
    end: async () => {
      over.abort();
      await reading;
      lanes.clear();
      await keeper?.end().catch((error: unknown) => {
        log.warn({ err: error, group: name }, "a group's progress could not be recorded; events come again");
      });
    },
  };
}

function parsed({ position, json }: Row): readonly [number, EventEnvelope] {
  return [position, JSON.parse(json)];
}
