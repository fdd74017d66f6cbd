import { prepare } from './answers.ts';
import { checkOperations } from './check.ts';
import { fixtures } from './fixtures/index.ts';
import { runOptions } from './run-options.ts';
import { createStock } from './stock.ts';

/**
 * The oracle at length: `node test/oracle/long-run.ts --count 100000 --seed 1 --only chain`. `count` is over
 * all fixtures; the run stops at the first operation that is answered differently and prints the smallest.
 */
const { each, seed, chosen } = runOptions(fixtures);
for (const fixture of chosen) {
  const bench = prepare(fixture);
  const started = performance.now();
  const tally = await checkOperations(bench, { count: each, seed, stock: createStock(bench) });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const stock = [...tally].map(([verdict, times]) => `${verdict} ${times}`).join(', ');
  console.log(`${fixture.name}: ${each} operations agree (${seconds} s); stock: ${stock || 'not asked'}`);
}
