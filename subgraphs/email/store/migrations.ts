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
import { createActivities } from './activities.ts';
import { createUnlinked } from './unlinked.ts';

export const migrations: Migrations = {
  '001_entities': async (target) => {
    const { text } = target;
    await entityTable(target, 'recipients')
      .addColumn('account_id', text)
      .addColumn('sent', 'integer', (column) => column.notNull())
      .addColumn('delivered', 'integer', (column) => column.notNull())
      .addColumn('opened', 'integer', (column) => column.notNull())
      .addColumn('clicked', 'integer', (column) => column.notNull())
      .addColumn('bounced', 'integer', (column) => column.notNull())
      .addColumn('last_opened_at', text)
      .addColumn('last_clicked_at', text)
      .execute();
    await entityTable(target, 'suppressions')
      .addColumn('contact_id', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('suppressed_at', text, (column) => column.notNull())
      .execute();
    await entityTable(target, 'campaigns')
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('channel', text, (column) => column.notNull())
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('started_at', text)
      .addColumn('recipients', 'integer', (column) => column.notNull())
      .addColumn('sent', 'integer', (column) => column.notNull())
      .addColumn('delivered', 'integer', (column) => column.notNull())
      .addColumn('opened', 'integer', (column) => column.notNull())
      .addColumn('clicked', 'integer', (column) => column.notNull())
      .addColumn('bounced', 'integer', (column) => column.notNull())
      .addColumn('unsubscribed', 'integer', (column) => column.notNull())
      .execute();
    await entityTable(target, 'enrollments')
      .addColumn('contact_id', text, (column) => column.notNull())
      .addColumn('campaign_id', text, (column) => column.notNull())
      .addColumn('state', text, (column) => column.notNull())
      .addColumn('enrolled_at', text, (column) => column.notNull())
      .execute();

    // Every order that a list offers, and every key that another row or a reference is found by.
    await tenantIndex(target, 'recipients', ['account_id']);
    await tenantIndex(target, 'suppressions', ['contact_id']);
    await tenantIndex(target, 'campaigns', ['name', 'id']);
    await tenantIndex(target, 'campaigns', ['created_at', 'id']);
    await tenantIndex(target, 'campaigns', ['updated_at', 'id']);
    await tenantIndex(target, 'enrollments', ['contact_id', 'enrolled_at', 'id']);
  },
  '002_mutations': async (target) => {
    const { db, text } = target;
    await createOutbox(target);
    await createIdempotency(target);
    await createInbox(target);
    await db.schema
      .createTable('contacts')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('consent_version', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('contacts_key', ['tenant', 'id'] as never)
      .execute();
    await db.schema.alterTable('suppressions').addColumn('note', text).execute();
  },
  '003_replica': createReplica,
  '004_pushes': async (target) => {
    await createPushes(target);
    await addSyncColumns(target, ['enrollments', 'suppressions']);
  },
  '005_webhooks': createWebhooks,
  '006_vendor_calls': async (target) => {
    await createCallLimits(target);
    await createVendorTokens(target);
  },
  '007_activities': async (target) => {
    await createActivities(target);
    await createUnlinked(target);
  },
  '008_discarded_webhooks': indexDiscarded,
};
