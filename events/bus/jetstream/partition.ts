import { setTimeout as sleep } from 'node:timers/promises';
import type { Msg } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { EventEnvelope } from '../../envelope.ts';
import type { Lanes, Source } from '../group/lanes.ts';
import { keepProgress, type Progress } from '../group/progress.ts';
import { BusUnavailable } from '../port.ts';
import { asking, type Link, type Session } from './link.ts';
import type { Names } from './names.ts';
import { type Message, openPull } from './pull.ts';
import { type PartitionRecord, readRecord, replaceRecord } from './record.ts';
import { extentOf } from './tenant-reader.ts';

/** Messages taken up at once: a few milliseconds of reading JSON. */
const slice = 256;
/** Until a server that could not be asked is asked again. */
const againMs = 250;

/** A partition that this process reads for a group. */
export interface Partition {
  /** Ends after the deliveries at hand, and lets another process have it; rejects where it could not be told. */
  readonly release: () => Promise<void>;
  /** Ends at once and records nothing: another process has it, or may soon. */
  readonly drop: () => void;
}

export interface PartitionPlace {
  readonly link: Link;
  readonly names: Names;
  readonly group: string;
  readonly number: number;
  /** This process. */
  readonly owner: string;
}

export interface PartitionSettings extends PartitionPlace {
  readonly types: readonly string[];
  readonly lanes: Lanes;
  readonly log: Logger;
  /** Called when another process took the partition. */
  readonly onLost: () => void;
}

/**
 * Takes a partition that is free, or whose owner is gone; null where it is not, or another process was first. Every
 * later change of the record names the one before, so that an owner that was thought dead cannot record anything any
 * more.
 */
export async function takePartition(
  settings: PartitionSettings,
  isGone: (owner: string) => boolean,
): Promise<Partition | null> {
  const { link, names, group, number, owner } = settings;
  const subject = names.record(group, number);
  return asking(link, async (session) => {
    const stored = await readRecord(session, names.groups, subject);
    const holder = stored?.record.owner ?? null;
    if (holder !== null && holder !== owner && !isGone(holder)) return null;
    const { streamId } = session;
    const isKnown = stored?.record.streamId === streamId;
    const progress = isKnown ? stored.record : { readTo: 0, open: [] };
    const record = { owner, streamId, readTo: progress.readTo, open: progress.open };
    const revision = await replaceRecord(session, subject, stored?.revision ?? 0, record);
    return revision === null ? null : openPartition(settings, record, revision);
  });
}

/** Lets others have a partition that this process no longer reads and could not give back. */
export async function freePartition({ link, names, group, number, owner }: PartitionPlace): Promise<void> {
  const subject = names.record(group, number);
  await asking(link, async (session) => {
    const stored = await readRecord(session, names.groups, subject);
    if (stored?.record.owner !== owner) return;
    await replaceRecord(session, subject, stored.revision, { ...stored.record, owner: null });
  });
}

function openPartition(settings: PartitionSettings, start: PartitionRecord, first: number): Partition {
  const { link, names, group, number, types, lanes, owner, onLost } = settings;
  const log = settings.log.child({ group, partition: number });
  const subject = names.record(group, number);
  const filter = names.partition(number);
  const over = new AbortController();
  let revision: number | undefined = first;
  /** What was open when the partition was taken, and is not taken up again yet. */
  let left = start.open;

  async function write(session: Session, record: PartitionRecord): Promise<void> {
    // Whether the last change was stored is unknown where it was not answered.
    if (revision === undefined) {
      const stored = await readRecord(session, names.groups, subject);
      if (stored?.record.owner !== owner) return lose();
      revision = stored.revision;
    }
    const known = revision;
    revision = undefined;
    const next = await replaceRecord(session, subject, known, record);
    if (next === null) lose();
    else revision = next;
  }

  function lose(): void {
    log.warn('another process reads the partition now');
    drop();
    onLost();
  }

  const recordAs = (holder: string | null) => (progress: Progress) =>
    asking(link, (session) => write(session, { ...progress, owner: holder, streamId: start.streamId }));
  const keeper = keepProgress(start, recordAs(owner), log);

  const source: Source = {
    load: (positions) =>
      asking(link, async (session) => {
        const found = await Promise.all(
          positions.map((seq) => session.jsm.streams.getMessage(names.events, { seq })),
        );
        return new Map(
          found.flatMap((message) => (message ? [[message.seq, message.json<EventEnvelope>()]] : [])),
        );
      }),
    settle: keeper.settle,
  };

  async function read(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        const session = await link.next(over.signal);
        if (session.streamId !== start.streamId) return lose();
        await takeUpAgain();
        await readOn(session);
      } catch (error) {
        if (over.signal.aborted) return;
        if (!(error instanceof BusUnavailable)) log.error({ err: error }, 'a partition could not be read');
        await sleep(againMs, undefined, { signal: over.signal }).catch(() => {});
      }
    }
  }

  /** What was taken up and not done before comes first, so that it stays ahead of what follows on its key. */
  async function takeUpAgain(): Promise<void> {
    while (left.length > 0 && !over.signal.aborted) {
      await lanes.room(over.signal);
      const positions = left.slice(0, slice);
      const events = await source.load(positions);
      if (over.signal.aborted) return;
      left = left.slice(slice);
      keeper.settle(positions.filter((position) => !events.has(position)));
      for (const [position, event] of events) lanes.add(source, position, event);
    }
  }

  async function readOn(session: Session): Promise<void> {
    const { trimmedTo } = await extentOf(session, names.events);
    const pull = await openPull(session, {
      stream: names.events,
      filter,
      from: { seq: keeper.readTo() + 1 },
    });
    if (trimmedTo > keeper.readTo() && keeper.readTo() > 0) {
      log.warn(
        { from: keeper.readTo(), to: trimmedTo },
        'retention overtook a group; events of it may be lost',
      );
    }
    try {
      while (!over.signal.aborted) {
        await pull.arrived({ signal: over.signal });
        const messages = pull.take(slice);
        if (messages.length === 0) continue;
        takeUp(messages);
        await lanes.room(over.signal);
        pull.grant(messages.length);
      }
    } finally {
      pull.close();
    }
  }

  function takeUp(messages: readonly Message[]): void {
    if (over.signal.aborted) return;
    const wanted = messages.filter(({ subject: one }) => types.includes(names.typeOf(one)));
    keeper.take(
      (messages.at(-1) as Message).seq,
      wanted.map(({ seq }) => seq),
    );
    for (const { seq, msg } of wanted) {
      const event = eventIn(msg);
      if (event) {
        lanes.add(source, seq, event);
      } else {
        log.error({ seq, subject: msg.subject }, 'a message is no event of ours and is passed over');
        keeper.settle([seq]);
      }
    }
  }

  function drop(): void {
    over.abort();
    keeper.abandon();
    lanes.drop(source);
  }

  const reading = read();

  return {
    drop,
    release: async () => {
      over.abort();
      await reading;
      await lanes.retire(source);
      await keeper.end().catch(() => {});
      await recordAs(null)(keeper.progress());
    },
  };
}

/** Null where somebody else wrote to our subjects. */
function eventIn(msg: Msg): EventEnvelope | null {
  try {
    return msg.json<EventEnvelope>();
  } catch {
    return null;
  }
}
