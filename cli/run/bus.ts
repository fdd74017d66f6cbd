import type { Logger } from 'pino';
import { busLocation, openBus } from '#events/bus/open.ts';
import type { Bus } from '#events/bus/port.ts';
import { countSetting } from '../settings.ts';
import { dataFolder } from './data-folder.ts';

const dayMs = 86_400_000;
const megabyte = 1_048_576;

/** How long events are kept, at most: `EVENTS_KEEP_DAYS` (14) and `EVENTS_KEEP_MB` (2,048). */
export function eventRetention(env = process.env) {
  return {
    maxAgeMs: countSetting('EVENTS_KEEP_DAYS', 14, 3_650, env) * dayMs,
    maxBytes: countSetting('EVENTS_KEEP_MB', 2_048, 1_048_576, env) * megabyte,
  };
}

/** The bus of this house: where `BUS_URL` says, else a log in the data folder that this process alone has. */
export async function openHouseBus(dataDir: string, log: Logger, env = process.env): Promise<Bus> {
  await dataFolder(dataDir);
  return openBus(busLocation(dataDir, env), { retention: eventRetention(env), log });
}

/** The bus that processes share, by `BUS_URL`; undefined where it is not set. */
export async function openSharedBus(log: Logger, env = process.env): Promise<Bus | undefined> {
  return env.BUS_URL ? openBus(busLocation('', env), { retention: eventRetention(env), log }) : undefined;
}
