import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLResolveInfo, type GraphQLSchema, parse } from 'graphql';
import type { SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';

export type Resolver = (
  source: Record<string, unknown>,
  args: Record<string, unknown>,
  context: unknown,
  info: GraphQLResolveInfo,
) => unknown;
export type Resolvers = Readonly<Record<string, Readonly<Record<string, Resolver>>>>;

/** A subgraph that lives in this process. */
export interface SubgraphDefinition {
  readonly name: string;
  readonly typeDefs: string;
  readonly resolvers: Resolvers;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [
  "@key", "@requires", "@provides", "@external", "@override", "@shareable", "@inaccessible",
  "@interfaceObject", "@context", "@fromContext", "@tag", "@extends"
])`;

/** Composes the subgraphs' SDL; throws with every composition error. */
export function compose(definitions: readonly SubgraphDefinition[]): string {
  const result = composeServices(
    definitions.map(({ name, typeDefs }) => ({
      name,
      url: `http://${name}.invalid`,
      typeDefs: parse(`${LINK}\n${typeDefs}`),
    })),
  );
  if (result.errors) throw new Error(result.errors.map((error) => error.message).join('\n'));
  return result.supergraphSdl;
}

/** The executable schema of one subgraph. */
export function subgraphSchema({ typeDefs, resolvers }: SubgraphDefinition): GraphQLSchema {
  return buildSubgraphSchema([{ typeDefs: parse(`${LINK}\n${typeDefs}`), resolvers }]);
}

/** Answers fetches as the subgraphs' servers would: what goes in and out is JSON text. */
export function inProcessFetch(
  schemas: ReadonlyMap<string, GraphQLSchema>,
  contextValue: unknown,
): (request: SubgraphRequest) => Promise<SubgraphAnswer> {
  return async ({ subgraph, body }) => {
    const schema = schemas.get(subgraph);
    if (!schema) throw new Error(`There is no subgraph "${subgraph}".`);
    const { query, operationName, variables } = JSON.parse(body);
    const result = await execute({
      schema,
      document: parse(query),
      operationName,
      variableValues: variables,
      contextValue,
    });
    const { data = null, errors = [] } = JSON.parse(JSON.stringify(result));
    return { kind: 'answer', data, errors };
  };
}
