import { composeServices } from '@apollo/composition';
import type { SubgraphSource } from './supergraph-config.ts';

/** One reason why subgraphs make no supergraph, with Apollo's code of it where there is one. */
export interface CompositionError {
  readonly code: string | undefined;
  readonly message: string;
}

/** What composition says of subgraphs that it composed all the same. */
export interface CompositionHint {
  readonly code: string;
  /** Apollo's levels: a `WARN` is likely a mistake, an `INFO` may be meant. */
  readonly level: 'WARN' | 'INFO' | 'DEBUG';
  readonly message: string;
}

/** What composition says of a set of subgraphs: the supergraph with hints, or why there is none. */
export type Composition =
  | { readonly kind: 'composed'; readonly supergraph: string; readonly hints: readonly CompositionHint[] }
  | { readonly kind: 'refused'; readonly errors: readonly CompositionError[] };

/** Composes with Apollo's composition. Names and routing URLs go into the supergraph as they are. */
export function composeSubgraphs(subgraphs: readonly SubgraphSource[]): Composition {
  const result = composeServices(subgraphs.map(({ name, url, typeDefs }) => ({ name, url, typeDefs })));
  if (result.errors) {
    const errors = result.errors.map(({ extensions: { code }, message }) => ({
      code: typeof code === 'string' ? code : undefined,
      message,
    }));
    return { kind: 'refused', errors };
  }
  return {
    kind: 'composed',
    supergraph: `${result.supergraphSdl.trimEnd()}\n`,
    hints: result.hints.map(({ definition, message }) => ({
      code: definition.code,
      level: definition.level.name as CompositionHint['level'],
      message,
    })),
  };
}
