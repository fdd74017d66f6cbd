import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { vendorCause } from '../domain.ts';
import { releaseLease, takeLease } from '../leases.ts';
import { positionOf } from '../positions.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaTables } from '../tables.ts';
import { readPage } from './read-page.ts';

export interface PollOptions {
  readonly log: Logger;
  readonly everyMs?: number;
  readonly leaseMs?: number;
  /** How long one round of one tenant may take before it is broken off, and goes on in the next. */
  readonly roundMs?: number;
  /** What else is to be done in each round of a tenant, by the one who polls for it. */
  readonly afterwards?: ((tenant: string, signal: AbortSignal) => Promise<void>) | undefined;
}

export interface Polling {
  /** Ends with the page at hand. */
  readonly stop: () => Promise<void>;
}

/**
 * Keeps the replicas of all tenants up to date, each in a loop of its own: of several processes on one store one polls
 * for a tenant. Types that no backfill has come to the end of are left to that: to read a whole CRM is a decision.
 */
export function startPolling<Tables extends ReplicaTables>(
  replica: Replica<Tables>,
  { log, everyMs = 30_000, leaseMs = 120_000, roundMs = 90_000, afterwards }: PollOptions,
): Polling {
  const stopping = new AbortController();
  const { signal } = stopping;
  const owner = randomUUID();
  const loops = [...replica.systems].map(async ([tenant, system]) => {
    const use = { tenant, vendor: system.vendor, owner };
    const place = { tenant, vendor: system.vendor };
    const round = async () => {
      const within = AbortSignal.any([signal, AbortSignal.timeout(roundMs)]);
      for (const type of replica.domain.types) {
        const position = await positionOf(replica.store.db, { ...place, type });
        if (position === null || position.sweptAt === null) continue;
        const cause = vendorCause(system.vendor, tenant);
        for (let more = true; more && !within.aborted; ) {
          if (!(await takeLease(replica.store, use, leaseMs))) return;
          ({ more } = await readPage(replica, { system, tenant, type, cause, signal: within }));
        }
      }
      if (afterwards !== undefined && (await takeLease(replica.store, use, leaseMs))) {
        await afterwards(tenant, within);
      }
    };
    while (!signal.aborted) {
      await round().catch((err: unknown) => {
        if (!signal.aborted) log.warn({ err, ...place }, 'a vendor could not be polled; it comes again');
      });
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
    await releaseLease(replica.store, use).catch((err: unknown) =>
      log.warn({ err, ...place }, 'a lease was not given up; it ends by itself'),
    );
  });
  return {
    stop: async () => {
      stopping.abort(new Error('The process is ending.'));
      await Promise.all(loops);
    },
  };
}
