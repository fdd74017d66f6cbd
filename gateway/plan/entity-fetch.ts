import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type DirectiveNode,
  Kind,
  parse,
  print,
  type SelectionNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';

/** A fetch that sends representations. */
export type EntityFetch = FetchNode & { readonly requires: QueryPlanSelectionNode[] };

/**
 * An entity fetch of the same subgraph for some fields of one type, which were asked for at a path from the given
 * fetch on (with `@` for lists): as many fields further away from what they read of their context.
 */
export function entityFetch(
  fetch: FetchNode,
  path: readonly string[],
  type: string,
  selections: readonly SelectionNode[],
  input: QueryPlanSelectionNode[],
): EntityFetch {
  const document = parse(fetch.operation, { noLocation: true });
  const definitions = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [],
  );
  const name = fetch.operationName ?? '';
  const others = definitions.filter(({ variable }) => variable.name.value !== 'representations').map(print);
  const entity = print({ kind: Kind.SELECTION_SET, selections });
  const operation = `query ${name}(${['$representations:[_Any!]!', ...others].join(' ')}) {
    _entities(representations: $representations) { ... on ${type} ${entity} }
  }`;
  const ups = path.filter((step) => step !== '@').map(() => '..');
  const contextRewrites = fetch.contextRewrites?.map((rewrite) => ({
    ...rewrite,
    path: [...ups, ...rewrite.path],
  }));
  return {
    ...withUsedVariables({
      ...fetch,
      contextRewrites,
      operation,
      operationKind: 'query' as FetchNode['operationKind'],
    }),
    inputRewrites: fetch.requires ? fetch.inputRewrites : undefined,
    outputRewrites: undefined,
    requires: [{ kind: 'InlineFragment', typeCondition: type, selections: input }],
  };
}

/** A fetch without the variables that its operation does not use. */
export function withUsedVariables(fetch: FetchNode): FetchNode {
  const document = parse(fetch.operation, { noLocation: true });
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  const operation = visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
  });
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(operation)),
    contextRewrites: fetch.contextRewrites?.filter(({ renameKeyTo }) => used.has(renameKeyTo)),
    variableUsages: fetch.variableUsages?.filter((name) => used.has(name)),
  };
}

/** Selections within fragments that have these directives, outermost first. */
export function wrapped(
  selections: readonly SelectionNode[],
  wrappers: readonly (readonly DirectiveNode[])[],
): SelectionNode[] {
  return wrappers.reduceRight<SelectionNode[]>(
    (inner, directives) =>
      directives.length === 0
        ? inner
        : [
            {
              kind: Kind.INLINE_FRAGMENT,
              directives,
              selectionSet: { kind: Kind.SELECTION_SET, selections: inner },
            },
          ],
    [...selections],
  );
}
