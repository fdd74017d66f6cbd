import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import { QueryPlanner } from '@apollo/query-planner';
import { type GraphQLSchema, parse } from 'graphql';
import { type Bench, coerced, newCall } from './answers.ts';
import type { GeneratedOperation } from './operations.ts';
import { inProcessFetch } from './subgraphs.ts';

/** Stock `@apollo/gateway` over the same supergraph and subgraphs. */
export interface Stock {
  /** Its `data` as JSON text; `undefined` where it cannot plan or execute the operation at all. */
  readonly data: (operation: GeneratedOperation) => Promise<string | undefined>;
}

/**
 * A supergraph without the word that its rights must be enforced. Stock leaves them to Apollo's router and refuses
 * such a supergraph, though it answers whoever may see everything as without them.
 */
export function withoutSecurity(sdl: string): string {
  return sdl.replaceAll(', for: SECURITY)', ')');
}

/** Makes stock's planner; `undefined` where it refuses the supergraph, or ignores its context arguments. */
export function createStock(bench: Bench): Stock | undefined {
  if (bench.sdl.includes('contextArguments: [{')) return undefined;
  let supergraph: Supergraph;
  try {
    supergraph = Supergraph.build(withoutSecurity(bench.sdl));
  } catch {
    return undefined;
  }
  const planner = new QueryPlanner(supergraph);
  const apiSchema = supergraph.apiSchema();
  const supergraphSchema: GraphQLSchema = supergraph.schema.toGraphQLJSSchema();
  return {
    async data({ text, variables }) {
      const document = parse(text);
      const fetch = inProcessFetch(bench.subgraphs, newCall(bench, { seed: 0, rarity: 0, down: undefined }));
      const serviceMap = Object.fromEntries(
        [...bench.subgraphs.keys()].map((subgraph) => [subgraph, dataSource(subgraph, fetch)]),
      );
      // Only these members of the request context are read when no metrics are kept.
      const requestContext = {
        request: { variables: { ...coerced(bench.planner.schema, document, variables) } },
        context: {},
        metrics: {},
        logger: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} },
      } as unknown as Parameters<typeof executeQueryPlan>[2];
      try {
        const plan = planner.buildQueryPlan(operationFromDocument(apiSchema, document));
        const context = buildOperationContext({ schema: bench.planner.schema, operationDocument: document });
        const result = await executeQueryPlan(
          plan,
          serviceMap,
          requestContext,
          context,
          supergraphSchema,
          apiSchema,
        );
        return result.data === undefined ? undefined : JSON.stringify(result.data);
      } catch {
        return undefined;
      }
    },
  };
}

function dataSource(subgraph: string, fetch: ReturnType<typeof inProcessFetch>): GraphQLDataSource {
  return {
    async process({ request }) {
      const answer = await fetch({
        subgraph,
        body: JSON.stringify({ query: request.query, variables: request.variables }),
      });
      if (answer.kind === 'failure') throw new Error(answer.message);
      return { data: answer.data, errors: answer.errors } as Awaited<
        ReturnType<GraphQLDataSource['process']>
      >;
    },
  };
}
