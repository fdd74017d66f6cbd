import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isLeafType,
  Kind,
  separateOperations,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import { normalisedText } from './normalised-text.ts';
import type { UsedOperation } from './types.ts';

/**
 * What is kept of an operation: its text without literals, and the coordinates of the schema that stand in it. What only
 * a variable's value names cannot be known, since values are not looked at: of a variable's input object or enum the
 * type alone is named. A field that is asked of an interface is named as the interface's.
 *
 * Undefined for an operation that uses nothing of the schema but its description.
 */
export function describeOperation(
  schema: GraphQLSchema,
  { document, node, name }: Pick<PreparedOperation, 'document' | 'node' | 'name'>,
): UsedOperation | undefined {
  const alone = separateOperations(document)[name ?? ''] ?? document;
  const coordinates = coordinatesOf(schema, alone);
  if (coordinates.length === 0) return undefined;
  const text = normalisedText(schema, alone);
  const hash = createHash('sha256').update(text).digest('hex');
  return { hash, name, kind: node.operation, text, coordinates };
}

function coordinatesOf(schema: GraphQLSchema, document: DocumentNode): readonly string[] {
  const found = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      enter: (node) => {
        switch (node.kind) {
          case Kind.FIELD: {
            const parent = types.getParentType();
            const field = types.getFieldDef();
            if (parent && field && !isIntrospection(parent.name) && !isIntrospection(field.name)) {
              found.add(`${parent.name}.${field.name}`);
              for (const argument of node.arguments ?? []) {
                found.add(`${parent.name}.${field.name}(${argument.name.value}:)`);
              }
            }
            break;
          }
          case Kind.OBJECT_FIELD: {
            const parent = getNamedType(types.getParentInputType());
            if (isInputObjectType(parent)) found.add(`${parent.name}.${node.name.value}`);
            break;
          }
          case Kind.ENUM: {
            const value = types.getEnumValue();
            const type = getNamedType(types.getInputType());
            if (value && type) found.add(`${type.name}.${value.name}`);
            break;
          }
          case Kind.INLINE_FRAGMENT:
          case Kind.FRAGMENT_DEFINITION: {
            const type = node.typeCondition && typeFromAST(schema, node.typeCondition);
            if (isCompositeType(type) && !isIntrospection(type.name)) found.add(type.name);
            break;
          }
          case Kind.VARIABLE_DEFINITION: {
            const type = getNamedType(types.getInputType());
            const isOfSchema = isInputObjectType(type) || (isLeafType(type) && type.astNode != null);
            if (isOfSchema) found.add(type.name);
            break;
          }
        }
      },
    }),
  );
  return [...found].sort();
}

function isIntrospection(name: string): boolean {
  return name.startsWith('__');
}
