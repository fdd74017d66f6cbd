import type { EventEnvelope } from '#events/envelope.ts';
import type { PlacedEvent } from './types.ts';

/** A place on the bus, between two events of a tenant. */
export interface Place {
  readonly position: number;
  readonly cursor: string;
}

/** What one follows a tenant's events for, in the order of the bus. A gap says that some may be missing before it. */
export type Happening =
  | ({ readonly kind: 'event' } & PlacedEvent)
  | { readonly kind: 'gap'; readonly cursor: string; readonly position: number };

/** Happenings behind a place, and how far they were looked for. */
export interface Stretch {
  readonly happenings: readonly Happening[];
  /** Behind the last of them, or further where nothing more is there. */
  readonly to: Place;
}

/** A rough measure of what an event takes in memory; envelopes are alike, data is not. */
export function sizeOf(event: EventEnvelope): number {
  return 1_500 + 2 * JSON.stringify(event.data).length;
}
