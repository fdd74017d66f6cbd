import { parseArgs } from 'node:util';
import { prepare } from './answers.ts';
import { checkOperations } from './check.ts';
import { fixtures } from './fixtures/index.ts';
import { createStock } from './stock.ts';

/**
 * The oracle at length: `node test/oracle/long-run.ts --count 100000 --seed 1 --only chain`. `count` is over
 * all fixtures; the run stops at the first operation that is answered differently and prints the smallest.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const chosen = fixtures.filter(({ name }) => values.only === undefined || values.only === name);
if (!Number.isSafeInteger(count) || count < 1)
  throw new Error(`--count ${values.count} is no positive number.`);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no number.`);
if (chosen.length === 0) {
  throw new Error(`--only ${values.only} is none of ${fixtures.map(({ name }) => name).join(', ')}.`);
}

const each = Math.ceil(count / chosen.length);
for (const fixture of chosen) {
  const bench = prepare(fixture);
  const started = performance.now();
  const tally = await checkOperations(bench, { count: each, seed, stock: createStock(bench) });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const stock = [...tally].map(([verdict, times]) => `${verdict} ${times}`).join(', ');
  console.log(`${fixture.name}: ${each} operations agree (${seconds} s); stock: ${stock || 'not asked'}`);
}
