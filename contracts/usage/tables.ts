import type { Migrations } from '#chassis/store/migrate.ts';
import type { UsedOperation } from '#gateway/usage/types.ts';

/**
 * What gateways recorded. Operations and their coordinates are shared by tenants, since nothing that a client has put
 * into one stands in it; who sent them is not.
 */
export interface UsageTables {
  operations: OperationRow;
  coordinates: CoordinateRow;
  counts: CountRow;
}

export interface OperationRow {
  readonly hash: string;
  /** Empty where it has none. */
  readonly name: string;
  readonly kind: UsedOperation['kind'];
  readonly text: string;
  /** The last day that it was sent on. */
  readonly lastDay: string;
}

export interface CoordinateRow {
  readonly coordinate: string;
  readonly hash: string;
}

/** One client's requests with one operation on one day in UTC. */
export interface CountRow {
  readonly tenant: string;
  readonly client: string;
  readonly clientVersion: string;
  readonly hash: string;
  readonly day: string;
  readonly requests: number;
  readonly errors: number;
  /** RFC 3339. */
  readonly firstAt: string;
  readonly lastAt: string;
}

export const migrations: Migrations = {
  '001_usage': async ({ db, text }) => {
    await db.schema
      .createTable('operations')
      .addColumn('hash', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('text', text, (column) => column.notNull())
      .addColumn('last_day', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('operations_key', ['hash'] as never)
      .execute();
    await db.schema
      .createTable('coordinates')
      .addColumn('coordinate', text, (column) => column.notNull())
      .addColumn('hash', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('coordinates_key', ['coordinate', 'hash'] as never)
      .execute();
    await db.schema
      .createTable('counts')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('client', text, (column) => column.notNull())
      .addColumn('client_version', text, (column) => column.notNull())
      .addColumn('hash', text, (column) => column.notNull())
      .addColumn('day', text, (column) => column.notNull())
      .addColumn('requests', 'bigint', (column) => column.notNull())
      .addColumn('errors', 'bigint', (column) => column.notNull())
      .addColumn('first_at', text, (column) => column.notNull())
      .addColumn('last_at', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('counts_key', ['tenant', 'client', 'client_version', 'hash', 'day'] as never)
      .execute();
    await db.schema.createIndex('operations_by_last_day').on('operations').column('last_day').execute();
    await db.schema.createIndex('coordinates_by_hash').on('coordinates').column('hash').execute();
    await db.schema.createIndex('counts_by_hash').on('counts').columns(['hash', 'day']).execute();
    await db.schema.createIndex('counts_by_day').on('counts').columns(['day', 'tenant']).execute();
  },
};
