import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  Kind,
  parse,
} from 'graphql';
import type { SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';
import type { Fixture } from './fixture.ts';
import { type Call, type Entry, fieldResolver, findEntry, typeResolver } from './world.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [
  "@key", "@requires", "@provides", "@external", "@override", "@shareable", "@inaccessible",
  "@interfaceObject", "@context", "@fromContext"
])`;

/** Composes a fixture's subgraphs; throws with every composition error. */
export function compose(fixture: Pick<Fixture, 'subgraphs'>): string {
  const result = composeServices(
    Object.entries(fixture.subgraphs).map(([name, typeDefs]) => ({
      name,
      url: `http://${name}.invalid`,
      typeDefs: linked(typeDefs),
    })),
  );
  if (result.errors) throw new Error(result.errors.map((error) => error.message).join('\n'));
  return result.supergraphSdl;
}

/** The document of a subgraph's SDL; one that does not say which federation it means gets the link. */
function linked(typeDefs: string): DocumentNode {
  const document = parse(typeDefs);
  const isLinked = document.definitions.some(({ kind }) => kind === Kind.SCHEMA_EXTENSION);
  return isLinked ? document : parse(`${LINK}\n${typeDefs}`);
}

/** Builds the executable schemas of a fixture's subgraphs, which all read the one world. */
export function subgraphSchemas(fixture: Fixture): ReadonlyMap<string, GraphQLSchema> {
  return new Map(
    Object.entries(fixture.subgraphs).map(([name, typeDefs]) => {
      const document = linked(typeDefs);
      return [
        name,
        buildSubgraphSchema([{ typeDefs: document, resolvers: referenceResolvers(fixture, document) }]),
      ];
    }),
  );
}

/** A `__resolveReference` for each entity type: the entry that the key names, with what was sent along. */
function referenceResolvers(
  fixture: Fixture,
  document: DocumentNode,
): Record<string, Record<string, GraphQLFieldResolver<unknown, Call>>> {
  const resolvers: Record<string, Record<string, GraphQLFieldResolver<unknown, Call>>> = {};
  const objectTypes = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) objectTypes.add(definition.name.value);
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    if (!definition.directives?.some((directive) => directive.name.value === 'key')) continue;
    const external = (definition.fields ?? [])
      .filter((field) => field.directives?.some((directive) => directive.name.value === 'external'))
      .map((field) => field.name.value);
    const resolve = (reference: unknown): Entry | null => {
      const sent = reference as Entry;
      const entry = findEntry(fixture, definition.name.value, sent);
      if (entry === undefined) return null;
      // What is another subgraph's own is known here only if it was sent along.
      const known: Record<string, unknown> = { ...entry };
      for (const field of external) known[field] = sent[field];
      const typename = objectTypes.has(entry.$type) ? entry.$type : definition.name.value;
      return { ...known, $type: entry.$type, $id: entry.$id, __typename: typename };
    };
    resolvers[definition.name.value] = { __resolveReference: resolve };
  }
  return resolvers;
}

/** Answers fetches as the subgraphs' servers would: what goes in and out is JSON text. */
export function inProcessFetch(
  schemas: ReadonlyMap<string, GraphQLSchema>,
  call: Call,
): (request: Pick<SubgraphRequest, 'subgraph' | 'body'>) => Promise<SubgraphAnswer> {
  return async ({ subgraph, body }) => {
    const schema = schemas.get(subgraph);
    if (!schema) throw new Error(`There is no subgraph "${subgraph}".`);
    if (call.down === subgraph) {
      return {
        kind: 'failure',
        code: 'SUBGRAPH_UNAVAILABLE',
        message: `Subgraph "${subgraph}" is not there.`,
      };
    }
    const { query, operationName, variables } = JSON.parse(body);
    const result = await execute({
      schema,
      document: parse(query),
      operationName,
      variableValues: variables,
      contextValue: call,
      fieldResolver: fieldResolver('subgraph'),
      typeResolver: typeResolver as GraphQLTypeResolver<unknown, Call>,
    });
    const { data = null, errors = [] } = JSON.parse(JSON.stringify(result));
    return { kind: 'answer', data, errors };
  };
}
