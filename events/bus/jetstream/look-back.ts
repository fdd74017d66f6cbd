import type { EventEnvelope } from '../../envelope.ts';
import type { Session } from './link.ts';
import { messageId, type Names } from './names.ts';
import { openPull, untilDrained } from './pull.ts';

/** Ids remembered of one partition; the oldest, since whoever publishes late begins with those. */
const maxIds = 50_000;

/**
 * Finds which of these events lie in the stream already, by their message ids, as far as the server's own
 * deduplication no longer knows them. Answers at once where it knows them all.
 */
export type LookBack = (
  session: Session,
  events: readonly EventEnvelope[],
) => ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>;

/** What was seen of a partition: every id whose time is in the range, up to a moment. */
interface Seen {
  readonly streamId: string;
  readonly from: number;
  readonly to: number;
  readonly seq: number;
  /** By `performance.now()`. */
  readonly at: number;
  readonly ids: ReadonlyMap<string, number>;
}

const none: ReadonlyMap<string, number> = new Map();

/**
 * No event was stored before its id was made, and an id tells when that was (UUIDv7). So an event that is younger than
 * the server's window cannot have left it, and is published without looking. An older one, after an outage or from a
 * process that died, is looked for in its partition from its own time on, before it is published: the window covers
 * what others store after the look. Half of the window is left for clocks that differ and for the time between.
 */
export function openLookBack(names: Names, windowMs: number): LookBack {
  const trustMs = windowMs / 2;
  const partitions = new Map<string, Seen>();

  async function look(
    session: Session,
    events: readonly EventEnvelope[],
  ): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const [filter, wanted] of Map.groupBy(events, (event) => names.partitionOf(event))) {
      const times = wanted.map(timeOf);
      const [from, to] = [Math.min(...times), Math.max(...times)];
      let seen = partitions.get(filter);
      const isCovered = seen?.streamId === session.streamId && seen.from <= from && to <= seen.to;
      if (seen === undefined || !isCovered) {
        seen = await scan(session, names.events, filter, from, { time: from - trustMs }, []);
      } else if (performance.now() - seen.at > trustMs) {
        seen = await scan(session, names.events, filter, seen.from, { seq: seen.seq + 1 }, seen.ids);
      }
      partitions.set(filter, seen);
      for (const event of wanted) {
        const seq = seen.ids.get(messageId(event));
        if (seq !== undefined) found.set(messageId(event), seq);
      }
    }
    return found;
  }

  return (session, events) => {
    const oldest = Date.now() - trustMs;
    const doubtful = events.filter((event) => timeOf(event) < oldest);
    return doubtful.length === 0 ? none : look(session, doubtful);
  };
}

async function scan(
  session: Session,
  stream: string,
  filter: string,
  from: number,
  start: { readonly seq: number } | { readonly time: number },
  known: Iterable<readonly [string, number]>,
): Promise<Seen> {
  const at = performance.now();
  const ids = new Map(known);
  const pull = await openPull(session, { stream, filter, from: start, headersOnly: true });
  let seq = pull.startsBehind;
  try {
    for await (const messages of untilDrained(pull)) {
      for (const message of messages) {
        seq = message.seq;
        const id = message.msg.headers?.get('Nats-Msg-Id') ?? '';
        if (timeOf({ id }) >= from) ids.set(id, seq);
      }
    }
  } finally {
    pull.close();
  }
  const seen = { streamId: session.streamId, from, seq, at };
  if (ids.size <= maxIds) return { ...seen, to: Number.POSITIVE_INFINITY, ids };
  const oldest = [...ids].sort(([left], [right]) => (left < right ? -1 : 1));
  const firstLeftOut = oldest[maxIds]?.[0] as string;
  const to = timeOf({ id: firstLeftOut }) - 1;
  return { ...seen, to, ids: new Map(oldest.slice(0, maxIds)) };
}

/** When a UUIDv7 was made, in milliseconds since 1970 (RFC 9562, section 5.7). */
export function timeOf({ id }: { readonly id: string }): number {
  return Number.parseInt(`${id.slice(0, 8)}${id.slice(9, 13)}`, 16);
}
