import { type RowMeta, sameValue, type UpsertedRow } from '#chassis/store/upsert.ts';
import type { EventDefinition } from '#events/define-event.ts';
import { type Cause, type EventEnvelope, makeEvent, type RoutingKey } from '#events/envelope.ts';
import {
  accountDetailsChangedV1,
  contactDetailsChangedV1,
  leadDetailsChangedV1,
  opportunityDetailsChangedV1,
} from '#events/schemas/index.ts';
import type { EntityTables } from './store/tables.ts';

export type DetailedTable = Exclude<keyof EntityTables, 'users'>;

type Row = Readonly<Record<string, unknown>> & RowMeta & { readonly id: string };

/** The events by table, and the columns that they are routed by. */
const told: {
  readonly [Table in DetailedTable]: {
    readonly definition: EventDefinition<{ fields: string[] }>;
    readonly routing: { readonly [Key in RoutingKey]?: string };
  };
} = {
  accounts: { definition: accountDetailsChangedV1, routing: { accountid: 'id', ownerid: 'ownerId' } },
  contacts: { definition: contactDetailsChangedV1, routing: { contactid: 'id', accountid: 'accountId' } },
  leads: {
    definition: leadDetailsChangedV1,
    routing: { leadid: 'id', contactid: 'contactId', accountid: 'accountId', ownerid: 'ownerId' },
  },
  opportunities: {
    definition: opportunityDetailsChangedV1,
    routing: { opportunityid: 'id', accountid: 'accountId', ownerid: 'ownerId' },
  },
};

/** The graph's names of columns that are called otherwise there. */
const graphFields: Readonly<Record<string, string>> = {
  revenueMinor: 'annualRevenue',
  revenueCurrency: 'annualRevenue',
  amountMinor: 'amount',
  amountCurrency: 'amount',
  parentId: 'parent',
  ownerId: 'owner',
  accountId: 'account',
  contactId: 'contact',
};

/** What a row says of itself, and of how it stands with the vendor. */
const meta = new Set([
  ...['tenant', 'version', 'createdAt', 'updatedAt', 'observedAt'],
  ...['syncState', 'syncReason'],
]);

/** What a row tells that came, or whose fields changed, where no other event does. */
export function detailsChanged(
  table: DetailedTable,
  { before, after }: UpsertedRow<object>,
  cause: Cause,
): EventEnvelope<object> {
  const known: Readonly<Record<string, unknown>> = before === null ? {} : { ...before };
  const changed = Object.entries(after)
    .filter(([column, value]) => !meta.has(column) && !sameValue(known[column], value))
    .map(([column]) => graphFields[column] ?? column);
  const row = after as unknown as Row;
  return tell(table, row, row.version, [...new Set(changed)], cause);
}

/** What a row tells that is there no more: it had one version more, without any field. */
export function removed(table: DetailedTable, row: object, cause: Cause): EventEnvelope<object> {
  const before = row as Row;
  return tell(table, before, before.version + 1, [], cause);
}

function tell(
  table: DetailedTable,
  row: Row,
  entityVersion: number,
  fields: string[],
  cause: Cause,
): EventEnvelope<object> {
  const { definition, routing } = told[table];
  const keys = Object.entries(routing)
    .map(([key, column]) => [key, row[column]])
    .filter(([, id]) => typeof id === 'string');
  const change = { subject: row.id, entityVersion, routing: Object.fromEntries(keys), data: { fields } };
  return makeEvent(definition, change, cause);
}
