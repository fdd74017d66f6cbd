import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  visit,
} from 'graphql';
import { responseName } from './errors.ts';
import { STAND_IN } from './prepare-supergraph.ts';
import { repeatedLeaves } from './repeated-leaves.ts';

/**
 * The names under which an operation is planned. The planner keeps what it needs itself (keys, required
 * fields, `__typename`) and what the client asked for in one selection, under response names: a client's
 * alias that is also a field's name would be taken for that field. Such a response name is planned under a
 * name of its own and written under the client's.
 */
export interface PlanningNames {
  /** The field that is planned for a client's field: itself, or one that it repeats under another alias. */
  readonly plannedAs: (field: FieldNode) => FieldNode;
  /** The key in the tree under which the value of a client's field is found: that of the field it is planned as. */
  readonly treeKey: (field: FieldNode) => string;
  /** The client's name of a key of the tree; where fields share the key, that of the one they are planned as. */
  readonly clientKey: (key: string) => string;
  /** The client's name of a variable that a fetch uses. */
  readonly clientVariable: (name: string) => string;
  /** The plan's name of a client's variable. */
  readonly planVariable: (name: string) => string;
  /** An alias for a `__typename` that nobody asked for. */
  readonly keeper: string;
}

/** Variables that the planner makes itself, or `listVariable`. */
const PLANNER_VARIABLE = /^(representations(_\d+)?$|contextualArgument_)/;
/** Aliases that the planner makes itself. */
const PLANNER_ALIAS = /__alias_\d+$/;
/** Names that every plain object answers to, whether or not a subgraph did. */
const OBJECT_PROPERTIES = new Set(Object.getOwnPropertyNames(Object.prototype));

const fieldNamesBySchema = new WeakMap<GraphQLSchema, ReadonlySet<string>>();

/** Chooses the names for planning a document. The same document and schema always give the same names. */
export function planningNames(document: DocumentNode, supergraphSchema: GraphQLSchema): PlanningNames {
  const fieldNames = fieldNamesOf(supergraphSchema);
  const suffix = freeSuffix(document, fieldNames);
  const repeats = repeatedLeaves(document, supergraphSchema);
  const plannedAs = (field: FieldNode): FieldNode => repeats.get(field) ?? field;
  const treeKey = (clientField: FieldNode): string => {
    const field = plannedAs(clientField);
    const name = responseName(field);
    const isForeign =
      name !== field.name.value && (fieldNames.has(name) || PLANNER_ALIAS.test(name) || STAND_IN.test(name));
    return isForeign || OBJECT_PROPERTIES.has(name) ? name + suffix : name;
  };
  return {
    plannedAs,
    treeKey,
    clientKey: (key) => (key.endsWith(suffix) ? key.slice(0, -suffix.length) : key),
    clientVariable: (name) => (name.endsWith(suffix) ? name.slice(0, -suffix.length) : name),
    planVariable: (name) => (PLANNER_VARIABLE.test(name) ? name + suffix : name),
    keeper: `keeper${suffix}`,
  };
}

function fieldNamesOf(schema: GraphQLSchema): ReadonlySet<string> {
  let names = fieldNamesBySchema.get(schema);
  if (names === undefined) {
    const found = new Set(['__typename']);
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const name of Object.keys(type.getFields())) found.add(name);
    }
    names = found;
    fieldNamesBySchema.set(schema, names);
  }
  return names;
}

/** A suffix that no name in sight ends with, so that taking it off again is unambiguous. */
function freeSuffix(document: DocumentNode, fieldNames: ReadonlySet<string>): string {
  const names = new Set(fieldNames);
  visit(document, { Name: (node) => void names.add(node.value) });
  for (let n = 0; ; n++) {
    const suffix = `__client${n}`;
    if (![...names].some((name) => name.endsWith(suffix))) return suffix;
  }
}
