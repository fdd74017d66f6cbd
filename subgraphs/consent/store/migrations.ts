import { entityTable, tenantIndex } from '#chassis/store/columns.ts';
import type { Migrations } from '#chassis/store/migrate.ts';

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
};
