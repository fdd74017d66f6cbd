import type { ReplicaDomain, ReplicaRow, ReplicaType } from '#chassis/vendor/replica/domain.ts';
import { type CrmRecords, type CrmType, crmTypes } from './adapters/crm.ts';
import { removeRows, selectByIds, writeRows } from './store/rows.ts';
import type { Tables } from './store/tables.ts';

/** How the CRM keeps what a vendor has. */
export const crmReplica: ReplicaDomain<CrmRecords, Tables> = {
  types: crmTypes,
  of: {
    users: {
      prefix: 'usr',
      references: { managerId: 'users' },
      unique: ['email'],
      ...rowsOf('users'),
      write: (trx, tenant, rows, observedAt, cause) =>
        writeRows(trx, 'users', tenant, rows.map(valuesOf), observedAt, cause),
    },
    accounts: {
      prefix: 'acc',
      references: { parentId: 'accounts', ownerId: 'users' },
      unique: ['domain'],
      ...rowsOf('accounts'),
      write: (trx, tenant, rows, observedAt, cause) => {
        const sourced = rows.map((row) => ({
          ...valuesOf(row),
          ownerSource: row.values.ownerId === null ? null : ('RECORDED' as const),
        }));
        return writeRows(trx, 'accounts', tenant, sourced, observedAt, cause);
      },
    },
    contacts: {
      prefix: 'con',
      references: { accountId: 'accounts' },
      unique: ['email'],
      ...rowsOf('contacts'),
      write: (trx, tenant, rows, observedAt, cause) =>
        writeRows(trx, 'contacts', tenant, rows.map(valuesOf), observedAt, cause),
    },
    leads: {
      prefix: 'lea',
      references: { contactId: 'contacts', accountId: 'accounts', ownerId: 'users' },
      unique: [],
      ...rowsOf('leads'),
      write: (trx, tenant, rows, observedAt, cause) =>
        writeRows(trx, 'leads', tenant, rows.map(valuesOf), observedAt, cause),
    },
    opportunities: {
      prefix: 'opp',
      references: { accountId: 'accounts', ownerId: 'users' },
      unique: [],
      ...rowsOf('opportunities'),
      write: (trx, tenant, rows, observedAt, cause) =>
        writeRows(trx, 'opportunities', tenant, rows.map(valuesOf), observedAt, cause),
    },
  },
};

function valuesOf<Values extends object>({ id, values, createdAt }: ReplicaRow<Values>) {
  return { ...values, id, ...(createdAt === null ? {} : { createdAt }) };
}

function rowsOf(table: CrmType): Pick<ReplicaType<never, CrmType, Tables>, 'remove' | 'present'> {
  return {
    remove: (trx, tenant, ids, cause) => removeRows(trx, table, tenant, ids, cause),
    present: async (db, tenant, ids) => {
      const rows = ids.length === 0 ? [] : await selectByIds(db, table, tenant, ids);
      return new Set(rows.map(({ id }) => id));
    },
  };
}
