import { describe, expect, it } from 'vitest';
import { busEngines } from '#test/harness/buses.ts';
import { resumeRun } from './resume/run.ts';

/** The short run of what `npm run resume` does at length. */
describe.each(busEngines)(
  'subscribers through crashes, reloads and lost connections, on $engine',
  ({ engine, missing }) => {
    it.skipIf(missing)(
      'have every event that their filter admits, once and in order',
      async () => {
        const held = await resumeRun({
          bus: engine,
          seed: 1,
          clients: 24,
          events: 600,
          reloads: 5,
          kills: 3,
        });
        expect(held).toMatchObject({ kills: 3, reloads: 5 });
        expect(held.broken).toBeGreaterThan(10);
        expect(held.deliveries).toBeGreaterThan(600);
      },
      180_000,
    );
  },
);
