import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { openGroups } from '../group/groups.ts';
import { type Bus, BusUnavailable } from '../port.ts';
import { followRange, ms, type RangeSource, readRange, type Sought } from '../ranges.ts';
import type { Retention } from '../retention.ts';
import { openSharedGroup, type SharedGroup } from './consuming.ts';
import { hasPassed, lagOf } from './lag.ts';
import { asking, openLink, type Session } from './link.ts';
import { locate } from './locate.ts';
import { openLookBack } from './look-back.ts';
import { openMembers } from './members.ts';
import { namesOf } from './names.ts';
import { openPublisher } from './publisher.ts';
import { sequenceBefore } from './pull.ts';
import { duplicateWindowMs } from './streams.ts';
import { extentOf, openTenantReader } from './tenant-reader.ts';

export interface JetstreamBusOptions {
  /** `nats://user:password@host:4222`, several servers separated by commas. */
  readonly url: string;
  readonly retention: Retention;
  /** What streams and subjects are called by: `<stream>_events`, `<stream>.events.…`. */
  readonly stream?: string;
  /** How many parts of the log groups share among processes; cannot be changed once there is a stream. */
  readonly partitions?: number;
  /** Servers that keep each event. */
  readonly replicas?: number;
  /** A process that gave no sign of life for so long loses its partitions. */
  readonly leaseMs?: number;
  readonly log?: Logger;
}

/**
 * Opens the bus of many processes on a NATS server with JetStream, 2.9 or later.
 *
 * What `publish` resolved for was acknowledged by the server: it outlives SIGKILL of this process and of the server,
 * which writes before it acknowledges. Loss of power is survived by several `replicas`: one server alone hands its
 * writes to the disk at its own interval.
 *
 * Where the server cannot be reached the bus opens all the same and goes on trying; everything rejects with a
 * BusUnavailable until then. Rejects where the server refuses: credentials, or a stream that contradicts the options.
 */
export async function openJetstreamBus(options: JetstreamBusOptions): Promise<Bus> {
  const { url, retention, stream = 'tributary', partitions = 16, replicas = 1, leaseMs = 5_000 } = options;
  const { log = pino({ level: 'silent' }) } = options;
  const names = namesOf(stream, partitions);
  const link = await openLink({ url, log, names, partitions, retention, replicas });
  const lookBack = openLookBack(names, Math.min(duplicateWindowMs, retention.maxAgeMs));
  const publisher = openPublisher(link, names, lookBack);
  const owner = randomUUID();
  const shared = new Map<string, SharedGroup>();
  const over = new AbortController();
  let closing: Promise<void> | undefined;

  const groups = openGroups((group) => {
    const opened = openSharedGroup({ link, names, partitions, owner, log }, group);
    shared.set(group.name, opened);
    members.look();
    const end = async () => {
      await opened.end();
      shared.delete(group.name);
      members.look();
    };
    return { ...opened, end };
  });
  const members = openMembers({
    link,
    names,
    id: owner,
    leaseMs,
    log,
    groups: () => [...shared.keys()],
    onView: (view) => {
      for (const group of shared.values()) group.share(view);
    },
    onSilence: () => {
      for (const group of shared.values()) group.drop();
    },
  });

  const source: RangeSource = {
    cursors: async () => link.session().cursors,
    extent: () => asking(link, (session) => extentOf(session, names.events)),
    seek: (time) => asking(link, (session) => seek(session, names.events, time)),
    open: (tenant, types) => openTenantReader(link, names, tenant, types),
  };

  async function close(): Promise<void> {
    over.abort(new Error('The bus was closed.'));
    await groups.stop();
    await members.leave();
    await publisher.close();
    await link.close();
  }

  return {
    publish: publisher.publish,
    read: (range, signal) => readRange(source, range, either(over.signal, signal)),
    follow: (range, signal) => followRange(source, range, either(over.signal, signal)),
    now: (tenant) =>
      asking(link, async (session) =>
        session.cursors.write(tenant, (await extentOf(session, names.events)).last),
      ),
    position: (tenant, cursor) => asking(link, async ({ cursors }) => cursors.read(tenant, cursor)),
    locate: (tenant, id) => asking(link, (session) => locate(session, names, tenant, id)),
    consume: async (group, deliver) => {
      if (closing) throw new BusUnavailable('The bus is closed.');
      return groups.consume(group, deliver);
    },
    lag: () => asking(link, (session) => lagOf(session, names, partitions)),
    passed: (group, tenant, cursor) =>
      asking(link, (session) =>
        hasPassed(session, names, partitions, group, session.cursors.read(tenant, cursor)),
      ),
    trim: (before) =>
      asking(link, async (session) => {
        const seq = (await sequenceBefore(session, names.events, ms(before))) + 1;
        return (await session.jsm.streams.purge(names.events, { seq })).purged;
      }),
    ping: () =>
      asking(link, async ({ jsm }) => {
        await jsm.streams.info(names.events);
      }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function seek(session: Session, stream: string, time: number): Promise<Sought> {
  const before = await sequenceBefore(session, stream, time);
  const { first_seq, last_seq, first_ts, last_ts, messages } = (await session.jsm.streams.info(stream)).state;
  const trimmedTo = Math.max(first_seq - 1, 0);
  // When the newest of what was trimmed was published is not known; at the latest with the oldest that is kept.
  const isTrimmed = trimmedTo > 0 && time <= Date.parse(messages > 0 ? first_ts : last_ts);
  return { trimmedTo, last: Math.max(last_seq, trimmedTo), before: Math.max(before, trimmedTo), isTrimmed };
}

function either(closed: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closed : AbortSignal.any([closed, signal]);
}
