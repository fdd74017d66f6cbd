import { buildASTSchema, type DefinitionNode, type GraphQLSchema, Kind, parse, print } from 'graphql';
import type { Planner } from '#gateway/plan/planner.ts';

/**
 * What the request path has to know of a supergraph, as plain text: with it no other thread has to read the
 * supergraph, and no package of the planner has to be loaded there.
 */
export interface SupergraphDescription {
  /** SDL of the API schema that clients see. */
  readonly api: string;
  /** SDL of the whole supergraph schema, with directives as applied. */
  readonly supergraph: string;
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
}

/** Takes the description from a planner, which has read the supergraph. */
export function describeSupergraph(planner: Planner): SupergraphDescription {
  return {
    api: sdlOf(planner.schema),
    supergraph: sdlOf(planner.supergraphSchema),
    subgraphs: planner.subgraphs.map(({ name, url }) => ({ name, url })),
  };
}

/** The schemas of a description. They were validated when it was made. */
export function schemasOf(description: SupergraphDescription): Pick<Planner, 'schema' | 'supergraphSchema'> {
  return { schema: schemaOf(description.api), supergraphSchema: schemaOf(description.supergraph) };
}

function schemaOf(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl, { noLocation: true }), { assumeValid: true, assumeValidSDL: true });
}

/** graphql-js prints a schema without the directives applied to it, which cost limits need: its nodes have them. */
function sdlOf(schema: GraphQLSchema): string {
  const definitions: DefinitionNode[] = [];
  const defined = [schema, ...schema.getDirectives(), ...Object.values(schema.getTypeMap())];
  for (const one of defined) {
    if (one.astNode) {
      definitions.push(one.astNode);
    }
    if ('extensionASTNodes' in one) {
      definitions.push(...one.extensionASTNodes);
    }
  }
  return print({ kind: Kind.DOCUMENT, definitions });
}
