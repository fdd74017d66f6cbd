import {
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isUnionType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import { type JsonSchema, sharedSchemas } from './openapi-shared.ts';

/** Writes JSON Schemas for one document, and gathers the enums and scalars that they refer to. */
export interface SchemaWriter {
  /** Of the operation's one root field, where it is found. */
  readonly answer: (operation: PreparedOperation) => JsonSchema;
  readonly input: (type: GraphQLInputType) => JsonSchema;
  /** By name, what the schemas that were written so far refer to. */
  readonly components: () => Readonly<Record<string, JsonSchema>>;
}

/** Scalars by the names that they usually have; one of another name may hold any JSON. */
const knownScalars: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Boolean: { type: 'boolean' },
  Int: { type: 'integer', format: 'int32' },
  Float: { type: 'number', format: 'double' },
  DateTime: { type: 'string', format: 'date-time' },
  Date: { type: 'string', format: 'date' },
  Time: { type: 'string', format: 'time' },
  Decimal: { type: 'string' },
  UUID: { type: 'string', format: 'uuid' },
  URL: { type: 'string', format: 'uri' },
};

const builtIn = new Set(['ID', 'String', 'Boolean', 'Int', 'Float']);

export function schemaWriter(schema: GraphQLSchema): SchemaWriter {
  const components = new Map<string, JsonSchema>();

  const leaf = (type: GraphQLScalarType | GraphQLEnumType): JsonSchema => {
    if (builtIn.has(type.name)) {
      return knownScalars[type.name] as JsonSchema;
    }
    /* A type of the graph may have a name that the answers' own parts have. */
    const name = Object.hasOwn(sharedSchemas, type.name) ? `${type.name}Value` : type.name;
    components.set(name, isEnumType(type) ? enumSchema(type) : scalarSchema(type));
    return { $ref: `#/components/schemas/${name}` };
  };

  const input = (type: GraphQLInputType): JsonSchema => {
    if (isNonNullType(type)) {
      return input(type.ofType);
    }
    if (isListType(type)) {
      return { type: 'array', items: input(type.ofType) };
    }
    return isLeafType(type) ? leaf(type) : {};
  };

  const output = (type: GraphQLOutputType, selections: readonly Selected[]): JsonSchema => {
    if (isNonNullType(type)) {
      return present(type.ofType, selections);
    }
    return orNull(present(type, selections));
  };

  const present = (type: GraphQLOutputType, selections: readonly Selected[]): JsonSchema => {
    if (isNonNullType(type)) {
      return present(type.ofType, selections);
    }
    if (isListType(type)) {
      return { type: 'array', items: output(type.ofType, selections) };
    }
    return isCompositeType(type) ? object(type, selections) : leaf(type);
  };

  const object = (type: GraphQLCompositeType, selections: readonly Selected[]): JsonSchema => {
    const properties: Record<string, JsonSchema> = {};
    for (const [key, same] of Map.groupBy(selections, (one) => one.key)) {
      const [{ parent, name }] = same as [Selected, ...Selected[]];
      const field = name === '__typename' ? TypeNameMetaFieldDef : fieldOf(parent, name);
      const below = same.length === 1 ? (same[0] as Selected).below() : same.flatMap(belowIfThere);
      const described = output(field.type, below);
      properties[key] = field.description ? { ...described, description: field.description } : described;
    }
    const required = selections.filter((one) => one.isAlways).map((one) => one.key);
    return {
      type: 'object',
      ...(type.description ? { description: type.description } : {}),
      properties,
      required: [...new Set(required)],
    };
  };

  return {
    input,
    components: () => Object.fromEntries([...components].sort(([one], [other]) => (one < other ? -1 : 1))),
    answer: ({ document, node }) => {
      const fragments = new Map(
        document.definitions.flatMap((one): [string, FragmentDefinitionNode][] =>
          one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
        ),
      );
      const query = schema.getQueryType() as GraphQLCompositeType;
      const [root] = select({ schema, fragments }, query, node.selectionSet, true);
      if (root === undefined) {
        throw new Error('An operation without a root field has no answer to describe.');
      }
      return present(fieldOf(query, root.name).type, root.below());
    },
  };
}

/** A field as it is selected: under which key, of which type, and whether it is always there. */
interface Selected {
  readonly key: string;
  readonly name: string;
  readonly parent: GraphQLCompositeType;
  readonly isAlways: boolean;
  readonly below: () => readonly Selected[];
}

interface Documents {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** What one of several selections of a field selects below it: only what is always selected is always there. */
function belowIfThere({ isAlways, below }: Selected): readonly Selected[] {
  return below().map((one) => ({ ...one, isAlways: isAlways && one.isAlways }));
}

/** The fields of a selection set with those of its fragments; what stands under a condition may be missing. */
function select(
  documents: Documents,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  isAlways: boolean,
): readonly Selected[] {
  return selections.flatMap((node): readonly Selected[] => {
    const always = isAlways && !isConditional(node);
    if (node.kind === Kind.FIELD) {
      const name = node.name.value;
      const below = () => {
        const { selectionSet } = node;
        const type = selectionSet && namedComposite(fieldOf(parent, name).type);
        return type && selectionSet ? select(documents, type, selectionSet, true) : [];
      };
      return [{ key: node.alias?.value ?? name, name, parent, isAlways: always, below }];
    }
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : documents.fragments.get(node.name.value);
    const condition = fragment?.typeCondition?.name.value;
    const type = condition === undefined ? parent : documents.schema.getType(condition);
    if (fragment === undefined || !isCompositeType(type)) {
      return [];
    }
    return select(documents, type, fragment.selectionSet, always && type === parent);
  });
}

function isConditional({ directives }: SelectionNode): boolean {
  return directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true;
}

function namedComposite(type: GraphQLOutputType): GraphQLCompositeType | undefined {
  const inner = isNonNullType(type) || isListType(type) ? type.ofType : undefined;
  if (inner !== undefined) {
    return namedComposite(inner);
  }
  return isCompositeType(type) ? type : undefined;
}

function fieldOf(type: GraphQLCompositeType, name: string) {
  const field = isUnionType(type) ? undefined : type.getFields()[name];
  if (field === undefined) {
    throw new Error(`${type.name} has no field ${name}, although the operation was validated.`);
  }
  return field;
}

function enumSchema(type: GraphQLEnumType): JsonSchema {
  const lines = type
    .getValues()
    .flatMap(({ name, description }) => (description ? [`- \`${name}\`: ${description}`] : []));
  const description = [type.description, lines.join('\n')].filter(Boolean).join('\n\n');
  return {
    type: 'string',
    enum: type.getValues().map(({ name }) => name),
    ...(description === '' ? {} : { description }),
  };
}

function scalarSchema({ name, description }: GraphQLScalarType): JsonSchema {
  return { ...knownScalars[name], ...(description ? { description } : {}) };
}

function orNull(schema: JsonSchema): JsonSchema {
  return typeof schema.type === 'string'
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
}
