import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { type Bench, compiledAnswer, mergedAnswer, type Trouble } from './answers.ts';
import { difference } from './compare.ts';
import { stockDifference } from './differences.ts';
import { type GeneratedOperation, writeOperation } from './operations.ts';
import { goesOtherWay } from './other-way.ts';
import type { Stock } from './stock.ts';

export interface CheckOptions {
  readonly count: number;
  readonly seed: number;
  /** The second opinion, asked about every tenth case; left out where it does not know the supergraph. */
  readonly stock: Stock | undefined;
}

/**
 * How often stock agreed with the merged schema or differed, by class, how often we refused to plan, and how many
 * operations had fetches that were joined.
 */
export type Tally = Map<string, number>;

interface Case {
  readonly choices: readonly number[];
  readonly kind: 'query' | 'mutation';
  readonly trouble: Trouble;
}

const STOCK_EVERY = 10;

/**
 * Checks random operations on one fixture: the compiled plan's answer has to be that of graphql-js over the
 * merged schema. Throws with the smallest operation found that breaks this, and the seed to repeat it.
 */
export async function checkOperations(bench: Bench, { count, seed, stock }: CheckOptions): Promise<Tally> {
  const tally: Tally = new Map();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(cases(bench), async ({ choices, kind, trouble }) => {
      const operation = writeOperation(bench.merged, kind, choices);
      const note = (verdict: string): unknown => tally.set(verdict, (tally.get(verdict) ?? 0) + 1);
      let truth = await mergedAnswer(bench, operation, trouble);
      let answer = await compiledAnswer(bench, operation, trouble).catch(refusal);
      if (answer === 'too-complex') return void note(answer);
      if (answer.joined > 0) note('joined');
      if (answer.unreadable > 0) note('joined in vain');
      let found = difference(truth, answer);
      if (found !== undefined && trouble.down !== undefined && goesOtherWay(bench, operation, trouble.down)) {
        note('other-way');
        truth = await mergedAnswer(bench, operation, { ...trouble, down: undefined });
        answer = await compiledAnswer(bench, operation, { ...trouble, down: undefined });
        found = difference(truth, answer);
      }
      if (found !== undefined) throw new Error(describe(operation, trouble, found, truth, answer));
      if (stock === undefined || kind === 'mutation' || number++ % STOCK_EVERY !== 0) return;
      const healthy = { seed: 0, rarity: 0, down: undefined };
      const wanted = await mergedAnswer(bench, operation, healthy);
      const second = await stock.data(operation);
      const verdict =
        second === wanted.data ? 'agrees' : stockDifference(bench, operation, wanted.data, second);
      if (verdict === undefined) throw new Error(describe(operation, healthy, 'stock', wanted, second));
      note(verdict);
    }),
    { numRuns: count, seed },
  );
  return tally;
}

/** The planner's own limit is the one refusal that counts as an answer (see `too-complex` in differences.ts). */
function refusal(error: unknown): 'too-complex' {
  if (error instanceof GraphQLError && /Too many options generated/.test(error.message)) return 'too-complex';
  throw error;
}

function cases({ fixture, merged }: Bench): fc.Arbitrary<Case> {
  const kinds = merged.getMutationType() ? (['query', 'query', 'mutation'] as const) : (['query'] as const);
  const trouble = fc.record({
    seed: fc.nat(),
    // Half of the cases go without faults.
    rarity: fc.constantFrom(0, 0, 3, 8),
    down: fc.constantFrom(undefined, undefined, undefined, ...fixture.mayBeDown),
  });
  return fc.record({
    choices: fc.array(fc.nat({ max: 999 }), { maxLength: 150, size: 'max' }),
    kind: fc.constantFrom(...kinds),
    trouble,
  });
}

function describe(
  operation: GeneratedOperation,
  trouble: Trouble,
  found: string,
  truth: unknown,
  answer: unknown,
): string {
  return [
    `The answers differ (${found}).`,
    operation.text,
    `variables ${JSON.stringify(operation.variables)}`,
    `trouble ${JSON.stringify(trouble)}`,
    `truth  ${JSON.stringify(truth)}`,
    `answer ${JSON.stringify(answer)}`,
  ].join('\n');
}
