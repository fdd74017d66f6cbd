import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Need } from './need.ts';
import { type FieldArguments, possibleReads, type Read, readsOf } from './reads.ts';
import type { RightsModel } from './rights-model.ts';
import type { PlanVariant } from './variant.ts';

type Variables = Readonly<Record<string, unknown>>;

/** A field of an operation that needs something whatever its arguments are. */
export interface ProtectedField {
  readonly node: FieldNode;
  /** By the type that it is asked on: `Contact.email`. */
  readonly coordinate: string;
  readonly need: Need;
}

/** A field of an operation whose arguments may read protected fields. */
export interface ReadingField {
  readonly node: FieldNode;
  readonly coordinate: string;
  readonly readsWith: (variables: Variables) => Iterable<Read>;
}

/** What an operation requires of whoever asks it, found once for all of its requests. */
export interface OperationRights {
  readonly model: RightsModel;
  /** Everything that it may require, each once. */
  readonly needs: readonly Need[];
  readonly fields: readonly ProtectedField[];
  readonly readers: readonly ReadingField[];
  /** Object types that need something and may stand where an interface or union is asked. */
  readonly types: ReadonlyMap<string, Need>;
  /** `outcome` of a permit, by which of the needs are met. */
  readonly outcomes: LRUCache<string, string>;
  /** By what is denied. */
  readonly variants: LRUCache<string, PlanVariant>;
}

/** Combinations of rights that one operation keeps something for; more are made again. */
const mostCombinations = 64;

/** Finds what an operation of a valid document requires; undefined where that is nothing. */
export function compileRights(
  model: RightsModel,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationRights | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const fields: ProtectedField[] = [];
  const readers: ReadingField[] = [];
  const types = new Map<string, Need>();
  const needs = new Set<Need>();
  const visited = new Set<string>();

  const addField = (type: GraphQLCompositeType, node: FieldNode): void => {
    const name = node.name.value;
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (definition === undefined) return;
    const coordinate = `${type.name}.${name}`;
    const need = model.fields.get(coordinate);
    if (need !== undefined) {
      needs.add(need);
      fields.push({ node, coordinate, need });
    }
    if (definition.args.length > 0 && model.reads.size > 0) addReader(type, definition, node);
    const returned = getNamedType(definition.type);
    if (isAbstractType(returned)) addTypes(returned);
    if (node.selectionSet && isCompositeType(returned)) search(node.selectionSet, returned);
  };
  const addTypes = (type: GraphQLCompositeType): void => {
    for (const { name } of isAbstractType(type) ? schema.getPossibleTypes(type) : []) {
      const need = model.types.get(name);
      if (need === undefined) continue;
      needs.add(need);
      types.set(name, need);
    }
  };
  const addReader = (
    type: GraphQLCompositeType,
    definition: GraphQLField<unknown, unknown>,
    node: FieldNode,
  ): void => {
    const holders = isInterfaceType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
    const given: FieldArguments = {
      coordinates: holders.map(({ name }) => `${name}.${definition.name}`),
      args: definition.args,
    };
    const possible = possibleReads(model.reads, given);
    if (possible.length === 0) return;
    const readsWith = readsOfNode(model, definition, given, possible, node);
    for (const { need } of possible) needs.add(need);
    readers.push({ node, coordinate: `${type.name}.${definition.name}`, readsWith });
  };
  const search = (selectionSet: SelectionSetNode, type: GraphQLCompositeType): void => {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        addField(type, selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        search(selection.selectionSet, typeNamed(schema, selection.typeCondition?.name.value) ?? type);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        const condition = typeNamed(schema, fragment?.typeCondition.name.value);
        if (fragment && condition) search(fragment.selectionSet, condition);
      }
    }
  };
  const root = schema.getRootType(operation.operation);
  if (root) search(operation.selectionSet, root);
  if (needs.size === 0) return undefined;
  const max = mostCombinations;
  return {
    model,
    needs: [...needs],
    fields,
    readers,
    types,
    outcomes: new LRUCache({ max }),
    variants: new LRUCache({ max }),
  };
}

function typeNamed(schema: GraphQLSchema, name: string | undefined): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}

/** Without variables the reads are found once. Arguments that cannot be coerced count as everything they could be. */
function readsOfNode(
  model: RightsModel,
  definition: GraphQLField<unknown, unknown>,
  given: FieldArguments,
  possible: readonly Read[],
  node: FieldNode,
): (variables: Variables) => Iterable<Read> {
  const readsWith = (values: Variables): Iterable<Read> => {
    try {
      return readsOf(model.reads, given, getArgumentValues(definition, node, values));
    } catch {
      return possible;
    }
  };
  const variables = new Set<string>();
  for (const argument of node.arguments ?? []) {
    visit(argument, { Variable: ({ name }) => void variables.add(name.value) });
  }
  if (variables.size > 0) return readsWith;
  const constant = [...readsWith({})];
  return () => constant;
}
