import type { Bus, Consumption, Deliver, Delivery, GroupOptions, ReadRange } from '#events/bus/port.ts';
import { BusUnavailable, maxBatch } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';

/** A bus in memory that tests can take away, slow down and look into. */
export interface MemoryBus extends Bus {
  /** All that was appended, in order. */
  readonly events: readonly EventEnvelope[];
  /** While true, publishing rejects with a `BusUnavailable`. */
  readonly setDown: (down: boolean) => void;
  /** Delivers everything that was appended to the group again. */
  readonly redeliver: (group: string) => void;
  /** Most events that one call had. */
  readonly largestBatch: () => number;
}

interface Group {
  readonly options: GroupOptions;
  readonly deliver: Deliver;
  /** What waits, by key. */
  readonly queues: Map<string, EventEnvelope[]>;
  /** Keys with a delivery under way, or waiting to come again. */
  readonly busy: Set<string>;
  readonly stopping: AbortController;
  readonly running: Set<Promise<void>>;
}

export function memoryBus(): MemoryBus {
  const events: EventEnvelope[] = [];
  const times: string[] = [];
  const ids = new Map<string, number>();
  const groups = new Map<string, Group>();
  let down = false;
  let largest = 0;

  const enqueue = (group: Group, event: EventEnvelope): void => {
    if (!group.options.types.includes(event.type)) return;
    const key = `${event.tenant}\n${event.partitionkey}`;
    const queue = group.queues.get(key) ?? [];
    queue.push(event);
    group.queues.set(key, queue);
  };

  const pump = (group: Group): void => {
    for (const [key, queue] of group.queues) {
      if (group.running.size >= group.options.concurrency || group.stopping.signal.aborted) return;
      if (group.busy.has(key) || queue.length === 0) continue;
      group.busy.add(key);
      const run = deliverKey(group, key, queue).finally(() => {
        group.running.delete(run);
        pump(group);
      });
      group.running.add(run);
    }
  };

  const deliverKey = async (group: Group, key: string, queue: EventEnvelope[]): Promise<void> => {
    const batch = queue.slice(0, maxBatch);
    const answer = await group
      .deliver(batch, group.stopping.signal)
      .catch((): { done: number; retryInMs?: number } => ({ done: 0, retryInMs: 10 }));
    queue.splice(0, answer.done);
    if (queue.length === 0) group.queues.delete(key);
    const free = () => {
      group.busy.delete(key);
      pump(group);
    };
    if (answer.done < batch.length) setTimeout(free, answer.retryInMs ?? 0);
    else group.busy.delete(key);
  };

  async function* read({ tenant, from, to, types, limit }: ReadRange): AsyncIterable<Delivery> {
    const start =
      from === 'oldest'
        ? 0
        : 'cursor' in from
          ? Number(from.cursor)
          : times.findIndex((time) => time >= from.time);
    const end = events.length;
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (let at = start < 0 ? end : start; at < end && left > 0; at++) {
      const event = events[at]!;
      if (to !== undefined && times[at]! >= to) return;
      if (event.tenant !== tenant || (types && !types.includes(event.type))) continue;
      left -= 1;
      yield { kind: 'event', event, cursor: String(at + 1), position: at + 1 };
    }
  }

  return {
    events,
    setDown: (value) => {
      down = value;
    },
    largestBatch: () => largest,
    redeliver: (name) => {
      const group = groups.get(name)!;
      for (const event of events) enqueue(group, event);
      pump(group);
    },
    publish: async (batch) => {
      await new Promise(setImmediate);
      if (down) throw new BusUnavailable('The bus is away.');
      largest = Math.max(largest, batch.length);
      const published = batch.map((event) => {
        const known = ids.get(event.id);
        if (known !== undefined) return { id: event.id, cursor: String(known), duplicate: true };
        events.push(event);
        times.push(new Date().toISOString());
        ids.set(event.id, events.length);
        for (const group of groups.values()) enqueue(group, event);
        return { id: event.id, cursor: String(events.length), duplicate: false };
      });
      for (const group of groups.values()) pump(group);
      return published;
    },
    read,
    follow: async function* () {
      yield* [];
      throw new Error('The bus in memory does not follow.');
    },
    now: async () => String(events.length),
    position: async (_, cursor) => Number(cursor),
    locate: async (tenant, id) => {
      const at = ids.get(id);
      return at === undefined || events[at - 1]?.tenant !== tenant ? null : String(at);
    },
    consume: async (options, deliver): Promise<Consumption> => {
      const group: Group = {
        options,
        deliver,
        queues: new Map(),
        busy: new Set(),
        stopping: new AbortController(),
        running: new Set(),
      };
      groups.set(options.name, group);
      for (const event of events) enqueue(group, event);
      pump(group);
      return {
        stop: async () => {
          group.stopping.abort();
          await Promise.all(group.running);
        },
      };
    },
    lag: async () =>
      new Map(
        [...groups].map(([name, { queues }]) => [
          name,
          [...queues.values()].reduce((sum, queue) => sum + queue.length, 0),
        ]),
      ),
    passed: async (name, _tenant, cursor) => {
      const before = new Set(events.slice(0, Number(cursor)));
      const queues = [...(groups.get(name)?.queues.values() ?? [])];
      return queues.every((queue) => queue.every((event) => !before.has(event)));
    },
    trim: async () => 0,
    ping: async () => {
      if (down) throw new BusUnavailable('The bus is away.');
    },
    close: async () => {
      for (const group of groups.values()) group.stopping.abort();
    },
  };
}
