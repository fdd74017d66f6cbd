import fc from 'fast-check';
import { buildSchema, GraphQLError, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compiledAnswer, mergedAnswer, prepare } from './answers.ts';
import { difference } from './compare.ts';
import type { Fixture } from './fixture.ts';
import { accounts } from './fixtures/accounts.ts';
import { catalog } from './fixtures/catalog.ts';
import { chain } from './fixtures/chain.ts';
import { context } from './fixtures/context.ts';
import { type GeneratedOperation, writeOperation } from './operations.ts';

const each = Math.ceil(Number(process.env.ORACLE_COUNT ?? 2000) / 10);
const seed = Number(process.env.ORACLE_SEED ?? 20_260_301);

/** A fixture with a subgraph of events that name entities of one type, and a query that gives the same as an event. */
function withEvents(fixture: Fixture, type: string, key: string): Fixture {
  const entities = fixture.entities.filter(({ $type }) => $type === type);
  const change = {
    $type: 'Change',
    $id: '1',
    cursor: 'c',
    subject: entities[0],
    subjects: entities.slice(1, 3),
  };
  const roots = { 'Query.lastChange': () => change, 'Subscription.changed': () => change };
  return {
    ...fixture,
    subgraphs: {
      ...fixture.subgraphs,
      news: `
        type Query { lastChange: Change }
        type Subscription { changed: Change }
        type Change { cursor: ID! note: String subject: ${type} subjects: [${type}!] }
        type ${type} @key(fields: "${key}", resolvable: false) { ${key}: ID! }
      `,
    },
    computed: { ...fixture.computed, ...roots },
    steady: [...fixture.steady, ...Object.keys(roots)],
  };
}

/** A selection of what an event says, as a query and as a subscription. */
function bothWays({
  text,
  variables,
}: GeneratedOperation): Record<'query' | 'subscription', GeneratedOperation> {
  const [operation = '', ...fragments] = text.split('\n');
  const at = operation.indexOf('{');
  const definitions = operation.slice(0, at).replace('query', '');
  const write = (kind: string, field: string): GeneratedOperation => ({
    text: [`${kind}${definitions}{ ${field} ${operation.slice(at)} }`, ...fragments].join('\n'),
    variables,
  });
  return { query: write('query', 'changed: lastChange'), subscription: write('subscription', 'changed') };
}

describe('a subscription’s message is what a query of the same selection gives', () => {
  it.each([
    [catalog, 'Product', 'id'],
    [chain, 'Part', 'a'],
    [accounts, 'Account', 'id'],
    [context, 'Shop', 'id'],
  ] as const)(
    `${each} random selections: $name`,
    { timeout: 60_000 + each * 100 },
    async (fixture, type, key) => {
      const bench = prepare(withEvents(fixture, type, key));
      const ofEvents = buildSchema(`${printSchema(bench.planner.schema)} schema { query: Change }`);
      let asked = 0;
      const property = fc.asyncProperty(
        fc.array(fc.nat({ max: 999 }), { maxLength: 150, size: 'max' }),
        fc.record({ seed: fc.nat(), rarity: fc.constantFrom(0, 0, 3, 8) }),
        async (choices, faults) => {
          const { query, subscription } = bothWays(writeOperation(ofEvents, 'query', choices));
          const trouble = { ...faults, down: undefined };
          const truth = await mergedAnswer(bench, query, trouble);
          const answer = await compiledAnswer(bench, subscription, trouble).catch((error: unknown) => {
            if (error instanceof GraphQLError && /Too many options/.test(error.message)) return undefined;
            throw error;
          });
          if (answer === undefined) return;
          asked++;
          expect(difference(truth, answer), subscription.text).toBeUndefined();
        },
      );
      await fc.assert(property, { numRuns: each, seed });
      expect(asked).toBeGreaterThan(each * 0.9);
    },
  );
});
