import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import type { Consumer } from '#events/consumer.ts';
import { openWarehouse, type WarehouseLocation } from './adapters/open.ts';
import type { Warehouse, WarehouseOptions } from './adapters/warehouse.ts';
import { warehouseConsumer } from './consumers/warehouse.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export { type WarehouseLocation, warehouseLocation } from './adapters/open.ts';

export interface AnalyticsOptions extends WarehouseOptions {
  /** Of what is read: a DuckDB file or PostgreSQL. */
  readonly warehouse: WarehouseLocation;
  /** Of the ingest store: what mutations record, with its events. */
  readonly location: StoreLocation;
}

export interface Analytics {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes facts into the warehouse at once: seed and import. */
  readonly warehouse: Warehouse;
  /** The ingest store, whose outbox is to be relayed. */
  readonly store: Store<Tables>;
  /** What is to be run on the events of all subgraphs, with the ingest store. */
  readonly consumers: readonly Consumer<Tables>[];
}

/**
 * Opens the ingest store and the warehouse and makes the subgraph that serves them; closing the subgraph closes both.
 * Rejects with one line where another process has the warehouse's file, or its server cannot be reached.
 */
export async function openAnalytics({
  location,
  warehouse: place,
  ...options
}: AnalyticsOptions): Promise<Analytics> {
  const warehouse = await openWarehouse(place, options);
  const opened = openStore<Tables>({ name: 'analytics', location, migrations, onQuery: options.onQuery });
  const store = await opened.catch(async (error: unknown) => {
    await warehouse.close();
    throw error;
  });
  return {
    warehouse,
    store,
    consumers: [warehouseConsumer(warehouse)],
    subgraph: {
      name: 'analytics',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({
        ...request,
        warehouse,
        store,
        loaders: loadersOf(warehouse, request.tenant, request.signal),
      }),
      ping: async () => {
        await Promise.all([warehouse.ping(), store.ping()]);
      },
      close: async () => {
        await warehouse.close();
        await store.close();
      },
    },
  };
}
