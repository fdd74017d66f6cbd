import type { Transaction } from 'kysely';
import { claimKey, hashOf, type IdempotencyTables, recordResult, releaseKey } from '../store/idempotency.ts';
import type { Store } from '../store/store.ts';
import type { Pushed } from './system.ts';

/**
 * Takes a change into a store of ours as a system of record does: under a key that it was accepted with before, the first
 * answer comes again and nothing is done. A refusal leaves the key free.
 */
export function pushOnce<Tables extends IdempotencyTables, Change extends object>(
  store: Store<Tables>,
  {
    tenant,
    actor,
    key,
    change,
  }: {
    readonly tenant: string;
    readonly actor: string;
    readonly key: string;
    readonly change: Change;
  },
  make: (trx: Transaction<Tables>, tenant: string, change: Change) => Promise<Pushed>,
): Promise<Pushed> {
  const use = { tenant, actor, key, inputHash: hashOf('push', change) };
  return store.transaction(async (trx) => {
    const claim = await claimKey(trx, use);
    if (claim.kind === 'again') return JSON.parse(claim.result) as Pushed;
    const pushed = await make(trx, tenant, change);
    if (pushed.kind === 'accepted') await recordResult(trx, use, JSON.stringify(pushed));
    else await releaseKey(trx, use);
    return pushed;
  });
}
