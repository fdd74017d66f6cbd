import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where data sets that others made lie; the repository holds no copy. */
const folder = resolve(process.env.TRIBUTARY_SHARED ?? '../shared', 'datasets');

/**
 * The folder of a data set, and whether it is missing. A machine without it reports its tests as skipped; CI
 * has it, and there its absence is a failure.
 */
export function sharedDataset(name: string): { readonly folder: string; readonly missing: boolean } {
  const place = resolve(folder, name);
  if (existsSync(place)) return { folder: place, missing: false };
  const what = `There is no data set ${name} in ${folder} (set TRIBUTARY_SHARED to the folder above datasets)`;
  if (process.env.CI) throw new Error(`${what}, and CI needs it.`);
  console.warn(`${what}: its tests are skipped.`);
  return { folder: place, missing: true };
}
