import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { selectionConditions } from './conditions.ts';

type OwnerType = GraphQLNamedType | null | undefined;

/** A leaf field of one object, with what tells it from others. */
interface Leaf {
  readonly field: FieldNode;
  /** The field's name, arguments and directives other than `@skip` and `@include`. */
  readonly meaning: string;
  /** The conditions around it and its own, up to where the object's selections begin; '' where there is none. */
  readonly conditions: string;
}

/**
 * Finds the leaf fields that repeat another one of the same object under another alias, each with the one that
 * stands for it when the operation is planned. For the planner, each alias of a field that n subgraphs have
 * multiplies the ways by n, and of more ways than it compares it leaves out good ones.
 *
 * The one that stands for others is included whenever they are, so its response name is the client's there.
 * Fields are told apart by where they are written: under the same or no type condition in the selections of one
 * field or fragment. Root fields of a mutation are none: each is executed.
 */
export function repeatedLeaves(
  document: DocumentNode,
  schema: GraphQLSchema,
): ReadonlyMap<FieldNode, FieldNode> {
  const planned = new Map<FieldNode, FieldNode>();
  const mutationType = schema.getRootType(OperationTypeNode.MUTATION);

  const search = (selectionSet: SelectionSetNode, type: OwnerType): void => {
    const leaves: Leaf[] = [];
    const collect = (selections: readonly SelectionNode[], outer: readonly string[]): void => {
      for (const selection of selections) {
        const conditions = [...outer, ...conditionTexts(selection)];
        if (selection.kind === Kind.FIELD) {
          if (selection.selectionSet) search(selection.selectionSet, typeOf(type, selection));
          else leaves.push(leafOf(selection, conditions));
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition?.name.value ?? type?.name;
          if (condition === type?.name) collect(selection.selectionSet.selections, conditions);
          else search(selection.selectionSet, schema.getType(condition!));
        }
      }
    };
    collect(selectionSet.selections, []);
    if (leaves.length < 2 || type === mutationType) return;
    for (const [field, first] of pairs(leaves)) planned.set(field, first);
  };

  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      search(definition.selectionSet, schema.getRootType(definition.operation));
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      search(definition.selectionSet, schema.getType(definition.typeCondition.name.value));
    }
  }
  return planned;
}

/** Each leaf that repeats another, with that other. */
function pairs(leaves: readonly Leaf[]): (readonly [FieldNode, FieldNode])[] {
  const firsts = new Map<string, FieldNode>();
  for (const { field, meaning, conditions } of leaves) {
    const key = `${meaning}\n${conditions}`;
    const found = firsts.get(key);
    // Best without an alias: the planner may want the field for itself, and then it is one.
    if (found === undefined || (found.alias && !field.alias)) firsts.set(key, field);
  }
  return leaves.flatMap(({ field, meaning, conditions }) => {
    const first = firsts.get(`${meaning}\n`) ?? firsts.get(`${meaning}\n${conditions}`);
    return first === undefined || first === field ? [] : [[field, first] as const];
  });
}

function leafOf(field: FieldNode, conditions: readonly string[]): Leaf {
  const others = (field.directives ?? []).filter((each) => selectionConditions([each]).length === 0);
  const meaning = [field.name.value, ...(field.arguments ?? []).map(print).sort(), ...others.map(print)].join(
    ' ',
  );
  return { field, meaning, conditions: [...new Set(conditions)].sort().join() };
}

function conditionTexts({ directives }: SelectionNode): string[] {
  return selectionConditions(directives).map((condition) =>
    condition.kind === 'constant' ? String(condition.holds) : `${condition.wanted} $${condition.name}`,
  );
}

function typeOf(parent: OwnerType, field: FieldNode): OwnerType {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  const definition = parent.getFields()[field.name.value];
  return definition && getNamedType(definition.type);
}
