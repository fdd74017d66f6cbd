import { sql, type Transaction } from 'kysely';
import { lockRows } from '#chassis/store/change.ts';
import type { Cause } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { accountOwnerAssigned } from '../events.ts';
import type { Account, Tables } from './tables.ts';

/** Accounts per statement: SQLite takes 32,766 parameters, an account has two. */
const batchSize = 5_000;

interface Derived {
  readonly id: string;
  readonly ownerId: string;
}

/**
 * Gives every account without a recorded owner the owner of its latest opportunity (by the day work on it
 * began), marked as derived. Answers how many accounts changed; a second run changes none. With a cause each change is
 * told as an event in the same transaction.
 */
export async function deriveAccountOwners(
  trx: Transaction<Tables>,
  tenant: string,
  observedAt: string,
  cause?: Cause,
): Promise<number> {
  const derived = await derivedOwners(trx, tenant);
  let changed = 0;
  for (let start = 0; start < derived.length; start += batchSize) {
    changed += await assign(trx, tenant, derived.slice(start, start + batchSize), observedAt, cause);
  }
  return changed;
}

async function derivedOwners(trx: Transaction<Tables>, tenant: string): Promise<readonly Derived[]> {
  const { rows } = await sql<Derived>`
    with latest as (
      select account_id, owner_id, row_number() over (
        partition by account_id order by coalesce(open_date, close_date, '') desc, id desc
      ) as place
      from opportunities
      where tenant = ${tenant} and account_id is not null and owner_id is not null
    )
    select accounts.id, latest.owner_id from accounts
    join latest on latest.place = 1 and latest.account_id = accounts.id
    where accounts.tenant = ${tenant}
      and (accounts.owner_source is null or accounts.owner_source = 'DERIVED')
      and latest.owner_id is distinct from accounts.owner_id`.execute(trx);
  return rows;
}

async function assign(
  trx: Transaction<Tables>,
  tenant: string,
  derived: readonly Derived[],
  observedAt: string,
  cause: Cause | undefined,
): Promise<number> {
  // Whose owner was recorded since the look above keeps it.
  const ids = derived.map(({ id }) => id);
  const before = new Map(
    (await lockRows<Tables, Account>(trx, { table: 'accounts', tenant, ids }))
      .filter(({ ownerSource }) => ownerSource !== 'RECORDED')
      .map((account) => [account.id, account]),
  );
  const values = derived
    .filter(({ id }) => before.has(id))
    .map(({ id, ownerId }) => sql`(${id}, ${ownerId})`);
  if (values.length === 0) return 0;
  const { rows } = await sql<Derived & { version: number }>`
    with derived (id, owner_id) as (values ${sql.join(values)})
    update accounts set
      owner_id = (select owner_id from derived where derived.id = accounts.id),
      owner_source = 'DERIVED',
      version = version + 1,
      updated_at = ${observedAt}
    where tenant = ${tenant} and id in (select id from derived)
    returning id, owner_id, version`.execute(trx);
  if (cause) {
    const events = rows.map((after) => accountOwnerAssigned(before.get(after.id) ?? null, after, cause));
    await append(trx, events);
  }
  return rows.length;
}
