import { composeServices } from '@apollo/composition';
import type { SubgraphSource } from './supergraph-config.ts';

/** What composition says of a set of subgraphs: the supergraph with hints, or why there is none. */
export type Composition =
  | { readonly kind: 'composed'; readonly supergraph: string; readonly hints: readonly string[] }
  | { readonly kind: 'refused'; readonly errors: readonly string[] };

/** Composes with Apollo's composition. Names and routing URLs go into the supergraph as they are. */
export function composeSubgraphs(subgraphs: readonly SubgraphSource[]): Composition {
  const result = composeServices(subgraphs.map(({ name, url, typeDefs }) => ({ name, url, typeDefs })));
  if (result.errors) {
    const errors = result.errors.map((error) => {
      const code = error.extensions.code;
      return typeof code === 'string' ? `${code}: ${error.message}` : error.message;
    });
    return { kind: 'refused', errors };
  }
  return {
    kind: 'composed',
    supergraph: `${result.supergraphSdl.trimEnd()}\n`,
    hints: result.hints.map((hint) => hint.toString()),
  };
}
