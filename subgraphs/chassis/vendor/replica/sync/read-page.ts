import type { Cause } from '#events/envelope.ts';
import type { AnySystem } from '../domain.ts';
import { movePosition, positionOf } from '../positions.ts';
import { readTime } from '../read-time.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaTables } from '../tables.ts';
import type { WriteReport } from '../writer.ts';

export interface PageRequest {
  readonly system: AnySystem;
  readonly tenant: string;
  readonly type: string;
  readonly cause: Cause;
  readonly signal: AbortSignal;
}

export interface ReadPage extends WriteReport {
  readonly seen: number;
  readonly more: boolean;
}

/**
 * Reads the next page of changes of a type and writes it together with the position behind it: a run that breaks off is
 * taken up where it was, and two runs at once do some of the work twice and no harm.
 */
export async function readPage<Tables extends ReplicaTables>(
  { store, writer }: Pick<Replica<Tables>, 'store' | 'writer'>,
  { system, tenant, type, cause, signal }: PageRequest,
): Promise<ReadPage> {
  const place = { tenant, vendor: system.vendor, type };
  const position = await positionOf(store.db, place);
  const observedAt = readTime();
  const options = { urgency: 'sync', signal } as const;
  const { seen, next, more } = await system.changes(type, position?.cursor ?? null, options);
  const { counts } = await writer({
    ...{ system, tenant, type, seen, observedAt, cause, ...options },
    within: (trx) => movePosition(trx, place, { cursor: next, sweptAt: more ? null : observedAt }),
  });
  return { counts, seen: seen.length, more };
}
