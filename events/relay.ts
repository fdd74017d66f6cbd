import { sql, type Transaction } from 'kysely';
import type { Bus } from './bus/port.ts';
import type { EventEnvelope } from './envelope.ts';
import type { EventLog, EventStore } from './event-store.ts';
import { laneLeases } from './lane-leases.ts';
import type { EventObserver } from './observer.ts';
import type { OutboxTables } from './outbox.ts';
import { makeBell, pause } from './waiting.ts';

export interface RelayOptions<Tables extends OutboxTables> {
  /** Of the store, such as `crm`: for the log and the observer. */
  readonly name: string;
  readonly store: EventStore<Tables>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly log: EventLog;
  readonly observer?: EventObserver;
  /** On PostgreSQL, how long the lanes of a relay that died wait for another; half of it is the time-out to publish. */
  readonly leaseMs?: number;
  /** How often the outbox is looked at without having been told of a commit. */
  readonly pollMs?: number;
  /** Most events in memory, and in one call of the bus. */
  readonly batchSize?: number;
}

export interface Relay {
  /** Ends after the batch at hand, and lets others have its lanes. Safe to call twice. */
  readonly close: () => Promise<void>;
}

/** The wait after a failure doubles from here. */
const firstBackoffMs = 50;

/**
 * Puts the events of a store's outbox onto the bus: those of one key in the order of their commits, each at least once,
 * and takes out of the outbox what the bus has made durable. Begins at once after a commit. While the bus is away the
 * outbox holds what comes, and the relay one batch.
 */
export function startRelay<Tables extends OutboxTables>(options: RelayOptions<Tables>): Relay {
  const { name, store, bus, log, observer } = options;
  const { leaseMs = 6_000, pollMs = 1_000, batchSize = 500 } = options;
  const leases = laneLeases(store, leaseMs);
  const closing = new AbortController();
  const bell = makeBell();
  const unsubscribe = store.onAppend(bell.ring);

  /** Publishes what waits, up to so many events, and answers whether there may be more: of one lane a part is read. */
  const turn = async (size: number): Promise<boolean> => {
    await leases.keep();
    const waiting = await leases.pending(size);
    if (waiting.length === 0) return false;
    await store.durable();
    // Less than the time-out is left where reading took long, or this process was paused: renew, and read again.
    if (performance.now() + leaseMs / 2 > leases.heldUntil()) return true;
    await bus.publish(
      waiting.map(({ envelope }) => JSON.parse(envelope) as EventEnvelope),
      AbortSignal.timeout(leaseMs / 2),
    );
    const now = Date.now();
    observer?.published?.(
      name,
      waiting.map(({ appendedAt }) => now - Date.parse(appendedAt)),
    );
    const ids = JSON.stringify(waiting.map(({ id }) => id));
    await store.transaction((trx) => remove(trx, store.engine, ids));
    return waiting.length >= size / 4;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let size = batchSize;
    while (!closing.signal.aborted) {
      bell.reset();
      try {
        const more = await turn(size);
        size = Math.min(size * 2, batchSize);
        if (failures > 0) log.info({ store: name, failures }, 'The relay publishes again.');
        failures = 0;
        if (!more) await bell.wait(pollMs, closing.signal);
      } catch (error) {
        failures += 1;
        // A slow bus may not take in time what it takes in parts.
        size = Math.ceil(size / 2);
        observer?.publishFailed?.(name);
        if (failures === 1)
          log.warn({ err: error, store: name }, 'Events wait: they cannot be published now.');
        // Never so long that the lease ends meanwhile.
        await pause(Math.min(firstBackoffMs * 2 ** (failures - 1), leaseMs / 3), closing.signal);
      }
    }
    // Where the database is away the leases end by themselves.
    await leases.release().catch(() => {});
  };

  const ended = run();
  return {
    close: async () => {
      unsubscribe();
      closing.abort();
      await ended;
    },
  };
}

/** One statement of the same text for every number of rows, so that it is prepared once. */
async function remove<Tables>(trx: Transaction<Tables>, engine: EventStore<Tables>['engine'], ids: string) {
  const list = engine === 'postgres' ? sql`json_array_elements_text(${ids}::json)` : sql`json_each(${ids})`;
  await sql`delete from outbox where id in (select value from ${list})`.execute(trx);
}
