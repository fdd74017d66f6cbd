import type { FetchNode } from '@apollo/query-planner';
import { parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Bench } from './answers.ts';
import type { GeneratedOperation } from './operations.ts';

/**
 * Whether the plan of an operation asks a subgraph about an entity for a field that others have too (see
 * `other-way` in differences.ts).
 */
export function goesOtherWay(bench: Bench, { text }: GeneratedOperation, subgraph: string): boolean {
  const schema = bench.subgraphs.get(subgraph);
  if (schema === undefined) return false;
  return fetchesOf(bench.planner.plan(parse(text))).some((fetch) => {
    if (fetch.serviceName !== subgraph || fetch.requires === undefined) return false;
    const typeInfo = new TypeInfo(schema);
    let isElsewhere = false;
    visit(
      parse(fetch.operation),
      visitWithTypeInfo(typeInfo, {
        Field({ name }) {
          if (name.value === '_entities') return undefined;
          const owner = bench.ownerOf(`${typeInfo.getParentType()?.name}.${name.value}`);
          if (name.value !== '__typename' && owner !== subgraph) isElsewhere = true;
          // What lies below belongs to the subgraph's own answer.
          return false;
        },
      }),
    );
    return isElsewhere;
  });
}

function fetchesOf(node: unknown): FetchNode[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('kind' in node && node.kind === 'Fetch') return [node as FetchNode];
  return Object.values(node).flatMap(fetchesOf);
}
