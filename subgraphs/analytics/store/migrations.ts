import { createIdempotency } from '#chassis/store/idempotency.ts';
import type { Migrations, MigrationTarget } from '#chassis/store/migrate.ts';
import { createInbox } from '#events/inbox.ts';
import { createOutbox } from '#events/outbox.ts';

export const migrations: Migrations = {
  '001_ingest': async (target) => {
    const { text } = target;
    await factTable(target, 'touches')
      .addColumn('account_id', text)
      .addColumn('lead_id', text)
      .addColumn('channel', text, (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('campaign_id', text)
      .execute();
    await factTable(target, 'conversions')
      .addColumn('account_id', text, (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .execute();
    await createOutbox(target);
    await createIdempotency(target);
    await createInbox(target);
  },
};

/** Begins a table of facts: what never changes has no versions and is not observed again. */
function factTable({ db, text }: MigrationTarget, name: string) {
  return db.schema
    .createTable(name)
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('at', text, (column) => column.notNull())
    .addColumn('recorded_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint(`${name}_key`, ['tenant', 'id'] as never);
}
