import { type FieldNode, parse, visit } from 'graphql';
import type { GeneratedOperation } from './operations.ts';

/**
 * Where a federated answer differs from the merged schema's by nature. `compare.ts` and `check.ts` allow
 * exactly these.
 */
export const inherent = {
  'nulled-siblings':
    'Several fields beneath one null fail. graphql-js reports those it came to before the null took its surroundings with it; a gateway asks subgraphs one after the other and does not ask about an object that is null already. Which of the errors are reported differs, that there is one does not.',
  'mutation-after-null':
    'A root field of a mutation that must not be null fails through a field of another subgraph. graphql-js makes no further mutation; a gateway completes such fields after the mutations that follow in the plan. Data is null on both sides.',
  'too-complex':
    'Fields of nested interface objects give the planner a number of ways that grows with each level to the power of the object types. It refuses beyond its limit of paths; without the limit it runs out of memory.',
} as const;

/** Where stock `@apollo/gateway` differs from the merged schema, and so from compiled plans. */
const stockClasses: readonly {
  readonly id: string;
  readonly reason: string;
  readonly applies: (features: Features) => boolean;
}[] = [
  {
    id: 'stock-refuses',
    reason:
      'Stock cannot plan or execute the operation at all, for instance fragments on an interface object.',
    applies: ({ refused }) => refused,
  },
  {
    id: 'stock-alias-of-a-field',
    reason: 'An alias that is a field name takes the place of a key or required field of that name.',
    applies: ({ hasFieldAlias }) => hasFieldAlias,
  },
  {
    id: 'stock-condition',
    reason:
      'A fetch whose fields may all be skipped does not find out whether their object is null, and an entity whose input is required by a skipped field only is not asked for anything.',
    applies: ({ hasCondition }) => hasCondition,
  },
  {
    id: 'stock-required-arguments',
    reason:
      'A required field with arguments takes the place of the client’s own, and of other required ones.',
    applies: ({ fields }) =>
      fields.some((name) => ['price', 'customs', 'step', 'leap', 'hop'].includes(name)),
  },
  {
    id: 'stock-required-order',
    reason: 'A field that requires a field which itself requires another is asked for too early.',
    applies: ({ fields }) => fields.includes('tour'),
  },
];

interface Features {
  readonly refused: boolean;
  readonly fields: readonly string[];
  readonly hasFieldAlias: boolean;
  readonly hasCondition: boolean;
}

/** The class of a difference between stock and the merged schema; `undefined` where it is in none. */
export function stockDifference(operation: GeneratedOperation, data: string | undefined): string | undefined {
  const nodes: FieldNode[] = [];
  visit(parse(operation.text), { Field: (node) => void nodes.push(node) });
  const aliases = nodes.flatMap(({ alias }) => (alias ? [alias.value] : []));
  const features: Features = {
    refused: data === undefined,
    fields: nodes.map(({ name }) => name.value),
    hasFieldAlias: aliases.some((alias) => ['id', 'name', '__typename'].includes(alias)),
    hasCondition: /@(skip|include)/.test(operation.text),
  };
  return stockClasses.find(({ applies }) => applies(features))?.id;
}
