import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { isPossible, type SelectionCondition, selectionConditions } from './conditions.ts';
import { responseName } from './errors.ts';

/** One root field as it stands in the document, with all conditions that lead to it. */
interface Occurrence {
  readonly name: string;
  readonly field: FieldNode;
  readonly conditions: readonly SelectionCondition[];
}

/** Most ways in which one root field may come to be included; more is refused. */
const MAX_WAYS = 64;

/**
 * Makes every root field of a mutation stand once under any variables. A field that is asked for twice, once
 * under a condition, is executed once by the specification, at its first included place; the planner would
 * have it executed twice. Each further place gets the condition that no earlier one is included, and each
 * place selects what the later ones select too.
 *
 * Throws a GraphQLError `MUTATION_FIELD_REPEATED` where the conditions are too many to tell apart.
 */
export function withoutRepeatedMutations(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): OperationDefinitionNode {
  if (operation.operation !== OperationTypeNode.MUTATION) return operation;
  const occurrences = occurrencesIn(operation.selectionSet, fragments, []);
  const isRepeated = ({ name }: Occurrence): boolean => {
    const same = occurrences.filter((each) => each.name === name);
    return same.length > 1 && same.some((each) => each.conditions.length > 0);
  };
  if (!occurrences.some(isRepeated)) return operation;
  const selections = occurrences.flatMap((occurrence, index): SelectionNode[] => {
    const same = (each: Occurrence): boolean => each.name === occurrence.name;
    const earlier = occurrences.slice(0, index).filter(same);
    const later = occurrences.slice(index + 1).filter(same);
    const field = withSelectionsOf(occurrence.field, later);
    return waysWithout(occurrence, earlier).flatMap((conditions) => underConditions(conditions, [field]));
  });
  return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
}

function occurrencesIn(
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  outer: readonly SelectionCondition[],
): Occurrence[] {
  return selectionSet.selections.flatMap((selection): Occurrence[] => {
    const conditions = [...outer, ...selectionConditions(selection.directives)];
    if (!isPossible(conditions)) return [];
    if (selection.kind === Kind.FIELD) {
      const directives = selection.directives?.filter((each) => selectionConditions([each]).length === 0);
      return [{ name: responseName(selection), field: { ...selection, directives }, conditions }];
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    return fragment ? occurrencesIn(fragment.selectionSet, fragments, conditions) : [];
  });
}

/** The ways in which an occurrence is included and no earlier one is; no two of them hold at once. */
function waysWithout(
  occurrence: Occurrence,
  earlier: readonly Occurrence[],
): (readonly SelectionCondition[])[] {
  let ways: (readonly SelectionCondition[])[] = [occurrence.conditions];
  for (const { conditions } of earlier) {
    // Not (a and b): not a, or a and not b.
    ways = ways.flatMap((way) =>
      conditions
        .map((condition, index) => [...way, ...conditions.slice(0, index), negated(condition)])
        .filter(isPossible),
    );
    if (ways.length <= MAX_WAYS) continue;
    throw new GraphQLError(
      `The mutation field "${occurrence.name}" is asked for under too many different conditions. Ask for it once.`,
      { extensions: { code: 'MUTATION_FIELD_REPEATED', limit: MAX_WAYS } },
    );
  }
  return ways;
}

function negated(condition: SelectionCondition): SelectionCondition {
  return condition.kind === 'constant'
    ? { ...condition, holds: !condition.holds }
    : { ...condition, wanted: !condition.wanted };
}

function withSelectionsOf(field: FieldNode, later: readonly Occurrence[]): FieldNode {
  if (field.selectionSet === undefined) return field;
  const more = later.flatMap((each) =>
    underConditions(each.conditions, [...(each.field.selectionSet?.selections ?? [])]),
  );
  return {
    ...field,
    selectionSet: { ...field.selectionSet, selections: [...field.selectionSet.selections, ...more] },
  };
}

function underConditions(
  conditions: readonly SelectionCondition[],
  selections: readonly SelectionNode[],
): readonly SelectionNode[] {
  const distinct = new Map<string, boolean>();
  for (const each of conditions) if (each.kind === 'variable') distinct.set(each.name, each.wanted);
  return [...distinct].reduce<readonly SelectionNode[]>(
    (inner, [variable, wanted]): readonly InlineFragmentNode[] => [
      {
        kind: Kind.INLINE_FRAGMENT,
        directives: [
          {
            kind: Kind.DIRECTIVE,
            name: { kind: Kind.NAME, value: wanted ? 'include' : 'skip' },
            arguments: [
              {
                kind: Kind.ARGUMENT,
                name: { kind: Kind.NAME, value: 'if' },
                value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
              },
            ],
          },
        ],
        selectionSet: { kind: Kind.SELECTION_SET, selections: inner },
      },
    ],
    selections,
  );
}
