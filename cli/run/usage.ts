import { access } from 'node:fs/promises';
import type { Logger } from 'pino';
import { storeLocation } from '#chassis/store/store.ts';
import { openUsage, type Usage } from '#contracts/usage/index.ts';
import { countSetting } from '../settings.ts';
import { dataFolder } from './data-folder.ts';

const defaultKeepDays = 90;
const mostKeepDays = 3_650;

/**
 * The store that a gateway records in: PostgreSQL where `USAGE_DATABASE_URL` is set, else `usage.sqlite` in the data
 * folder; undefined where there is neither. `USAGE_KEEP_DAYS` says how long counts are kept.
 */
export async function usageToRecord(
  dataDir: string | undefined,
  log: Logger,
  env = process.env,
): Promise<Usage | undefined> {
  const keepDays = countSetting('USAGE_KEEP_DAYS', defaultKeepDays, mostKeepDays, env);
  if (dataDir === undefined && !env.USAGE_DATABASE_URL) return undefined;
  const location = storeLocation('usage', dataDir ?? '', env);
  if (dataDir !== undefined && location.engine === 'sqlite') await dataFolder(dataDir);
  return openUsage(location, { log, keepDays });
}

/** Whether there is a store to read: of PostgreSQL it is believed, a file must be there. */
export async function hasUsage(dataDir: string, env = process.env): Promise<boolean> {
  const location = storeLocation('usage', dataDir, env);
  if (location.engine !== 'sqlite') return true;
  return access(location.file).then(
    () => true,
    () => false,
  );
}

/**
 * The same store for whoever reads it, beside gateways that write: SQLite and PostgreSQL both let others read meanwhile.
 * Throws an Error where nothing was ever recorded.
 */
export async function usageToRead(dataDir: string, log: Logger, env = process.env): Promise<Usage> {
  const location = storeLocation('usage', dataDir, env);
  if (location.engine === 'sqlite' && !(await hasUsage(dataDir, env))) {
    throw new Error(
      `There is no ${location.file}: a gateway records usage there, or where USAGE_DATABASE_URL says; name its folder with --data-dir.`,
    );
  }
  return openUsage(location, { log });
}
