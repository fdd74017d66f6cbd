import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

export interface ComposedSubgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/** The supergraph of these subgraphs. */
export function compose(subgraphs: readonly ComposedSubgraph[]): string {
  const composed = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (composed.errors !== undefined) {
    throw new AggregateError(composed.errors, 'the subgraphs of the test do not compose');
  }
  return composed.supergraphSdl;
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])';

/** Six subgraphs that all resolve the same type in itself, so that a nested operation can be planned in many ways. */
export function wideSupergraph(url: string): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  return compose(
    names.map((name) => ({
      name,
      url,
      sdl: `${link}
        type Query { node: Node @shareable }
        type Node @key(fields: "id") {
          id: ID!
          left: Node @shareable
          right: Node @shareable
          value: Int @shareable
          ${name}: Int
        }`,
    })),
  );
}

/** An operation of `wideSupergraph` that takes the planner seconds from a depth of 9 on. */
export function wideOperation(name: string, depth: number): string {
  const nest = (left: number): string =>
    left === 0 ? 'value' : `left { ${nest(left - 1)} a } right { b ${nest(left - 1)} }`;
  return `query ${name} { node { ${nest(depth)} } }`;
}
