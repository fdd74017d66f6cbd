import type { Kysely } from 'kysely';
import type { AnyDomain } from '../domain.ts';
import { typeOf } from '../domain.ts';
import { type LinkPlace, linksOfVendorIds } from '../links.ts';
import { type AnySeen, idOf } from '../read-records.ts';
import type { ReplicaTables } from '../tables.ts';

/** In what a record of the vendor and the replica are not the same. */
export interface Difference {
  /**
   * `missing`: the replica has no row of it. `differs`: the vendor has a later state. `ahead`: the replica has a later
   * one, which the vendor has taken back. `gone`: the vendor has it no more. `unmapped`: it cannot be said.
   */
  readonly kind: 'missing' | 'differs' | 'ahead' | 'gone' | 'unmapped';
  readonly type: string;
  readonly vendorId: string;
  /** Ours; null where it has none yet. */
  readonly id: string | null;
  /** When the vendor changed the state that each has, RFC 3339; null where it has none. */
  readonly vendorChangedAt: string | null;
  readonly replicaChangedAt: string | null;
}

/**
 * Compares what was seen with the replica, by key and version, and by its values where the vendor has no versions; what
 * is the same is left out.
 */
export async function compare<Tables extends ReplicaTables>(
  db: Kysely<Tables>,
  domain: AnyDomain<Tables>,
  place: LinkPlace,
  seen: readonly AnySeen[],
): Promise<readonly Difference[]> {
  const { type, tenant } = place;
  const { identity, present, differing } = typeOf(domain, type);
  if (identity === 'vendor') return compareSaid(await present(db, tenant, seen.map(idOf)), type, seen);
  const links = await linksOfVendorIds(db, place, seen.map(idOf));
  const ids = [...links.values()].filter(({ goneAt }) => goneAt === null).map(({ id }) => id);
  const rows = await present(db, tenant, ids);
  const undated = seen.flatMap((one) => {
    const link = links.get(idOf(one));
    if (one.kind !== 'record' || !one.record.undated || link === undefined || !rows.has(link.id)) return [];
    return [{ id: link.id, values: one.record.values }];
  });
  const other = undated.length === 0 ? undefined : await differing?.(db, tenant, undated);
  return seen.flatMap((one): readonly Difference[] => {
    const vendorId = idOf(one);
    const link = links.get(vendorId);
    const isThere = link !== undefined && link.goneAt === null && rows.has(link.id);
    const difference = (kind: Difference['kind']): readonly Difference[] => [
      {
        ...{ kind, type, vendorId, id: link?.id ?? null },
        vendorChangedAt: one.kind === 'record' ? one.record.changedAt : null,
        replicaChangedAt: isThere ? link.changedAt : null,
      },
    ];
    if (one.kind === 'gone') return isThere ? difference('gone') : [];
    if (one.kind === 'unmapped') return difference('unmapped');
    if (!isThere) return difference('missing');
    const { changedAt, undated: isUndated } = one.record;
    if (isUndated && other !== undefined) return other.has(link.id) ? difference('differs') : [];
    if (link.changedAt === changedAt) return [];
    return difference(link.changedAt === null || link.changedAt < changedAt ? 'differs' : 'ahead');
  });
}

/** What is said once is there or missing. */
function compareSaid(
  rows: ReadonlySet<string>,
  type: string,
  seen: readonly AnySeen[],
): readonly Difference[] {
  return seen.flatMap((one): readonly Difference[] => {
    const vendorId = idOf(one);
    if (rows.has(vendorId) || one.kind === 'gone') return [];
    const times = {
      vendorChangedAt: one.kind === 'record' ? one.record.changedAt : null,
      replicaChangedAt: null,
    };
    return [{ kind: one.kind === 'unmapped' ? 'unmapped' : 'missing', type, vendorId, id: null, ...times }];
  });
}
