import { type FieldNode, Kind, type SelectionSetNode, visit } from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';

/** The arguments of a subscription's field that say where it begins; the others choose what comes. */
export const afterArgument = 'after';
export const initialArgument = 'initial';

/** The one field of a subscription. */
export interface RootField {
  readonly field: FieldNode;
  /** Variables that stand for the beginning and nowhere else in the document. */
  readonly beginning: readonly string[];
}

const known = new WeakMap<PreparedOperation, RootField>();

/** @param operation a valid subscription, whose field has no conditions */
export function rootOf(operation: PreparedOperation): RootField {
  let root = known.get(operation);
  if (root === undefined) {
    const field = findField(operation, operation.node.selectionSet)!;
    root = { field, beginning: findBeginning(operation, field) };
    known.set(operation, root);
  }
  return root;
}

function findField(operation: PreparedOperation, { selections }: SelectionSetNode): FieldNode | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) return selection;
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : operation.document.definitions.find(
            (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
          );
    const found = inner && 'selectionSet' in inner ? findField(operation, inner.selectionSet) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function findBeginning({ document, node }: PreparedOperation, field: FieldNode): readonly string[] {
  const uses = new Map<string, number>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION && definition !== node) continue;
    visit(definition, {
      VariableDefinition: () => false,
      Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
    });
  }
  const names = (field.arguments ?? []).flatMap(({ name, value }) => {
    const isBeginning = name.value === afterArgument || name.value === initialArgument;
    return isBeginning && value.kind === Kind.VARIABLE ? [value.name.value] : [];
  });
  return names.filter((name) => uses.get(name) === 1);
}
