import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Logger, pino } from 'pino';
import { openCursors } from '../cursors.ts';
import { openGroups } from '../group/groups.ts';
import { type Bus, BusUnavailable } from '../port.ts';
import { followRange, ms, type RangeSource, readRange } from '../ranges.ts';
import type { Retention } from '../retention.ts';
import { openAppender } from './appender.ts';
import { openGroup } from './consuming.ts';
import { openLogClient } from './log-client.ts';
import { openNews } from './news.ts';
import { openTrimming } from './trimming.ts';

export interface EmbeddedBusOptions {
  /** Made where there is none, with its folder. */
  readonly file: string;
  readonly retention: Retention;
  readonly log?: Logger;
  /** Another thread's file, for tests. */
  readonly worker?: URL;
}

/**
 * Opens the bus of one process: a log in a SQLite file, written by a thread of its own.
 *
 * What `publish` resolved for has been handed to the disk (`fsync` of every transaction): it outlives SIGKILL of the
 * process, and loss of power as far as the disk keeps its word. Events that are published at the same time share a
 * transaction. How far groups have come lies in the same file, recorded within a tenth of a second: what was done
 * since, when the process dies, is delivered again.
 *
 * Rejects with an Error where the file cannot be opened, or where another process has it open.
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<Bus> {
  const { file, retention, worker, log = pino({ level: 'silent' }) } = options;
  await mkdir(dirname(file), { recursive: true });
  const news = openNews();
  const client = await openLogClient({ file, log, worker, onRestart: news.tellAll });
  const cursors = openCursors(client.logId);
  const appender = openAppender({
    cursors,
    append: (events) => client.ask('append', events),
    onAppended: news.appended,
  });
  const groups = openGroups((group) => openGroup({ client, news, log }, group));
  const trimming = openTrimming(retention, client, log);
  const over = new AbortController();
  let closing: Promise<void> | undefined;

  const source: RangeSource = {
    cursors: () => Promise.resolve(cursors),
    extent: () => client.ask('extent', null),
    seek: (time) => client.ask('seek', time),
    open: (tenant, types) => ({
      page: (after, to) => client.ask('page', { after, to, tenant, types }),
      news: (after, signal) => news.after(after, signal, tenant),
      close: () => {},
    }),
  };

  async function close(): Promise<void> {
    over.abort(new Error('The bus was closed.'));
    await groups.stop();
    await appender.close();
    await trimming.close();
    await client.close();
  }

  return {
    publish: appender.publish,
    read: (range, signal) => readRange(source, range, either(over.signal, signal)),
    follow: (range, signal) => followRange(source, range, either(over.signal, signal)),
    now: async (tenant) => cursors.write(tenant, (await client.ask('extent', null)).last),
    position: async (tenant, cursor) => cursors.read(tenant, cursor),
    locate: async (tenant, id) => {
      const position = await client.ask('locate', { tenant, id });
      return position === 0 ? null : cursors.write(tenant, position);
    },
    consume: async (group, deliver) => {
      if (closing) throw new BusUnavailable('The bus is closed.');
      return groups.consume(group, deliver);
    },
    lag: async () => new Map(await client.ask('lag', null)),
    passed: async (group, tenant, cursor) => {
      const position = cursors.read(tenant, cursor);
      const { readTo, open } = await client.ask('group', group);
      return readTo >= position && open.every((undone) => undone > position);
    },
    trim: (before) => trimming.trim(ms(before)),
    ping: async () => {
      await client.ask('extent', null);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function either(closed: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closed : AbortSignal.any([closed, signal]);
}
