import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { EventStore } from './event-store.ts';
import { lanes, type OutboxTables } from './outbox.ts';

/**
 * Who publishes which lanes. On PostgreSQL several relays may run: each lane is leased to one of them, by the clock of
 * the database. A SQLite file belongs to one process, whose relay has them all.
 *
 * A relay that was paused past its lease may wake with rows in its hands that another has published meanwhile. It
 * looks at `heldUntil` before it publishes, and its time-out ends before the lease. What slips through even so (a pause
 * between the look and the socket) does no harm: the other began with the same rows in the same order, and the bus
 * drops an event that it has. Deleting what was published is right whoever holds the lane.
 */
export interface LaneLeases {
  /** Renews what is held where that is due, and takes and gives up lanes towards an equal share. */
  readonly keep: () => Promise<void>;
  /** Until when the lanes are held for certain, as `performance.now()` counts. */
  readonly heldUntil: () => number;
  /** Reads what waits in the lanes held at this moment, up to so many events, each lane's oldest first. */
  readonly pending: (limit: number) => Promise<readonly Waiting[]>;
  /** Gives all up, for others to take at once. */
  readonly release: () => Promise<void>;
}

/** A row of the outbox, as far as a relay needs it. */
export interface Waiting {
  readonly id: string;
  readonly envelope: string;
  readonly appendedAt: string;
}

export function laneLeases<Tables extends OutboxTables>(
  store: EventStore<Tables>,
  leaseMs: number,
): LaneLeases {
  if (store.engine === 'sqlite') {
    return {
      keep: async () => {},
      heldUntil: () => Number.POSITIVE_INFINITY,
      pending: async (limit) => {
        const { rows } = await sql<Waiting>`
          select id, envelope, appended_at from outbox order by position limit ${limit}`.execute(store.db);
        return rows;
      },
      release: async () => {},
    };
  }

  const owner = randomUUID();
  const expiry = sql`clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'`;
  let heldUntil = Number.NEGATIVE_INFINITY;
  let renewAt = Number.NEGATIVE_INFINITY;

  const keep = async (): Promise<void> => {
    const asked = performance.now();
    if (asked < renewAt) return;
    await store.transaction(async (trx) => {
      await sql`
        insert into relays (owner, expires_at) values (${owner}, ${expiry})
        on conflict (owner) do update set expires_at = excluded.expires_at`.execute(trx);
      await sql`
        delete from relays where owner in (
          select owner from relays where expires_at < clock_timestamp() for update skip locked
        )`.execute(trx);
      const live = await sql<{ owner: string }>`select owner from relays order by owner`.execute(trx);
      const held = await sql<{ lane: number }>`
        update lane_leases set expires_at = ${expiry}
        where owner = ${owner} and expires_at > clock_timestamp() returning lane`.execute(trx);
      const share = shareOf(
        live.rows.map((row) => row.owner),
        owner,
      );
      const surplus = held.rows.slice(share).map(({ lane }) => lane);
      if (surplus.length > 0) {
        await sql`
          update lane_leases set owner = null, expires_at = null
          where owner = ${owner} and lane = any(${surplus})`.execute(trx);
      } else if (held.rows.length < share) {
        await sql`
          update lane_leases set owner = ${owner}, expires_at = ${expiry}
          where lane in (
            select lane from lane_leases where owner is null or expires_at <= clock_timestamp()
            order by lane limit ${share - held.rows.length} for update skip locked
          )`.execute(trx);
      }
    });
    heldUntil = asked + leaseMs;
    renewAt = asked + leaseMs / 3;
  };

  return {
    keep,
    heldUntil: () => heldUntil,
    pending: async (limit) => {
      // A few of each lane by its index: over all lanes at once a long outbox would be sorted for every batch.
      const { rows } = await sql<Waiting>`
        select id, envelope, appended_at from lane_leases cross join lateral (
          select id, position, envelope, appended_at from outbox where outbox.lane = lane_leases.lane
          order by position limit ${Math.ceil(limit / 4)}
        ) as waiting
        where owner = ${owner} and expires_at > clock_timestamp()
        order by position limit ${limit}`.execute(store.db);
      return rows;
    },
    release: async () => {
      heldUntil = Number.NEGATIVE_INFINITY;
      await store.transaction(async (trx) => {
        await sql`update lane_leases set owner = null, expires_at = null where owner = ${owner}`.execute(trx);
        await sql`delete from relays where owner = ${owner}`.execute(trx);
      });
    },
  };
}

/** How many lanes are one relay's: all have the same, and the first so many one more where it does not divide. */
export function shareOf(live: readonly string[], owner: string): number {
  const rank = live.indexOf(owner);
  return Math.floor(lanes / live.length) + (rank < lanes % live.length ? 1 : 0);
}
