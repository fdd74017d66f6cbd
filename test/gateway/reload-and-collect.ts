/*
 * A process of its own for one test, run with --expose-gc: reloads the supergraph file it is given again and again,
 * plans an operation with each generation, and says how many generations of the past are still in memory and how much
 * the heap has grown since the first few.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import {
  joiningWithDefaults,
  limitsWithDefaults,
  sharingWithDefaults,
  timeoutsWithDefaults,
} from '#gateway/options.ts';
import { readOperation } from '#gateway/pipeline/operation.ts';
import { planOperation } from '#gateway/pipeline/plan.ts';
import { openGenerations } from '#gateway/supergraph/generations.ts';

const [supergraph = '', query = '', times = ''] = process.argv.slice(2);
const generations = await openGenerations({
  supergraph,
  subgraphUrls: {},
  subscriptionUrls: {},
  routes: undefined,
  access: undefined,
  pagePaths: [],
  plans: undefined,
  persistence: () => ({ kind: 'any' }),
  watchMs: 0,
  timeouts: timeoutsWithDefaults(),
  limits: limitsWithDefaults(),
  sharing: sharingWithDefaults(),
  joining: joiningWithDefaults(),
  log: pino({ level: 'silent' }),
});
const original = await readFile(supergraph, 'utf8');
const past: WeakRef<object>[] = [];

async function reload(number: number): Promise<void> {
  const generation = generations.current();
  await planOperation(generation, readOperation(generation, { query, operationName: undefined }, 'queries'));
  past.push(new WeakRef(generation));
  await writeFile(supergraph, `${original}\n# ${number}\n`);
  const { kind } = await generations.reload();
  if (kind !== 'reloaded') {
    throw new Error(`Reload ${number} ended ${kind}.`);
  }
}

async function collect(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

for (let number = 0; number < 3; number += 1) {
  await reload(number);
}
const before = await collect();
for (let number = 3; number < Number(times); number += 1) {
  await reload(number);
}
const grownBytes = (await collect()) - before;
const alive = past.filter((generation) => generation.deref() !== undefined).length;
await generations.close(0);
console.log(JSON.stringify({ alive, grownBytes }));
