import type { Transaction } from 'kysely';
import { changedFields, recordPush } from '#chassis/vendor/pushes/record.ts';
import { onItsWay, type Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { Fields, Value } from '#chassis/vendor/pushes/tables.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import type { ChangedType } from '../adapters/crm.ts';
import type { Context } from '../loaders.ts';
import type { Account, Lead, Opportunity, Tables } from '../store/tables.ts';

interface Changed {
  accounts: Account;
  leads: Lead;
  opportunities: Opportunity;
}

/** What the graph changes of a type, and so what is pushed. */
const changing: { readonly [Type in ChangedType]: readonly (keyof Changed[Type] & string)[] } = {
  accounts: ['ownerId', 'ownerSource'],
  leads: ['status', 'source', 'contactId', 'accountId', 'ownerId'],
  opportunities: ['stage', 'closeDate'],
};

/** Who owns it and how that is known are one change, as are that something was won and the day. */
const together = { ownerSource: 'ownerId', closeDate: 'stage' };

/** A tenant has a way to read from a vendor where it has one. */
type Vendored = Pick<Context, 'readThrough'>;

/** The columns of a row that is about to be brought to the tenant's CRM; none where it has none. */
export function syncOf({ readThrough }: Vendored): Partial<Synced> {
  return readThrough === undefined ? {} : onItsWay;
}

/** Has a change of a row reach the tenant's CRM where it has one, within the transaction of the change. */
export async function pushUpdate<Type extends ChangedType>(
  trx: Transaction<Tables>,
  { readThrough }: Vendored,
  type: Type,
  before: Changed[Type],
  after: Changed[Type],
  event: EventEnvelope<object>,
): Promise<void> {
  if (readThrough === undefined) return;
  const fields = changedFields(before, after, changing[type], together);
  await recordPush(trx, { event, type, id: after.id, kind: 'update', fields });
}

/** {@link pushUpdate} for a lead that came into being. Where the vendor does not take it in, it stays as it is. */
export async function pushLead(
  trx: Transaction<Tables>,
  { readThrough }: Vendored,
  lead: Lead,
  event: EventEnvelope<object>,
): Promise<void> {
  if (readThrough === undefined) return;
  const fields: Fields = Object.fromEntries(
    changing.leads.map((name) => [name, { from: lead[name] as Value, to: lead[name] as Value }]),
  );
  await recordPush(trx, { event, type: 'leads', id: lead.id, kind: 'create', fields });
}
