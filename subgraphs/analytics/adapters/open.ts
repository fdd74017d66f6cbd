import { join } from 'node:path';
import { openDuckdb } from './duckdb.ts';
import { openPostgres } from './postgres.ts';
import type { Warehouse, WarehouseOptions } from './warehouse.ts';

/** Where the warehouse keeps its facts. */
export type WarehouseLocation =
  | { readonly engine: 'duckdb'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

export type WarehouseEngine = WarehouseLocation['engine'];

/** The warehouse by its settings: the database that `ANALYTICS_WAREHOUSE_URL` names, else DuckDB's file in the folder. */
export function warehouseLocation(dataDir: string, env = process.env): WarehouseLocation {
  const url = env.ANALYTICS_WAREHOUSE_URL;
  if (!url) return { engine: 'duckdb', file: join(dataDir, 'analytics.duckdb') };
  if (/^postgres(ql)?:\/\//.test(url)) return { engine: 'postgres', url };
  // The rest of the value may hold a password.
  throw new Error(
    `ANALYTICS_WAREHOUSE_URL begins with "${url.slice(0, url.indexOf(':') + 1)}"; say postgres://… or leave it out for a DuckDB file.`,
  );
}

/** Opens the warehouse, made where it is missing. Rejects with one line where that cannot be. */
export function openWarehouse(
  location: WarehouseLocation,
  options: WarehouseOptions = {},
): Promise<Warehouse> {
  return location.engine === 'duckdb'
    ? openDuckdb({ file: location.file, ...options })
    : openPostgres({ url: location.url, ...options });
}
