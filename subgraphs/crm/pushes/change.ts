import type { Kysely } from 'kysely';
import type { RowMeta } from '#chassis/store/upsert.ts';
import type { Prepared } from '#chassis/vendor/pushes/consumer.ts';
import type { Batch } from '#chassis/vendor/pushes/sending.ts';
import type { Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import { type LinkPlace, linksOfIds } from '#chassis/vendor/replica/links.ts';
import type { ChangedType, CrmChange, CrmType } from '../adapters/crm.ts';
import { crmReplica } from '../replica.ts';
import { selectByIds } from '../store/rows.ts';
import type { Tables } from '../store/tables.ts';

/** What is ours alone. */
const ownColumns = new Set<string>([
  ...(['id', 'ownerSource'] satisfies string[]),
  ...(['tenant', 'version', 'createdAt', 'updatedAt', 'observedAt'] satisfies (keyof RowMeta)[]),
  ...(['syncState', 'syncReason'] satisfies (keyof Synced)[]),
]);

type Values = Readonly<Record<string, unknown>>;

/**
 * Says changes of a record in the words and ids of the vendor. A lead that the vendor does not have, since it refused
 * to take it in, is offered to it whole.
 */
export async function crmChangeOf(
  db: Kysely<Tables>,
  { tenant, type: name, id, fields, pushes }: Batch,
  vendor: string,
): Promise<Prepared<CrmChange>> {
  const type = name as ChangedType;
  const changed: Values = Object.fromEntries(Object.entries(fields).map(([field, { to }]) => [field, to]));
  const link = (await linksOfIds(db, { tenant, vendor, type }, [id])).get(id);
  if (link !== undefined && pushes[0].kind !== 'create') {
    if (link.goneAt !== null)
      return notThere('GONE', `The vendor has no record "${link.vendorId}" any more.`);
    const said = await inVendorIds(db, { tenant, vendor, type }, changed);
    if (said.kind === 'rejected') return said;
    const change = { kind: 'update', type, id: link.vendorId, values: said.values };
    return { kind: 'change', change: change as CrmChange };
  }
  if (type !== 'leads') return notThere('UNKNOWN_RECORD', `The vendor was never seen to have "${id}".`);
  const [row] = await selectByIds(db, type, tenant, [id]);
  if (row === undefined) return notThere('GONE', 'The row went away before the vendor had it.');
  const said = await inVendorIds(db, { tenant, vendor, type }, { ...row, ...changed });
  if (said.kind === 'rejected') return said;
  const change = { kind: 'create', type, externalId: id, values: said.values };
  return { kind: 'change', change: change as CrmChange };
}

type Said =
  | { readonly kind: 'values'; readonly values: Values }
  | Extract<Prepared<never>, { readonly kind: 'rejected' }>;

async function inVendorIds(
  db: Kysely<Tables>,
  { tenant, vendor, type: changed }: Omit<LinkPlace, 'type'> & { readonly type: ChangedType },
  row: Values,
): Promise<Said> {
  const references: Readonly<Record<string, CrmType>> = crmReplica.of[changed].references;
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row)) {
    if (ownColumns.has(field)) continue;
    const type = references[field];
    if (type === undefined || typeof value !== 'string') {
      values[field] = value;
      continue;
    }
    const link = (await linksOfIds(db, { tenant, vendor, type }, [value])).get(value);
    if (link === undefined || link.goneAt !== null) {
      return notThere('REFERENCE_UNKNOWN', `The vendor has no record for ${field} "${value}".`);
    }
    values[field] = link.vendorId;
  }
  return { kind: 'values', values };
}

function notThere(code: string, reason: string): Extract<Prepared<never>, { readonly kind: 'rejected' }> {
  return { kind: 'rejected', code, reason };
}
