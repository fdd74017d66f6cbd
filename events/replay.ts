import type { Bus, Cursor, Delivery, ReadRange } from './bus/port.ts';
import type { EventEnvelope } from './envelope.ts';
import type { OpenConsumer } from './start-consumer.ts';
import { pause } from './waiting.ts';

export interface ReplayOptions {
  readonly bus: Pick<Bus, 'read' | 'passed'>;
  readonly consumer: OpenConsumer;
  /** Types that the consumer does not react to are refused; all of its types where they are left out. */
  readonly range: ReadRange;
  /** Also what was handled before; only for consumers that are repeatable. */
  readonly again?: boolean;
  /** Only counts. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Ends it after the events at hand. */
  readonly signal: AbortSignal;
}

export interface ReplayProgress {
  /** Events of the range so far. */
  readonly read: number;
  /** Of these: brought to the consumer (or, in a dry run, what would be); they took effect or were parked. */
  readonly handled: number;
  /** Of these: not brought, since the consumer had handled them. */
  readonly skipped: number;
  /** Times that events of the range were no longer kept. */
  readonly gaps: number;
  /** Where to go on from; null before the first event. */
  readonly cursor: Cursor | null;
  /** When the last event happened, RFC 3339. */
  readonly time: string | null;
}

/** A replay that cannot be; `code` is stable. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
  readonly code: 'NOT_REPEATABLE' | 'NOT_CONSUMED' | 'CONSUMER_BEHIND';

  constructor(code: ReplayRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Events in memory, and between two reports of progress. */
const chunkSize = 200;
/** How long a replay waits for the consumer to come past the events it is about to bring. */
const behindMs = 120_000;
const lookAgainMs = 50;

/**
 * Brings events that the bus has to one consumer again, while traffic goes on: those that its inbox lacks, such as
 * those of a type that it did not react to before, or all.
 *
 * An event is brought only once the consumer's group has passed it, so that no event overtakes an earlier one of its
 * key that is still on its way; and it takes its turn with the deliveries of its key.
 *
 * Throws `ReplayRefused` where it cannot be, and what the bus throws.
 */
export async function replay(options: ReplayOptions): Promise<ReplayProgress> {
  const { bus, consumer, range, again = false, onProgress, signal } = options;
  if (again && !consumer.repeatable) {
    throw new ReplayRefused(
      'NOT_REPEATABLE',
      `${consumer.name} must not handle an event twice: replay without "again", which brings only what it has not handled.`,
    );
  }
  const foreign = range.types?.filter((type) => !consumer.types.includes(type)) ?? [];
  if (foreign.length > 0) {
    throw new ReplayRefused(
      'NOT_CONSUMED',
      `${consumer.name} does not react to ${foreign.join(', ')}, but to ${consumer.types.join(', ')}.`,
    );
  }

  let progress: ReplayProgress = { read: 0, handled: 0, skipped: 0, gaps: 0, cursor: null, time: null };
  const deliveries = bus.read({ ...range, types: range.types ?? consumer.types }, signal);
  for await (const chunk of chunks(deliveries)) {
    if (signal.aborted) break;
    const handled = await bring(chunk, options);
    if (signal.aborted) break;
    progress = advanced(progress, chunk, handled);
    onProgress?.(progress);
  }
  return progress;
}

/** Answers how many events were brought. */
async function bring(chunk: readonly Delivery[], options: ReplayOptions): Promise<number> {
  const { consumer, again = false, dryRun = false, signal } = options;
  const events = eventsOf(chunk);
  if (!dryRun) await untilPassed(options, chunk.at(-1)!.cursor);
  const known = again ? new Set<string>() : await consumer.handled(events);
  const fresh = events.filter(({ id }) => !known.has(id));
  if (dryRun) return fresh.length;

  const keys = [...Map.groupBy(fresh, ({ partitionkey }) => partitionkey).values()];
  const worker = async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      await bringKey(key, consumer, again, signal);
    }
  };
  await Promise.all(Array.from({ length: consumer.concurrency }, worker));
  return fresh.length;
}

async function bringKey(
  events: readonly EventEnvelope[],
  consumer: OpenConsumer,
  again: boolean,
  signal: AbortSignal,
): Promise<void> {
  let rest = events;
  while (rest.length > 0 && !signal.aborted) {
    const { done, retryInMs = 0 } = await consumer.take(rest, again ? 'anew' : 'new', signal);
    rest = rest.slice(done);
    if (rest.length > 0) await pause(retryInMs, signal);
  }
}

async function untilPassed({ bus, consumer, range, signal }: ReplayOptions, cursor: Cursor): Promise<void> {
  const group = consumer.name;
  const deadline = performance.now() + behindMs;
  while (!signal.aborted && !(await bus.passed(group, range.tenant, cursor))) {
    if (performance.now() > deadline) {
      throw new ReplayRefused(
        'CONSUMER_BEHIND',
        `${group} has not come past ${cursor} within ${behindMs / 1000} s: look at its lag, and replay an earlier range until it has.`,
      );
    }
    await pause(lookAgainMs, signal);
  }
}

async function* chunks(deliveries: AsyncIterable<Delivery>): AsyncIterable<readonly Delivery[]> {
  let chunk: Delivery[] = [];
  for await (const delivery of deliveries) {
    chunk.push(delivery);
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function advanced(before: ReplayProgress, chunk: readonly Delivery[], handled: number): ReplayProgress {
  const events = eventsOf(chunk);
  return {
    read: before.read + events.length,
    handled: before.handled + handled,
    skipped: before.skipped + events.length - handled,
    gaps: before.gaps + chunk.length - events.length,
    cursor: chunk.at(-1)!.cursor,
    time: events.at(-1)?.time ?? before.time,
  };
}

function eventsOf(chunk: readonly Delivery[]): readonly EventEnvelope[] {
  return chunk.flatMap((delivery) => (delivery.kind === 'event' ? [delivery.event] : []));
}
