import type { Transaction } from 'kysely';
import {
  causeOfReaction,
  defineConsumer,
  type OutsideConsumer,
  type OutsideContext,
  type RetryPolicy,
} from '#events/consumer.ts';
import type { EventDefinition } from '#events/define-event.ts';
import type { Cause, EventEnvelope } from '#events/envelope.ts';
import type { EventStore } from '#events/event-store.ts';
import { GraphUnavailable } from '../../graph.ts';
import { isTemporary, VendorError } from '../error.ts';
import type { Pushed, PushOptions } from '../system.ts';
import { pushesOfEvents, updatePush } from './record.ts';
import { type Batch, noteFailure, type Outcome, takeBatch } from './sending.ts';
import type { Push, PushTables } from './tables.ts';

/** What a consumer of pushes asks of a vendor's system. */
export interface PushTarget<Change> {
  readonly vendor: string;
  readonly push: (change: Change, options: PushOptions) => Promise<Pushed>;
}

export type Prepared<Change> =
  | { readonly kind: 'change'; readonly change: Change }
  /** There is nothing to tell the vendor: what it has is what it should. */
  | { readonly kind: 'nothing' }
  /** The vendor could not even be told of it. */
  | Extract<Outcome, { readonly kind: 'rejected' }>;

export interface PushesOptions<Tables extends PushTables, Change> {
  /** Of the consumer, such as `crm.push`. */
  readonly name: string;
  /** The subgraph's own that tell of its changes. Those of changes that no vendor is to get are passed over. */
  readonly events: readonly EventDefinition[];
  readonly store: EventStore<Tables>;
  /** By tenant. */
  readonly systems: ReadonlyMap<string, PushTarget<Change>>;
  /** Whether changes of one record that wait are sent as one. */
  readonly joins: boolean;
  /** Says a batch in the vendor's ids. May reject as the vendor does, or with a `GraphUnavailable`. */
  readonly changeOf: (
    batch: Batch,
    to: { readonly vendor: string; readonly signal: AbortSignal },
  ) => Promise<Prepared<Change>>;
  /** Locks the row, settles the batch by `settleBatch`, and changes the row with its events. */
  readonly settle: (
    trx: Transaction<Tables>,
    batch: Batch,
    outcome: Outcome,
    by: { readonly vendor: string; readonly cause: Cause },
  ) => Promise<void>;
  /**
   * Brings what the vendor has of a record, where it changed it while a change of ours was under way; left out where
   * the vendor's changes are not weighed against ours.
   */
  readonly readAgain?: (push: Push, signal: AbortSignal) => Promise<void>;
}

/**
 * What is lasting fails as often as other events of other consumers; what is temporary, such as a vendor that is down
 * for hours, is waited for. Keys wait for themselves alone.
 */
export const pushRetry: RetryPolicy = {
  attempts: 10,
  firstMs: 500,
  capMs: 60_000,
  isTemporary: (error) => isTemporary(error) || error instanceof GraphUnavailable || isTimeout(error),
};

const isTimeout = (error: unknown) => error instanceof DOMException && error.name === 'TimeoutError';

/** The longest that is kept of what a vendor says of a refusal. */
const longestReason = 1_000;

/**
 * Brings changes to the vendor: in the order in which a record got them, each until the vendor has answered. What it
 * answered commits with the row. A crash between the two sends the same again, with the same idempotency key.
 */
export function pushConsumer<Tables extends PushTables, Change>(
  options: PushesOptions<Tables, Change>,
): OutsideConsumer {
  const { name, events, store, systems, joins, changeOf, settle, readAgain } = options;

  const handle = async (
    given: readonly EventEnvelope<object>[],
    { signal }: OutsideContext,
  ): Promise<void> => {
    const [first] = given;
    if (first === undefined) return;
    const ids = given.map(({ id }) => id);
    const pushes = await pushesOfEvents(store.db, first.tenant, ids);
    for (const push of pushes) {
      if (push.state !== 'PENDING') continue;
      const event = given.find(({ id }) => id === push.eventId) ?? first;
      await bring(push, causeOfReaction(name, event), signal);
    }
    for (const push of await pushesOfEvents(store.db, first.tenant, ids)) {
      if (push.contested === 0 || push.state === 'PENDING') continue;
      await readAgain?.(push, signal);
      await store.transaction((trx) => updatePush(trx, push, { contested: 0 }));
    }
  };

  const bring = async (push: Push, cause: Cause, signal: AbortSignal): Promise<void> => {
    const system = systems.get(push.tenant);
    if (system === undefined) {
      throw new Error(`The tenant "${push.tenant}" has no vendor any more, and a change waits for it.`);
    }
    for (;;) {
      const batch = await takeBatch(store, push, joins);
      if (batch === null) return;
      const outcome = await send(system, batch, signal);
      await store.transaction((trx) => settle(trx, batch, outcome, { vendor: system.vendor, cause }));
    }
  };

  const send = async (system: PushTarget<Change>, batch: Batch, signal: AbortSignal): Promise<Outcome> => {
    try {
      const prepared = await changeOf(batch, { vendor: system.vendor, signal });
      if (prepared.kind === 'rejected') return rejected(prepared);
      if (prepared.kind === 'nothing') return { kind: 'accepted', record: null };
      const { idempotencyKey } = batch;
      const pushed = await system.push(prepared.change, { idempotencyKey, signal });
      return pushed.kind === 'accepted' ? pushed : rejected(pushed);
    } catch (error) {
      if (error instanceof VendorError && error.failure.kind === 'refused') {
        return rejected({ code: error.failure.code, reason: error.reason ?? '' });
      }
      await noteFailure(store, batch, failureOf(error));
      throw error;
    }
  };

  return defineConsumer({ name, events, effects: 'outside', retry: pushRetry, handle });
}

/** A code goes into events and logs: it is a word of the vendor's, and no sentence. */
const codePattern = /^[A-Za-z0-9_.:-]{1,64}$/;

function rejected({ code, reason }: { readonly code: string; readonly reason: string }): Outcome {
  return {
    kind: 'rejected',
    code: codePattern.test(code) ? code : 'REFUSED',
    reason: reason.slice(0, longestReason),
  };
}

function failureOf(error: unknown): string {
  if (error instanceof VendorError) return error.failure.kind;
  return error instanceof Error ? error.name : 'Error';
}
