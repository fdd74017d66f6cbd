import { describe, expect, it } from 'vitest';
import { busEngines } from '#test/harness/buses.ts';
import { engines } from '#test/harness/stores.ts';
import { crashRun } from './crash/run.ts';

const noPostgres = engines.some(({ engine, missing }) => engine === 'postgres' && missing);

/** The short run of what `npm run crash -- --kills 200` does at length. */
describe.each(busEngines)('processes killed at random moments, on $engine', ({ engine, missing }) => {
  it.skipIf(missing || (engine === 'jetstream' && noPostgres))(
    'lose nothing, do nothing twice and leave nothing behind',
    async () => {
      const held = await crashRun({ kills: 10, seed: 1, bus: engine });
      expect(held.kills).toBe(10);
      expect(held.postings).toBeGreaterThan(0);
      expect(held.eventsOnBus).toBe(2 * held.postings);
    },
    240_000,
  );
});
