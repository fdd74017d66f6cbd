import type { Transaction } from 'kysely';
import { clientError } from '#chassis/errors.ts';
import { refuseField } from '#chassis/input.ts';
import { selectByIds } from '../store/rows.ts';
import type { EntityTables, Tables } from '../store/tables.ts';

const typenames = { accounts: 'Account', contacts: 'Contact', users: 'User' } as const;

/**
 * The row that a field of an input names by id; null where it names none. Throws `NOT_FOUND` with the field and the id
 * where the tenant has no such row.
 */
export async function referenced<Table extends keyof typeof typenames>(
  trx: Transaction<Tables>,
  tenant: string,
  table: Table,
  field: string,
  id: string | null | undefined,
): Promise<EntityTables[Table] | null> {
  if (id === null || id === undefined) return null;
  const [row] = await selectByIds(trx, table, tenant, [id]);
  if (row !== undefined) return row;
  const typename = typenames[table];
  throw clientError('NOT_FOUND', `${field}: there is no ${typename} "${id.slice(0, 128)}".`, {
    typename,
    field,
    value: id.slice(0, 128),
  });
}

/** Whom an input makes the owner; null is nobody. Throws `INVALID_ARGUMENT` where it leaves the owner out. */
export function givenOwner({ ownerId }: { readonly ownerId?: string | null | undefined }): string | null {
  if (ownerId !== undefined) return ownerId;
  refuseField('ownerId', ownerId, 'the id of a user, or a null that is written out to take the owner away');
}

/** Throws `NOT_FOUND` for an owner who is no user; nobody is allowed. */
export async function assertUser(
  trx: Transaction<Tables>,
  tenant: string,
  ownerId: string | null,
): Promise<void> {
  await referenced(trx, tenant, 'users', 'ownerId', ownerId);
}
