import { sql } from 'kysely';
import { defineConsumer, type StoreContext } from '#events/consumer.ts';
import { contactDetailsChangedV1 } from '#events/schemas/index.ts';
import type { EmailSystems } from '../pushes/record.ts';
import { lockContact } from '../store/contact-order.ts';
import type { Tables } from '../store/tables.ts';

/**
 * Follows which account a contact is of: a vendor's platform does not know accounts. Whom the platform does not hold is
 * asked for when it does. Where a tenant has no vendor whoever writes its recipients says their accounts.
 */
export const contactAccounts = (systems: EmailSystems) =>
  defineConsumer({
    name: 'email.contact-accounts',
    events: [contactDetailsChangedV1],
    effects: 'store',
    handle: async ({ tenant, subject: id, data, accountid }, { trx }: StoreContext<Tables>) => {
      if (!systems.has(tenant) || !data.fields.includes('account')) return;
      await lockContact(trx, tenant, id);
      const accountId = accountid ?? null;
      await sql`
        update recipients set account_id = ${accountId}, version = version + 1,
          updated_at = ${new Date().toISOString()}
        where tenant = ${tenant} and id = ${id} and account_id is distinct from ${accountId}`.execute(trx);
    },
  });
