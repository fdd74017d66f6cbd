import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Assignment, ConditionVariables } from './conditions.ts';
import { responseName } from './errors.ts';

/** The fields that an object of one type shows, by response name in the order of the response. */
export interface CollectedFields {
  readonly fields: ReadonlyMap<string, readonly FieldNode[]>;
  /** True where some fragment was left out because of its type condition. */
  readonly leftOut: boolean;
}

export interface FieldCollection {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly conditions: ConditionVariables;
}

/** `CollectFields` of the GraphQL specification (section 6.3.2) under one assignment of the conditions. */
export function collectFields(
  { schema, fragments, conditions }: FieldCollection,
  assignment: Assignment,
  type: GraphQLObjectType | GraphQLInterfaceType,
  selectionSets: readonly SelectionSetNode[],
): CollectedFields {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  let leftOut = false;

  const applies = (condition: string | undefined): boolean => {
    if (condition === undefined || condition === type.name) return true;
    const conditionType = schema.getType(condition);
    const holds = isAbstractType(conditionType) && schema.isSubType(conditionType, type);
    if (!holds) leftOut = true;
    return holds;
  };
  const add = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      if (!conditions.includes(selection.directives, assignment)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = responseName(selection);
        const nodes = fields.get(name);
        if (nodes) nodes.push(selection);
        else fields.set(name, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value)) add(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment && applies(fragment.typeCondition.name.value)) add(fragment.selectionSet);
      }
    }
  };
  for (const selectionSet of selectionSets) add(selectionSet);
  return { fields, leftOut };
}
