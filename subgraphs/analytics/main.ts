import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { type DuckdbOptions, openDuckdb } from './adapters/duckdb.ts';
import type { Warehouse } from './adapters/warehouse.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';

export type AnalyticsOptions = DuckdbOptions;

export interface Analytics {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes facts into the warehouse: seed and import. */
  readonly warehouse: Warehouse;
}

/**
 * Opens the warehouse and makes the subgraph that serves it; closing the subgraph closes the warehouse.
 * Rejects with one line where another process has the file.
 */
export async function openAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const warehouse = await openDuckdb(options);
  return {
    warehouse,
    subgraph: {
      name: 'analytics',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({
        ...request,
        warehouse,
        loaders: loadersOf(warehouse, request.tenant, request.signal),
      }),
      ping: warehouse.ping,
      close: warehouse.close,
    },
  };
}
