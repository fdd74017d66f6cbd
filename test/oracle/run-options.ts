import { parseArgs } from 'node:util';
import type { Fixture } from './fixture.ts';

/** What a long run was asked for on its command line: `--count 100000 --seed 1 --only chain`. */
export interface RunOptions {
  /** Cases of each fixture; `--count` is over all of them. */
  readonly each: number;
  readonly seed: number;
  readonly chosen: readonly Fixture[];
}

/** @throws Error naming the option that is none and what it may be. */
export function runOptions(fixtures: readonly Fixture[]): RunOptions {
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
  return { each: Math.ceil(count / chosen.length), seed, chosen };
}
