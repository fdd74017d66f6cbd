import {
  type DirectiveNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The values of the variables that `@skip` and `@include` ask, as bits in the order of their names. */
export type Assignment = string;

/** One `@skip` or `@include`: a constant, or a variable that must have a value. */
export type SelectionCondition =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'variable'; readonly name: string; readonly wanted: boolean };

export interface ConditionVariables {
  readonly names: readonly string[];
  /** The assignment of one execution; '' where the operation has no condition on variables. */
  readonly assign: (variables: Readonly<Record<string, unknown>>) => Assignment;
  /** Whether a selection with these directives is included under an assignment. */
  readonly includes: (directives: readonly DirectiveNode[] | undefined, assignment: Assignment) => boolean;
}

/** The conditions that `@skip` and `@include` among the directives put on a selection. */
export function selectionConditions(directives: readonly DirectiveNode[] | undefined): SelectionCondition[] {
  const conditions: SelectionCondition[] = [];
  for (const directive of directives ?? []) {
    const wanted = directive.name.value === 'include';
    if (!wanted && directive.name.value !== 'skip') continue;
    const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind === Kind.BOOLEAN) {
      conditions.push({ kind: 'constant', holds: value.value === wanted });
    } else if (value?.kind === Kind.VARIABLE) {
      conditions.push({ kind: 'variable', name: value.name.value, wanted });
    }
  }
  return conditions;
}

/** Whether some variables meet all of the conditions. */
export function isPossible(conditions: readonly SelectionCondition[]): boolean {
  const wanted = new Map<string, boolean>();
  for (const condition of conditions) {
    if (condition.kind === 'constant') {
      if (!condition.holds) return false;
    } else {
      if ((wanted.get(condition.name) ?? condition.wanted) !== condition.wanted) return false;
      wanted.set(condition.name, condition.wanted);
    }
  }
  return true;
}

/** Finds the variables that decide what an operation selects. */
export function conditionVariables(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ConditionVariables {
  const found = new Set<string>();
  const visited = new Set<string>();
  const search = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      for (const condition of selectionConditions(selection.directives)) {
        if (condition.kind === 'variable') found.add(condition.name);
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet) search(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) search(fragment.selectionSet);
      }
    }
  };
  search(operation.selectionSet);
  const names = [...found];
  return {
    names,
    assign: (variables) => {
      let bits = '';
      for (const name of names) bits += variables[name] === true ? '1' : '0';
      return bits;
    },
    includes: (directives, assignment) =>
      directives === undefined ||
      directives.length === 0 ||
      selectionConditions(directives).every((condition) =>
        condition.kind === 'constant'
          ? condition.holds
          : (assignment[names.indexOf(condition.name)] === '1') === condition.wanted,
      ),
  };
}
