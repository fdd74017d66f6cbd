import { entityTable, tenantIndex } from '#chassis/store/columns.ts';
import { createIdempotency } from '#chassis/store/idempotency.ts';
import type { Migrations } from '#chassis/store/migrate.ts';
import { createCallLimits } from '#chassis/vendor/limit-store.ts';
import { addSyncColumns } from '#chassis/vendor/pushes/sync-columns.ts';
import { createPushes } from '#chassis/vendor/pushes/tables.ts';
import { createReplica } from '#chassis/vendor/replica/tables.ts';
import { createVendorTokens } from '#chassis/vendor/token-store.ts';
import { createWebhooks, indexDiscarded } from '#chassis/vendor/webhooks/tables.ts';
import { createInbox } from '#events/inbox.ts';
import { createOutbox } from '#events/outbox.ts';

export const migrations: Migrations = {
  '001_entities': async (target) => {
    const { text } = target;
    await entityTable(target, 'users')
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('email', text)
      .addColumn('team', text)
      .addColumn('manager_id', text)
      .execute();
    await entityTable(target, 'accounts')
      .addColumn('domain', text)
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('industry', text)
      .addColumn('employees', 'integer')
      .addColumn('revenue_minor', 'bigint')
      .addColumn('revenue_currency', text)
      .addColumn('country', text)
      .addColumn('founded_year', 'integer')
      .addColumn('lifecycle_stage', text)
      .addColumn('parent_id', text)
      .addColumn('owner_id', text)
      .addColumn('owner_source', text)
      .execute();
    await entityTable(target, 'contacts')
      .addColumn('account_id', text)
      .addColumn('email', text)
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('title', text)
      .addColumn('phone', text)
      .addColumn('country', text)
      .execute();
    await entityTable(target, 'leads')
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('source', text)
      .addColumn('contact_id', text)
      .addColumn('account_id', text)
      .addColumn('owner_id', text)
      .execute();
    await entityTable(target, 'opportunities')
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('stage', text, (column) => column.notNull())
      .addColumn('amount_minor', 'bigint')
      .addColumn('amount_currency', text)
      .addColumn('product', text)
      .addColumn('open_date', text)
      .addColumn('close_date', text)
      .addColumn('account_id', text)
      .addColumn('owner_id', text)
      .execute();

    // Every order that a list offers, and every key that another row or a reference is found by.
    await tenantIndex(target, 'accounts', ['domain']);
    await tenantIndex(target, 'accounts', ['name', 'id']);
    await tenantIndex(target, 'accounts', ['updated_at', 'id']);
    await tenantIndex(target, 'accounts', ['owner_id']);
    await tenantIndex(target, 'contacts', ['email']);
    await tenantIndex(target, 'contacts', ['account_id', 'name', 'id']);
    // With their order, or a page of one parent is read by walking all rows of the tenant in that order.
    await tenantIndex(target, 'leads', ['account_id', 'updated_at', 'id']);
    await tenantIndex(target, 'leads', ['contact_id', 'updated_at', 'id']);
    await tenantIndex(target, 'leads', ['owner_id']);
    await tenantIndex(target, 'leads', ['updated_at', 'id']);
    await tenantIndex(target, 'opportunities', ['account_id', 'updated_at', 'id']);
    await tenantIndex(target, 'opportunities', ['owner_id']);
    await tenantIndex(target, 'opportunities', ['updated_at', 'id']);
  },
  '002_mutations': async (target) => {
    await createOutbox(target);
    await createIdempotency(target);
  },
  '003_replica': createReplica,
  '004_pushes': async (target) => {
    await createInbox(target);
    await createPushes(target);
    await addSyncColumns(target, ['accounts', 'leads', 'opportunities']);
  },
  '005_webhooks': createWebhooks,
  '006_vendor_calls': async (target) => {
    await createCallLimits(target);
    await createVendorTokens(target);
  },
  '007_discarded_webhooks': indexDiscarded,
};
