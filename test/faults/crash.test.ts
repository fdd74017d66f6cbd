import { describe, expect, it } from 'vitest';
import { crashRun } from './crash/run.ts';

/** The short run of what `npm run crash -- --kills 200` does at length. */
describe('processes that are killed at random moments', () => {
  it('lose nothing, do nothing twice and leave nothing behind on the embedded bus', async () => {
    const held = await crashRun({ kills: 10, seed: 1, bus: 'embedded' });
    expect(held.kills).toBe(10);
    expect(held.postings).toBeGreaterThan(0);
    expect(held.eventsOnBus).toBe(2 * held.postings);
  }, 120_000);
});
