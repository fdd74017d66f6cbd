import type { FetchNode } from '@apollo/query-planner';
import { parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Bench } from './answers.ts';
import type { GeneratedOperation } from './operations.ts';

/**
 * Whether the plan of an operation asks a subgraph for nothing but fields that others have too, in some fetch
 * (see `other-way` in differences.ts).
 */
export function goesOtherWay(bench: Bench, { text }: GeneratedOperation, subgraph: string): boolean {
  const schema = bench.subgraphs.get(subgraph);
  if (schema === undefined) return false;
  return fetchesOf(bench.planner.plan(parse(text))).some((fetch) => {
    if (fetch.serviceName !== subgraph || fetch.requires === undefined) return false;
    const typeInfo = new TypeInfo(schema);
    let isElsewhere = true;
    visit(
      parse(fetch.operation),
      visitWithTypeInfo(typeInfo, {
        Field({ name }) {
          const field = `${typeInfo.getParentType()?.name}.${name.value}`;
          if (bench.ownerOf(field) === subgraph) isElsewhere = false;
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
