import { parseArgs } from 'node:util';
import { prepare } from '../oracle/answers.ts';
import { fixtures } from '../oracle/fixtures/index.ts';
import { checkRights } from './check.ts';
import { marked } from './marked.ts';

/**
 * Rights at length: `node test/rights/long-run.ts --count 100000 --seed 1 --only marked`. `count` is over all
 * fixtures; the run stops at the first operation that tells too much or too little and prints the smallest.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const all = [marked, ...fixtures];
const chosen = all.filter(({ name }) => values.only === undefined || values.only === name);
if (!Number.isSafeInteger(count) || count < 1)
  throw new Error(`--count ${values.count} is no positive number.`);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no number.`);
if (chosen.length === 0) {
  throw new Error(`--only ${values.only} is none of ${all.map(({ name }) => name).join(', ')}.`);
}

const each = Math.ceil(count / chosen.length);
for (const fixture of chosen) {
  const bench = prepare(fixture);
  const started = performance.now();
  const { cases, denied, whole, tooComplex } = await checkRights(bench, each, seed);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const other = tooComplex === 0 ? '' : `, ${tooComplex} too complex to plan`;
  console.log(`${fixture.name}: ${cases} hold (${seconds} s); ${denied} denied, ${whole} whole${other}`);
}
