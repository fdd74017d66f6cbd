import type { Transaction } from 'kysely';
import { changeRow, lockRowIfThere } from '#chassis/store/change.ts';
import type { Engine } from '#chassis/store/store.ts';
import { sameValue } from '#chassis/store/upsert.ts';
import { type Batch, type Outcome, settleBatch } from '#chassis/vendor/pushes/sending.ts';
import { markRow, onItsWay, type Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { Fields, Push } from '#chassis/vendor/pushes/tables.ts';
import { type LinkPlace, linksOfVendorIds, lockVendor, writeLinks } from '#chassis/vendor/replica/links.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import type { ChangedType } from '../adapters/crm.ts';
import { changeRejected, eventsOfRows } from '../events.ts';
import type { Account, Lead, Opportunity, Tables } from '../store/tables.ts';

const typenames = { accounts: 'Account', leads: 'Lead', opportunities: 'Opportunity' } as const;

/** A row of one of the types that the graph changes. */
export type ChangedRow = Account | Lead | Opportunity;

export function addressOf(tenant: string, type: ChangedType, id: string) {
  return { table: type, tenant, id, typename: typenames[type] } as const;
}

/**
 * Writes what the vendor answered: that it has the change; or the row as it has it, in a new version, with the same
 * events as every other change and one that says why.
 */
export async function settleCrmChange(
  trx: Transaction<Tables>,
  engine: Engine,
  batch: Batch,
  outcome: Outcome,
  { vendor, cause }: { readonly vendor: string; readonly cause: Cause },
): Promise<void> {
  const { tenant, id } = batch;
  const type = batch.type as ChangedType;
  // Links before rows, as whoever writes the replica.
  if (outcome.kind === 'accepted' && outcome.record !== null) {
    await link(trx, { tenant, vendor, type }, outcome.record.id, batch);
  }
  const address = addressOf(tenant, type, id);
  const row = (await lockRowIfThere(trx, engine, address)) as ChangedRow | null;
  const { settled, waiting } = await settleBatch(trx, batch, outcome);
  if (settled.length === 0 || row === null) return;
  if (outcome.kind === 'accepted') {
    if (waiting.length === 0) await markRow(trx, address, { syncState: 'ACCEPTED', syncReason: null });
    return;
  }
  const synced: Synced =
    waiting.length > 0 ? onItsWay : { syncState: 'REJECTED', syncReason: outcome.reason };
  const values = { ...wayBack(row, batch.fields, waiting), ...synced };
  const after: ChangedRow = await changeRow(trx, address, row, values);
  const changed = { outcome: 'updated', before: row, after } as const;
  const refused = changeRejected(
    type,
    after,
    { fields: Object.keys(batch.fields), code: outcome.code },
    cause,
  );
  await append(trx, [...eventsOfRows(type, [changed], cause), refused]);
}

/** The values from before, where the row still has the refused ones and no later change has been made of them. */
function wayBack(row: ChangedRow, refused: Fields, waiting: readonly Push[]): object {
  const isOpen = (field: string) => waiting.some(({ fields }) => fields[field] !== undefined);
  return Object.fromEntries(
    Object.entries(refused)
      .filter(([field, { to }]) => !isOpen(field) && sameValue(row[field as keyof ChangedRow], to))
      .map(([field, { from }]) => [field, from]),
  );
}

/** Notes which record ours is at the vendor, where a read of it has not done so already. */
async function link(
  trx: Transaction<Tables>,
  place: LinkPlace,
  vendorId: string,
  { id, pushes }: Batch,
): Promise<void> {
  await lockVendor(trx, place);
  const known = await linksOfVendorIds(trx, place, [vendorId]);
  if (known.has(vendorId)) return;
  const observedAt = pushes[0].madeAt;
  await writeLinks(trx, [{ ...place, vendorId, id, changedAt: null, observedAt, goneAt: null }]);
}
