import { mkdir, writeFile } from 'node:fs/promises';
import { type BusRow, measureBuses } from './bus.ts';

/** What `npm run bench -- events` measured; written to `events.json`. */
export interface EventsResult {
  readonly bus: readonly BusRow[];
}

/** Measures the ways of an event and writes what came out into the folder. */
export async function events(given: {
  readonly count: number;
  readonly natsUrl: string;
  readonly folder: string;
}): Promise<EventsResult> {
  const result = { bus: await measureBuses(given) };
  await mkdir(given.folder, { recursive: true });
  await writeFile(`${given.folder}/events.json`, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
