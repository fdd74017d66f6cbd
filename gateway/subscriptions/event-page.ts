import { type Bus, BusUnavailable, InvalidCursor, type ReadRange } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import {
  EventCountInvalid,
  EventStartTwice,
  EventsUnavailable,
  EventTimeInvalid,
  EventTypeUnknown,
  InvalidEventCursor,
  UnknownEventId,
} from '#gateway/pipeline/event-errors.ts';
import type { Message } from './event-projection.ts';
import type { EventFilter } from './types.ts';

/** Whose events are read, where, and until when. */
export interface EventSource {
  readonly bus: Bus;
  readonly tenant: string;
  readonly signal: AbortSignal;
}

/** The arguments of the query `events`, coerced. */
export type PageArguments = Readonly<Record<string, unknown>>;

/** What the query `events` answers. */
export interface EventPage {
  readonly nodes: readonly Message[];
  readonly cursor: string;
  readonly gap: boolean;
  readonly hasMore: boolean;
}

/** The most events of a page, and those that are looked at for one: a rare one must not cost reading everything. */
const mostEvents = 500;
const mostLookedAt = 2_000;

const eventId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads one page of a tenant's events.
 * @param known types of the events that the supergraph has
 * @throws GatewayError where an argument makes no sense or the bus cannot be asked.
 */
export async function readEventPage(
  { bus, tenant, signal }: EventSource,
  args: PageArguments,
  filters: readonly EventFilter[],
  known: readonly string[],
): Promise<EventPage> {
  const first = countOf(args.first);
  const types = typesOf(args.types, known);
  const chosen = filters.filter(({ argument }) => isGiven(args[argument]));
  try {
    const from = await startOf(bus, tenant, args);
    // What is here now and is not brought has been looked at and is none of these.
    let cursor = await bus.now(tenant);
    let isCovered = await bus.position(tenant, cursor);
    const nodes: Message[] = [];
    let [gap, lookedAt, hasMore] = [false, 0, false];
    let last: string | undefined;
    for await (const delivery of bus.read({ tenant, from, types, limit: mostLookedAt }, signal)) {
      last = delivery.cursor;
      isCovered = Math.max(isCovered, delivery.position);
      if (delivery.position === isCovered) cursor = delivery.cursor;
      if (delivery.kind === 'gap') {
        gap = true;
        continue;
      }
      lookedAt += 1;
      const { event } = delivery;
      if (chosen.every((filter) => matches(event, filter, args))) {
        nodes.push({ event, cursor: delivery.cursor, entityId: undefined });
      }
      hasMore = nodes.length === first || lookedAt === mostLookedAt;
      if (hasMore) break;
    }
    return { nodes, cursor: hasMore && last !== undefined ? last : cursor, gap, hasMore };
  } catch (error) {
    throw readingError(error);
  }
}

/** The cursor of the tenant behind everything so far. @throws GatewayError where the bus cannot be asked. */
export async function eventCursor({ bus, tenant }: EventSource): Promise<string> {
  try {
    return await bus.now(tenant);
  } catch (error) {
    throw readingError(error);
  }
}

/**
 * The cursor that `after` means: itself, or that of the event which it is the id of.
 * @throws GatewayError where no such event of the tenant is kept.
 */
export async function cursorAfter(bus: Bus, tenant: string, after: string): Promise<string> {
  if (!eventId.test(after)) return after;
  const cursor = await bus.locate(tenant, after.toLowerCase());
  if (cursor === null) throw UnknownEventId(after);
  return cursor;
}

/** What a failure of the bus is to clients; anything else stays what it was. */
export function readingError(error: unknown): unknown {
  if (error instanceof InvalidCursor) return InvalidEventCursor(error.message);
  if (error instanceof BusUnavailable) return EventsUnavailable();
  return error;
}

function matches(event: EventEnvelope, { argument, attributes }: EventFilter, args: PageArguments): boolean {
  return attributes.some((name) => event[name] === args[argument]);
}

async function startOf(bus: Bus, tenant: string, args: PageArguments): Promise<ReadRange['from']> {
  const { after, from } = args;
  if (isGiven(after) && isGiven(from)) throw EventStartTwice();
  if (isGiven(after)) return { cursor: await cursorAfter(bus, tenant, String(after)) };
  if (!isGiven(from)) return 'oldest';
  if (typeof from !== 'string' || Number.isNaN(Date.parse(from))) throw EventTimeInvalid(from);
  return { time: from };
}

function countOf(first: unknown): number {
  if (typeof first === 'number' && first >= 1 && first <= mostEvents) return first;
  throw EventCountInvalid(first, mostEvents);
}

function typesOf(types: unknown, known: readonly string[]): readonly string[] {
  if (!Array.isArray(types)) return known;
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined) throw EventTypeUnknown(String(unknown), known);
  return types;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
