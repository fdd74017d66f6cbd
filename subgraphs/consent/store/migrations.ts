import { sql } from 'kysely';
import { entityTable, tenantIndex } from '#chassis/store/columns.ts';
import { createIdempotency } from '#chassis/store/idempotency.ts';
import type { Migrations } from '#chassis/store/migrate.ts';
import { createOutbox } from '#events/outbox.ts';

export const migrations: Migrations = {
  '001_entities': async (target) => {
    const { text } = target;
    await entityTable(target, 'purposes')
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('description', text)
      .execute();
    await entityTable(target, 'records')
      .addColumn('contact_id', text, (column) => column.notNull())
      .addColumn('purpose', text, (column) => column.notNull())
      .addColumn('decision', text, (column) => column.notNull())
      .addColumn('legal_basis', text)
      .addColumn('jurisdiction', text)
      .addColumn('source', text, (column) => column.notNull())
      .addColumn('evidence', text)
      .addColumn('recorded_at', text, (column) => column.notNull())
      .execute();

    // The present state is the last record of a contact and purpose in this order, the history the same way
    // backwards.
    await tenantIndex(target, 'records', ['contact_id', 'purpose', 'recorded_at', 'id']);
    await tenantIndex(target, 'records', ['contact_id', 'recorded_at', 'id']);
  },
  '002_mutations': async (target) => {
    await entityTable(target, 'contacts').execute();
    await sql`
      insert into contacts (tenant, id, version, created_at, updated_at, observed_at)
      select tenant, contact_id, count(*), min(created_at), max(created_at), max(observed_at)
      from records group by tenant, contact_id`.execute(target.db);
    await createOutbox(target);
    await createIdempotency(target);
  },
};
