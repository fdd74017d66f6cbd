import { setTimeout as sleep } from 'node:timers/promises';
import type { EventEnvelope } from '../envelope.ts';
import type { Cursors } from './cursors.ts';
import { BusUnavailable, type Delivery, InvalidCursor, type ReadRange } from './port.ts';

/** Where a log begins and ends. Positions ascend from 1 in the order of publishing and are never given again. */
export interface Extent {
  /** Everything up to here is no longer kept; 0 where all is. */
  readonly trimmedTo: number;
  /** The newest event; `trimmedTo` where none is kept. */
  readonly last: number;
}

/** The place of a time. */
export interface Sought extends Extent {
  /** The newest position that was published before it; `trimmedTo` where none is kept. */
  readonly before: number;
  /** Whether events that were published at it or later may have been trimmed. */
  readonly isTrimmed: boolean;
}

export interface Row {
  readonly position: number;
  readonly json: string;
}

export interface Page extends Extent {
  readonly rows: readonly Row[];
  /** Behind `rows` there is nothing that was wanted up to here. */
  readonly scannedTo: number;
}

/** Reads the events of one tenant on and on. */
export interface PageReader {
  /** The next events behind a position and up to another one; never waits for more. */
  readonly page: (after: number, to?: number) => Promise<Page>;
  /** Resolves when there may be something behind the position; at the latest when the signal aborts. */
  readonly news: (after: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

/** A log as reading a range needs it. */
export interface RangeSource {
  readonly cursors: () => Promise<Cursors>;
  readonly extent: () => Promise<Extent>;
  /** @param time in milliseconds since 1970 */
  readonly seek: (time: number) => Promise<Sought>;
  readonly open: (tenant: string, types: readonly string[] | undefined) => PageReader;
}

/** Until a log that could not be asked is asked again. */
const againMs = 250;

/** Reads up to the end of the range, or to what was there at the beginning. Rejects with the signal's reason. */
export async function* readRange(
  source: RangeSource,
  range: ReadRange,
  signal: AbortSignal,
): AsyncGenerator<Delivery> {
  const start = await begin(source, range);
  const to =
    range.to === undefined ? start.last : Math.min(start.last, (await source.seek(ms(range.to))).before);
  const left = { events: range.limit ?? Number.POSITIVE_INFINITY };
  const reader = source.open(range.tenant, range.types);
  try {
    if (start.isGap) yield gap(start.cursors, range.tenant, start.at);
    for (let at = start.at; at < to && left.events > 0; ) {
      signal.throwIfAborted();
      const page = await reader.page(at, to);
      for (const delivery of deliveries(start.cursors, range.tenant, at, page)) {
        signal.throwIfAborted();
        yield delivery;
        if (delivery.kind === 'event' && --left.events === 0) break;
      }
      at = Math.max(page.scannedTo, page.trimmedTo);
    }
  } finally {
    reader.close();
  }
}

/** Reads on until the signal aborts; while the log cannot be asked, nothing comes. */
export async function* followRange(
  source: RangeSource,
  range: Omit<ReadRange, 'to' | 'limit'>,
  signal: AbortSignal,
): AsyncGenerator<Delivery> {
  const start = await untilAsked(() => begin(source, range), signal);
  if (start === undefined) return;
  const reader = source.open(range.tenant, range.types);
  try {
    let { at } = start;
    if (start.isGap) yield gap(start.cursors, range.tenant, at);
    while (!signal.aborted) {
      const page = await untilAsked(() => reader.page(at), signal);
      if (page === undefined) return;
      for (const delivery of deliveries(start.cursors, range.tenant, at, page)) {
        if (signal.aborted) return;
        yield delivery;
      }
      at = Math.max(page.scannedTo, page.trimmedTo);
      if (at >= page.last) await untilAsked(() => reader.news(at, signal), signal);
    }
  } finally {
    reader.close();
  }
}

interface Start extends Extent {
  readonly cursors: Cursors;
  readonly at: number;
  readonly isGap: boolean;
}

async function begin(source: RangeSource, { tenant, from }: Omit<ReadRange, 'to'>): Promise<Start> {
  const cursors = await source.cursors();
  if (from === 'oldest') {
    const extent = await source.extent();
    return { ...extent, cursors, at: extent.trimmedTo, isGap: false };
  }
  if ('time' in from) {
    const sought = await source.seek(ms(from.time));
    return { ...sought, cursors, at: sought.before, isGap: sought.isTrimmed };
  }
  const at = cursors.read(tenant, from.cursor);
  const extent = await source.extent();
  if (at > extent.last) {
    throw new InvalidCursor(
      `"${from.cursor}" lies behind the newest event: the log is an older copy of itself.`,
    );
  }
  return { ...extent, cursors, at: Math.max(at, extent.trimmedTo), isGap: at < extent.trimmedTo };
}

function* deliveries(cursors: Cursors, tenant: string, at: number, page: Page): Generator<Delivery> {
  if (page.trimmedTo > at) {
    const next = page.rows[0]?.position ?? Number.POSITIVE_INFINITY;
    yield gap(cursors, tenant, Math.min(page.trimmedTo, next - 1));
  }
  for (const { position, json } of page.rows) {
    yield {
      kind: 'event',
      event: JSON.parse(json) as EventEnvelope,
      cursor: cursors.write(tenant, position),
      position,
    };
  }
}

function gap(cursors: Cursors, tenant: string, position: number): Delivery {
  return { kind: 'gap', cursor: cursors.write(tenant, position), position };
}

/** Asks again while the bus is unavailable; undefined once the signal aborts. */
async function untilAsked<Result>(
  ask: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  while (!signal.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof BusUnavailable)) throw error;
      await sleep(againMs, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}

/** The milliseconds of an RFC 3339 time. Throws a RangeError that names another text. */
export function ms(time: string): number {
  const parsed = Date.parse(time);
  if (Number.isNaN(parsed)) throw new RangeError(`"${time}" is no time; write it as 2026-01-31T08:00:00Z.`);
  return parsed;
}
