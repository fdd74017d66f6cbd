import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where what others made lies: data sets, vendors' specifications. The repository holds no copy. */
const root = resolve(process.env.TRIBUTARY_SHARED ?? '../shared');

/**
 * A folder that others filled, and whether it is missing. A machine without it reports its tests as skipped; CI
 * has it, and there its absence is a failure.
 */
export function sharedFolder(
  kind: 'datasets' | 'vendor-apis',
  name: string,
): { readonly folder: string; readonly missing: boolean } {
  const folder = resolve(root, kind, name);
  if (existsSync(folder)) return { folder, missing: false };
  const what = `There is no ${name} in ${resolve(root, kind)} (set TRIBUTARY_SHARED to the folder above ${kind})`;
  if (process.env.CI) throw new Error(`${what}, and CI needs it.`);
  console.warn(`${what}: its tests are skipped.`);
  return { folder, missing: true };
}
