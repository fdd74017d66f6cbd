import { mkdir, writeFile } from 'node:fs/promises';
import { type BusRow, measureBuses } from './bus.ts';
import { type MutationRow, measureMutations } from './mutations.ts';

/** What `npm run bench -- events` measured; written to `events.json`. */
export interface EventsResult {
  readonly bus: readonly BusRow[];
  readonly mutations: readonly MutationRow[];
}

/** Measures the ways of an event and writes what came out into the folder. */
export async function events(given: {
  /** Events of each measurement of a bus. */
  readonly count: number;
  readonly mutations: number;
  readonly natsUrl: string;
  readonly folder: string;
}): Promise<EventsResult> {
  const mutations = [await measureMutations(given.mutations)];
  const result = { bus: await measureBuses(given), mutations };
  await mkdir(given.folder, { recursive: true });
  await writeFile(`${given.folder}/events.json`, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
