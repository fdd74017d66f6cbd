import type { EventEnvelope } from '../envelope.ts';

/**
 * Where events lie after they were committed, for whoever wants them and for as long as they are kept. Two adapters:
 * a durable log of one process (`embedded`) and NATS JetStream (`jetstream`). What one promises both do; the suite in
 * `bus.test.ts` runs on both.
 *
 * Events of one tenant and partition key are read in the order in which they were published. Between keys there is no
 * order to rely on.
 */
export interface Bus {
  /**
   * Appends events in the order given and resolves once they are durable: that an event whose id lies here already is
   * not appended again is promised for as long as it is kept. Rejects with a `BusUnavailable` where nothing is known
   * to be durable, so that the same events must be published again.
   */
  readonly publish: (events: readonly EventEnvelope[], signal?: AbortSignal) => Promise<readonly Published[]>;

  /**
   * Reads one tenant's events from a place on, oldest first: up to `to`, or up to what was there when the call was
   * made, and never waits for more. Begins with a gap where `from` lies before what is kept.
   */
  readonly read: (range: ReadRange, signal?: AbortSignal) => AsyncIterable<Delivery>;

  /**
   * Reads one tenant's events from a place on and goes on with those that come, until the signal aborts. Begins with a
   * gap where `from` lies before what is kept, and says a gap in the middle where a slow reader was overtaken by
   * retention. While the bus is unavailable nothing comes; it goes on where it was.
   */
  readonly follow: (range: Omit<ReadRange, 'to' | 'limit'>, signal: AbortSignal) => AsyncIterable<Delivery>;

  /** A cursor of the tenant behind everything that was published so far. */
  readonly now: (tenant: string) => Promise<Cursor>;

  /** The position of a tenant's cursor, to compare with those of deliveries. Rejects with an `InvalidCursor`. */
  readonly position: (tenant: string, cursor: Cursor) => Promise<Position>;

  /** The cursor of an event by its id; null where no such event of the tenant is kept. */
  readonly locate: (tenant: string, eventId: string) => Promise<Cursor | null>;

  /**
   * Delivers events of all tenants to one group: each event to one member of it, events of one key one after another,
   * at least once. An event that is done is not delivered again; one that is not when the process dies, or whose
   * delivery rejects, comes again. A new group begins with the oldest event that is kept.
   */
  readonly consume: (group: GroupOptions, deliver: Deliver) => Promise<Consumption>;

  /** Events that lie before each group, by its name: those it has not read, of whatever type, and those not done. */
  readonly lag: () => Promise<ReadonlyMap<string, number>>;

  /** Whether the group is done with all that was published up to the tenant's cursor and is of its types. */
  readonly passed: (group: string, tenant: string, cursor: Cursor) => Promise<boolean>;

  /** Forgets events older than `before` (RFC 3339), and answers how many they were. */
  readonly trim: (before: string) => Promise<number>;

  /** Rejects with a `BusUnavailable` where the bus cannot be asked. */
  readonly ping: () => Promise<void>;

  /** Ends every reading and every consumption after the deliveries at hand. Safe to call twice. */
  readonly close: () => Promise<void>;
}

/** A place between two events, opaque outside its adapter: text without spaces. */
export type Cursor = string;

/** Ascends along the bus, and says nothing but which of two places comes first. */
export type Position = number;

export interface Published {
  readonly id: string;
  /** Right behind the event. */
  readonly cursor: Cursor;
  /** True where it was here before. */
  readonly duplicate: boolean;
}

export type Delivery =
  | {
      readonly kind: 'event';
      readonly event: EventEnvelope;
      /** Right behind the event. */
      readonly cursor: Cursor;
      readonly position: Position;
    }
  /** Events between the last place and here may have been forgotten unread; what follows goes on at `cursor`. */
  | { readonly kind: 'gap'; readonly cursor: Cursor; readonly position: Position };

export interface ReadRange {
  readonly tenant: string;
  /** Behind a cursor, at a time (RFC 3339; the first event published at it or later), or at the oldest event. */
  readonly from: { readonly cursor: Cursor } | { readonly time: string } | 'oldest';
  /** Events published before this time (RFC 3339). */
  readonly to?: string;
  /** Only these types; all where it is left out. */
  readonly types?: readonly string[];
  readonly limit?: number;
}

export interface GroupOptions {
  /** Such as `email.suppression`: letters, digits, `.`, `-` and `_`. */
  readonly name: string;
  /** Only these types are delivered. */
  readonly types: readonly string[];
  /** Deliveries under way at once, over all keys; at least 1. */
  readonly concurrency: number;
}

/**
 * Takes events of one tenant and key, in order, at least one and at most `maxBatch`. While the rest of a key waits to
 * come again it takes no part of the group's concurrency, and other keys go on.
 */
export type Deliver = (events: readonly EventEnvelope[], signal: AbortSignal) => Promise<Delivered>;

export interface Delivered {
  /** So many of the events, from the first on, are done. */
  readonly done: number;
  /** When to bring the rest again, together with what came for the key meanwhile; needed where something is left. */
  readonly retryInMs?: number;
}

/** The most events that one delivery has. */
export const maxBatch = 100;

export interface Consumption {
  /** Ends after the deliveries at hand, whose signal aborts after the grace (ms). */
  readonly stop: (graceMs?: number) => Promise<void>;
}

/** UTF-8 bytes of one event as JSON. Events hold keys and no documents; an envelope is about 1 kB. */
export const maxEventBytes = 262_144;

/** A cursor that this bus did not give, or one of another tenant or stream. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

/** The bus cannot be reached, or does not answer in time. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
}
