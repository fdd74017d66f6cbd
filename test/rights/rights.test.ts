import { describe, expect, it } from 'vitest';
import { prepare } from '../oracle/answers.ts';
import { fixtures } from '../oracle/fixtures/index.ts';
import { checkRights } from './check.ts';
import { marked } from './marked.ts';

const count = Number(process.env.RIGHTS_COUNT ?? 600);
const seed = Number(process.env.RIGHTS_SEED ?? 20_260_301);
const chosen = [marked, ...fixtures.filter(({ name }) => ['media', 'catalog', 'values'].includes(name))];
const each = Math.ceil(count / chosen.length);

describe('nobody gets what they may not have, and everybody gets the rest', () => {
  for (const fixture of chosen) {
    it(`${fixture.name}: ${each} random operations`, { timeout: 60_000 + each * 100 }, async () => {
      const tally = await checkRights(prepare(fixture), each, seed);
      // Neither of the two may be missing for the cases to say anything.
      expect(tally.denied).toBeGreaterThan(each / 10);
      expect(tally.whole).toBeGreaterThan(each / 10);
      expect(tally.tooComplex).toBeLessThan(each / 50);
    });
  }
});
