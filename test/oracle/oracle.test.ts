import { describe, expect, it } from 'vitest';
import { prepare } from './answers.ts';
import { checkOperations } from './check.ts';
import { fixtures } from './fixtures/index.ts';
import { createStock } from './stock.ts';

const count = Number(process.env.ORACLE_COUNT ?? 2000);
const seed = Number(process.env.ORACLE_SEED ?? 20_260_301);
const each = Math.ceil(count / fixtures.length);

describe('compiled plans answer as graphql-js does over the merged schema', () => {
  for (const fixture of fixtures) {
    it(`${fixture.name}: ${each} random operations`, { timeout: 60_000 + each * 100 }, async () => {
      const bench = prepare(fixture);
      const tally = await checkOperations(bench, { count: each, seed, stock: createStock(bench) });
      expect(tally.get('too-complex') ?? 0).toBeLessThan(each / 50);
      if (fixture.name === 'offices') {
        expect(tally.get('joined')).toBeGreaterThan(each / 10);
        expect(tally.get('joined in vain')).toBeGreaterThan(each / 100);
      }
      expect(tally.get('other-way')).toBeUndefined();
      // Stock does not know context arguments; everywhere else it has to confirm most answers.
      if (fixture.name !== 'context') expect(tally.get('agrees')).toBeGreaterThan(0);
    });
  }
});
