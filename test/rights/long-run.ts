import { prepare } from '../oracle/answers.ts';
import { fixtures } from '../oracle/fixtures/index.ts';
import { runOptions } from '../oracle/run-options.ts';
import { checkRights } from './check.ts';
import { marked } from './marked.ts';

/**
 * Rights at length: `node test/rights/long-run.ts --count 100000 --seed 1 --only marked`. `count` is over all
 * fixtures; the run stops at the first operation that tells too much or too little and prints the smallest.
 */
const { each, seed, chosen } = runOptions([marked, ...fixtures]);
for (const fixture of chosen) {
  const bench = prepare(fixture);
  const started = performance.now();
  const { cases, denied, whole, tooComplex } = await checkRights(bench, each, seed);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const other = tooComplex === 0 ? '' : `, ${tooComplex} too complex to plan`;
  console.log(`${fixture.name}: ${cases} hold (${seconds} s); ${denied} denied, ${whole} whole${other}`);
}
