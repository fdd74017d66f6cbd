import { sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Gives every account without a recorded owner the owner of its latest opportunity (by the day work on it
 * began), marked as derived. Answers how many accounts changed; a second run changes none.
 */
export async function deriveAccountOwners(
  trx: Transaction<Tables>,
  tenant: string,
  observedAt: string,
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    with latest as (
      select account_id, owner_id, row_number() over (
        partition by account_id order by coalesce(open_date, close_date, '') desc, id desc
      ) as place
      from opportunities
      where tenant = ${tenant} and account_id is not null and owner_id is not null
    )
    update accounts set
      owner_id = (select owner_id from latest where place = 1 and latest.account_id = accounts.id),
      owner_source = 'DERIVED',
      version = version + 1,
      updated_at = ${observedAt}
    where tenant = ${tenant}
      and (owner_source is null or owner_source = 'DERIVED')
      and exists (
        select 1 from latest
        where place = 1 and latest.account_id = accounts.id
          and latest.owner_id is distinct from accounts.owner_id
      )
    returning id`.execute(trx);
  return rows.length;
}
