import { isDeepStrictEqual } from 'node:util';
import { type FieldNode, Kind, parse, visit } from 'graphql';
import type { Bench } from './answers.ts';
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
  'other-way':
    'A field that several subgraphs have is asked of one that does not answer. Which of them is asked is the choice of the planner; of more than 10,000 combinations of ways it leaves some out, and may take a longer one. Aliases of one leaf field are planned as one, so this takes an object of which a field is asked for in a dozen named fragments, or under as many different conditions. A merged schema knows no such choice. With all subgraphs there, the answers have to agree.',
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
    id: 'stock-order',
    reason:
      'Fields of an object that is selected more than once are not always in the order of the operation.',
    applies: ({ differsInOrder }) => differsInOrder,
  },
  {
    id: 'stock-alias-of-a-field',
    reason: 'An alias that is the name of a key or required field takes the place of that field.',
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
  {
    id: 'stock-representations',
    reason:
      'A variable of the client that is called "representations" takes the place of the one in fetches.',
    applies: ({ hasRepresentations }) => hasRepresentations,
  },
];

interface Features {
  readonly refused: boolean;
  readonly differsInOrder: boolean;
  readonly fields: readonly string[];
  readonly hasFieldAlias: boolean;
  readonly hasCondition: boolean;
  readonly hasRepresentations: boolean;
}

/** The class of a difference between stock and the merged schema; `undefined` where it is in none. */
export function stockDifference(
  { sdl }: Bench,
  operation: GeneratedOperation,
  right: string,
  data: string | undefined,
): string | undefined {
  const nodes: FieldNode[] = [];
  visit(parse(operation.text), { Field: (node) => void nodes.push(node) });
  const aliases = nodes.flatMap(({ alias }) => (alias ? [alias.value] : []));
  const inputs = inputFields(sdl);
  const features: Features = {
    refused: data === undefined,
    differsInOrder: data !== undefined && isDeepStrictEqual(JSON.parse(data), JSON.parse(right)),
    fields: nodes.map(({ name }) => name.value),
    hasFieldAlias: aliases.some((alias) => alias === '__typename' || inputs.has(alias)),
    hasCondition: /@(skip|include)/.test(operation.text),
    hasRepresentations: /\$representations\b/.test(operation.text),
  };
  return stockClasses.find(({ applies }) => applies(features))?.id;
}

/** The fields that keys and requirements of a supergraph are made of. */
function inputFields(sdl: string): ReadonlySet<string> {
  const found = new Set<string>();
  visit(parse(sdl), {
    Argument({ name, value }) {
      if (!['key', 'requires'].includes(name.value) || value.kind !== Kind.STRING) return;
      visit(parse(`{${value.value}}`), { Field: (field) => void found.add(field.name.value) });
    },
  });
  return found;
}
