import { defineError, list } from './errors.ts';

/* Reading events. */

export const EventsNotServed = defineError(
  'EVENTS_NOT_SERVED',
  503,
  'request',
  () => 'This gateway has no bus of events: set BUS_URL, or run `tributary up`.',
);
export const EventsUnavailable = defineError(
  'EVENTS_UNAVAILABLE',
  503,
  'request',
  () => 'The bus of events cannot be reached at the moment: try again in a moment.',
);
export const InvalidEventCursor = defineError('INVALID_CURSOR', 400, 'request', (reason: string) => reason);
export const UnknownEventId = defineError(
  'INVALID_CURSOR',
  400,
  'request',
  (id: string) =>
    `No event "${id}" is kept: it is none of this tenant's, or was forgotten. Begin at a cursor or a time.`,
);
export const EventTimeInvalid = defineError(
  'INVALID_ARGUMENT',
  400,
  'request',
  (value: unknown) =>
    `"from" is ${JSON.stringify(value)}, which is no time: write it as 2026-03-01T09:30:00Z.`,
);
export const EventStartTwice = defineError(
  'INVALID_ARGUMENT',
  400,
  'request',
  () => '"after" and "from" both say where to begin: give one of them.',
);
export const EventCountInvalid = defineError(
  'INVALID_ARGUMENT',
  400,
  'request',
  (value: unknown, most: number) => `"first" is ${value}: ask for 1 to ${most} events.`,
);
export const EventTypeUnknown = defineError(
  'INVALID_ARGUMENT',
  400,
  'request',
  (type: string, known: readonly string[]) =>
    `"types" names "${type}", which is no event here: take some of ${list(known)}.`,
);
