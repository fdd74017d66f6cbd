import type { Transaction } from 'kysely';
import { lockRows } from '#chassis/store/change.ts';
import { markRow } from '#chassis/vendor/pushes/sync-columns.ts';
import { gaveWay, type Weighed, weighRecords } from '#chassis/vendor/pushes/weigh.ts';
import type { Weigh } from '#chassis/vendor/replica/domain.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import type { ChangedType } from '../adapters/crm.ts';
import { changeRejected } from '../events.ts';
import type { Tables } from '../store/tables.ts';
import { type CrmRules, crmRuleOf } from './rules.ts';
import { addressOf, type ChangedRow } from './settle.ts';

const changedTypes: readonly string[] = ['accounts', 'leads', 'opportunities'] satisfies ChangedType[];

/**
 * Keeps what was changed here and is not at the vendor yet from being overwritten by what the vendor still has, and
 * decides where both changed a field. A change of ours that gives way is told as refused.
 * @param rulesOf the rules of a tenant
 */
export function weighCrm(rulesOf: (tenant: string) => CrmRules | undefined): Weigh<Tables> {
  return async (trx, { tenant, type }, rows, cause, observedAt) => {
    if (!changedTypes.includes(type)) return rows;
    const ids = rows.map(({ id }) => id);
    const present = await lockRows<Tables, ChangedRow>(trx, { table: type, tenant, ids });
    const before = new Map(present.map((row) => [row.id, row]));
    const records = rows
      .filter(({ id }) => before.has(id))
      .map(({ id, values, changedAt }) => ({ id, values, changedAt }));
    const ruleOf = crmRuleOf(rulesOf(tenant));
    const weighed = await weighRecords(trx, records, { tenant, type, observedAt, ruleOf });
    for (const one of weighed.values()) {
      const row = before.get(one.id);
      if (row !== undefined && one.withdrawn.length > 0) {
        await tellWithdrawn(trx, type as ChangedType, row, one, cause);
      }
    }
    return rows.map((row) => {
      const ours = before.get(row.id) as Readonly<Record<string, unknown>> | undefined;
      const kept = weighed.get(row.id)?.kept ?? [];
      if (ours === undefined || kept.length === 0) return row;
      const values = kept.filter((field) => field in row.values).map((field) => [field, ours[field]]);
      return { ...row, values: { ...row.values, ...Object.fromEntries(values) } };
    });
  };
}

/** The row that is about to be written is the next version: the field that the vendor's change was of differs. */
async function tellWithdrawn(
  trx: Transaction<Tables>,
  type: ChangedType,
  row: ChangedRow,
  { withdrawn, waiting }: Weighed,
  cause: Cause,
): Promise<void> {
  if (waiting.length === 0) {
    const syncReason = 'The vendor changed the same, and has the last word about it.';
    await markRow(trx, addressOf(row.tenant, type, row.id), { syncState: 'REJECTED', syncReason });
  }
  const after = { ...row, version: row.version + 1 };
  const fields = [...new Set(withdrawn.flatMap((push) => Object.keys(push.fields)))];
  await append(trx, [changeRejected(type, after, { fields, code: gaveWay }, cause)]);
}
