import type { Transaction } from 'kysely';
import { changedRows } from '#chassis/store/changed-rows.ts';
import { selectByKeys } from '#chassis/store/select.ts';
import type { Store } from '#chassis/store/store.ts';
import type { RowMeta } from '#chassis/store/upsert.ts';
import { pushOnce } from '#chassis/vendor/push-once.ts';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import type { ChangePage, Pushed, TypeCapabilities, VendorRecord } from '#chassis/vendor/system.ts';
import { crmReplica } from '../replica.ts';
import { selectByIds } from '../store/rows.ts';
import type { Tables } from '../store/tables.ts';
import type { CrmChange, CrmRecords, CrmSystem, CrmType } from './crm.ts';

export interface EmbeddedOptions {
  readonly store: Store<Tables>;
  readonly tenant: string;
  readonly pageSize?: number;
}

const vendor = 'embedded';
const batch = 1_000;

const keys: { readonly [Type in CrmType]: readonly string[] } = {
  users: ['id', 'externalId', 'email'],
  accounts: ['id', 'externalId', 'domain'],
  contacts: ['id', 'externalId', 'email'],
  leads: ['id', 'externalId'],
  opportunities: ['id', 'externalId'],
};

type Row = Readonly<Record<string, unknown>> & RowMeta & { readonly id: string };

/**
 * The CRM's own store as a system of record: the plainest of all adapters, and the other side when two stores are
 * compared. Its ids are our ids. Who deletes a row tells nobody: only to read it, or to reconcile, shows that. The store
 * is left to its owner.
 */
export function embeddedCrm({ store, tenant, pageSize = 500 }: EmbeddedOptions): CrmSystem {
  const system: Omit<CrmSystem, 'read' | 'changes'> & {
    readonly read: (
      type: CrmType,
      key: Parameters<CrmSystem['read']>[1],
      options: Parameters<CrmSystem['read']>[2],
    ) => Promise<readonly unknown[]>;
    readonly changes: (
      type: CrmType,
      since: string | null,
      options: Parameters<CrmSystem['changes']>[2],
    ) => Promise<ChangePage<unknown>>;
  } = {
    vendor,
    capabilities: {
      webhook: 'none',
      types: Object.fromEntries(
        Object.entries(keys).map(([type, each]): [string, TypeCapabilities] => [
          type,
          { keys: each, batch, changes: true },
        ]),
      ) as CrmSystem['capabilities']['types'],
    },
    read: async (type, { by, values }, { signal }) => {
      signal.throwIfAborted();
      if (!keys[type].includes(by))
        throw new Error(`The ${type} are found by ${keys[type].join(', ')}, not by ${by}.`);
      if (values.length > batch) throw new Error(`At most ${batch} values, not ${values.length}.`);
      if (values.length === 0) return [];
      const column = by === 'externalId' ? 'id' : by;
      const rows = await selectByKeys<Tables, Row>(store.db, type, tenant, column, values);
      return rows.map((row) => ({ kind: 'record', record: recordOf(type, row) }));
    },
    changes: async (type, since, { signal }) => {
      signal.throwIfAborted();
      const { rows, ...page } = await changedRows<Tables, Row>(store.db, {
        ...{ table: type, tenant, since, pageSize, time: 'updatedAt' },
      });
      return { ...page, seen: rows.map((row) => ({ kind: 'record', record: recordOf(type, row) })) };
    },
    push: async (change, { idempotencyKey, signal }) => {
      signal.throwIfAborted();
      return pushOnce(store, { tenant, actor: vendor, key: idempotencyKey, change }, make);
    },
    webhook: null,
    check: async (signal) => {
      signal.throwIfAborted();
      await store.ping();
    },
    close: async () => {},
  };
  return system as CrmSystem;
}

/** The columns that a system of record has a say in. */
const columns: { readonly [Type in CrmType]: readonly (keyof CrmRecords[Type] & string)[] } = {
  users: ['name', 'email', 'team', 'managerId'],
  accounts: [
    ...(['domain', 'name', 'industry', 'employees', 'revenueMinor', 'revenueCurrency'] as const),
    ...(['country', 'foundedYear', 'lifecycleStage', 'parentId', 'ownerId'] as const),
  ],
  contacts: ['accountId', 'email', 'name', 'title', 'phone', 'country'],
  leads: ['status', 'source', 'contactId', 'accountId', 'ownerId'],
  opportunities: [
    ...(['name', 'stage', 'amountMinor', 'amountCurrency', 'product'] as const),
    ...(['openDate', 'closeDate', 'accountId', 'ownerId'] as const),
  ],
};

const amounts = ['revenueMinor', 'amountMinor'];

function recordOf(type: CrmType, row: Row): VendorRecord<Readonly<Record<string, unknown>>> {
  const { id, createdAt, updatedAt } = row;
  const values = columns[type].map((column) => {
    const value = row[column];
    // PostgreSQL answers bigint as text.
    return [column, amounts.includes(column) && value !== null ? Number(value) : value];
  });
  return { id, externalId: id, values: Object.fromEntries(values), createdAt, changedAt: updatedAt };
}

async function make(trx: Transaction<Tables>, tenant: string, change: CrmChange): Promise<Pushed> {
  const { type } = change;
  const id = change.kind === 'create' ? change.externalId : change.id;
  const [row] = await selectByIds(trx, type, tenant, [id]);
  if (change.kind === 'update' && row === undefined) return notFound(type, id);
  const { references } = crmReplica.of[type];
  for (const [field, referred] of Object.entries(references) as [string, CrmType][]) {
    const wanted = (change.values as Readonly<Record<string, unknown>>)[field];
    if (typeof wanted !== 'string') continue;
    const [found] = await selectByIds(trx, referred, tenant, [wanted]);
    if (found === undefined) return notFound(referred, wanted);
  }
  const before = row === undefined ? {} : recordOf(type, row as unknown as Row).values;
  const values = { ...before, ...change.values } as CrmRecords[typeof type];
  const now = new Date().toISOString();
  const written = { id, vendorId: id, values, createdAt: row?.createdAt ?? null, changedAt: now };
  const { write } = crmReplica.of[type];
  await write(trx, tenant, [written as never], now, vendorCause(vendor, tenant));
  return { kind: 'accepted', record: { type, id } };
}

function notFound(type: CrmType, id: string): Pushed {
  return { kind: 'rejected', code: 'NOT_FOUND', reason: `There is no "${id}" among the ${type}.` };
}
