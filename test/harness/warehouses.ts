import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLocation } from '#chassis/store/store.ts';
import type { WarehouseLocation } from '#subgraphs/analytics/main.ts';
import { engines as stores, temporaryStore } from './stores.ts';

/** The warehouses that their suite runs on; PostgreSQL is reported as skipped where there is none, as for stores. */
export const warehouses = [
  { engine: 'duckdb', missing: false },
  { engine: 'postgres', missing: stores.some(({ engine, missing }) => engine === 'postgres' && missing) },
] as const satisfies readonly { readonly engine: WarehouseLocation['engine']; readonly missing: boolean }[];

/** In the database of a store, which has room for both, or in a file of the folder. */
export function warehouseBeside(location: StoreLocation, folder: string): WarehouseLocation {
  return location.engine === 'postgres'
    ? location
    : { engine: 'duckdb', file: join(folder, 'analytics.duckdb') };
}

/** A new, empty place for a warehouse, and what removes it again. */
export async function temporaryWarehouse(
  engine: WarehouseLocation['engine'],
): Promise<{ readonly location: WarehouseLocation; readonly remove: () => Promise<void> }> {
  if (engine === 'duckdb') {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    return {
      location: { engine, file: join(folder, 'analytics.duckdb') },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const { location, remove } = await temporaryStore(engine);
  if (location.engine !== 'postgres') throw new Error(`${location.engine} is no warehouse.`);
  return { location, remove };
}
