import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { idOf, readByIds } from '#chassis/vendor/replica/read-records.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { Replica } from '#chassis/vendor/replica/replica.ts';
import type { Tables } from '../store/tables.ts';
import { dueUnlinked, forgetUnlinked, putOff } from '../store/unlinked.ts';

/** Of each type, in one go: there is a next one soon. */
const mostAtOnce = 200;

/**
 * Looks again for people whom the graph did not know, as far as their time has come: they are read from the vendor and
 * written as if they had just been seen, with what had been said of them. What names nobody by an id of the vendor is
 * read again itself, where the vendor has a way to. Rejects with a `VendorError`.
 */
export async function linkAgain(
  { store, systems, writer }: Replica<Tables>,
  tenant: string,
  signal: AbortSignal,
): Promise<void> {
  const system = systems.get(tenant);
  if (system === undefined) return;
  const { vendor, capabilities } = system;
  for (const type of ['recipients', 'suppressions']) {
    if (!capabilities.types[type]?.keys.includes('id')) continue;
    const ids = await dueUnlinked(store.db, { tenant, vendor }, type, mostAtOnce);
    if (ids.length === 0) continue;
    const options = { urgency: 'sync', signal } as const;
    const observedAt = readTime();
    const seen = await readByIds(system, type, ids, options);
    const cause = vendorCause(vendor, tenant);
    const place = { tenant, vendor };
    const gone = seen.filter(({ kind }) => kind === 'gone').map(idOf);
    await writer({
      ...{ system, tenant, type, seen, observedAt, cause, ...options },
      // What cannot be said is written nowhere, nor is what was gone before: it would be looked for in every round, and
      // in the place of others.
      within: async (trx) => {
        await forgetUnlinked(trx, place, type, { by: 'vendorId', values: gone });
        await putOff(trx, place, type, ids);
      },
    });
  }
}
