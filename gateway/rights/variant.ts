import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { Denials } from '#gateway/plan/denials.ts';
import { freeName } from '#gateway/plan/free-name.ts';
import type { PlannedDocument } from '#gateway/plan/types.ts';

/** An operation as it is planned for whoever is denied some of it, or for the gateway's own questions. */
export interface PlanVariant {
  /** Never that of an operation itself, nor of another variant. */
  readonly planKey: string;
  /** The text that is planned; undefined where nothing is left that a subgraph could be asked. */
  readonly text: string | undefined;
  /** The same as a document of one operation. */
  readonly planned: PlannedDocument;
  readonly denials: Denials | undefined;
}

/** Makes the variant of an operation without what is denied. `key` names it among those of the operation. */
export function makeVariant(
  { document, node, planKey }: PreparedOperation,
  key: string,
  denials: Denials,
): PlanVariant {
  const planned = withoutDenied(document, node, denials.fields);
  return {
    /* No GraphQL text or name holds this character. */
    planKey: `\u0000${key}\n${planKey}`,
    text: asksNothing(planned) ? undefined : print(planned.document),
    planned,
    denials,
  };
}

/**
 * The document without denied fields. Where nothing is left of a selection set it asks for the type name: that the
 * object is there, and in a fragment of which type it is, still shows.
 */
function withoutDenied(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  denied: ReadonlyMap<FieldNode, unknown>,
): PlannedDocument {
  const keeper: FieldNode = {
    kind: Kind.FIELD,
    /* Under an alias of its own, so that it merges with nothing that the client asks for. */
    alias: { kind: Kind.NAME, value: freeName(document, 'kept') },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  const reduce = (selectionSet: SelectionSetNode): SelectionSetNode => {
    const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.FIELD && denied.has(selection)) return [];
      return selection.selectionSet
        ? [{ ...selection, selectionSet: reduce(selection.selectionSet) }]
        : [selection];
    });
    return { ...selectionSet, selections: selections.length === 0 ? [keeper] : selections };
  };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    fragments.set(definition.name.value, { ...definition, selectionSet: reduce(definition.selectionSet) });
  }
  const reduced = { ...operation, selectionSet: reduce(operation.selectionSet) };
  const definitions = [reduced, ...usedFragments(reduced, fragments)];
  return { document: { ...document, definitions }, operation: reduced };
}

function usedFragments(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly FragmentDefinitionNode[] {
  const used = new Set<FragmentDefinitionNode>();
  const search = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || used.has(fragment)) return;
        used.add(fragment);
        search(fragment);
      },
    });
  };
  search(operation);
  return [...used];
}

/** Whether only type names and introspection are left at the root, which no subgraph is asked for. */
function asksNothing({ document, operation }: PlannedDocument): boolean {
  const isNothing = (selectionSet: SelectionSetNode): boolean =>
    selectionSet.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value.startsWith('__');
      if (selection.kind === Kind.INLINE_FRAGMENT) return isNothing(selection.selectionSet);
      const fragment = document.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
      );
      return fragment?.kind === Kind.FRAGMENT_DEFINITION && isNothing(fragment.selectionSet);
    });
  return isNothing(operation.selectionSet);
}
