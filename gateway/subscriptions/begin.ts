import { type Bus, BusUnavailable, InvalidCursor } from '#events/bus/port.ts';
import { EventsUnavailable, InvalidEventCursor, UnknownEventId } from '#gateway/pipeline/event-errors.ts';
import type { Place } from './place.ts';

/** As ids of events are written: a UUIDv7. No cursor looks like it. */
const eventId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Where a tenant's events end, and where a subscription begins. */
export interface Beginning {
  readonly now: Place;
  /** The same as `now` where nothing else was asked for. */
  readonly place: Place;
}

/**
 * Finds the place that a client goes on from: behind everything that there is now, or behind what it names.
 * @param after a cursor, or the id of an event
 * @throws GatewayError `INVALID_CURSOR` or `EVENTS_UNAVAILABLE`.
 */
export async function findBeginning(bus: Bus, tenant: string, after: string | undefined): Promise<Beginning> {
  try {
    const placed = after === undefined ? undefined : await findPlace(bus, tenant, after);
    /* Later than the other, which therefore lies before it unless it comes from a log that had more. */
    const cursor = await bus.now(tenant);
    const now = { cursor, position: await bus.position(tenant, cursor) };
    if (placed !== undefined && placed.position > now.position) {
      throw InvalidEventCursor(
        `"${placed.cursor}" lies behind the newest event: the log is an older copy of itself. Leave "after" out, and read what you show anew.`,
      );
    }
    return { now, place: placed ?? now };
  } catch (error) {
    if (error instanceof InvalidCursor) throw InvalidEventCursor(error.message);
    throw error instanceof BusUnavailable ? EventsUnavailable() : error;
  }
}

async function findPlace(bus: Bus, tenant: string, after: string): Promise<Place> {
  const cursor = eventId.test(after) ? await bus.locate(tenant, after.toLowerCase()) : after;
  if (cursor === null) throw UnknownEventId(after);
  return { cursor, position: await bus.position(tenant, cursor) };
}
