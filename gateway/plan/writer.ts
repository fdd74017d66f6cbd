import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { collectFields, type FieldCollection } from './collect-fields.ts';
import { type Assignment, conditionVariables } from './conditions.ts';
import { type Denials, denialOf, reportDenial, withoutDeniedTypes } from './denials.ts';
import { marksAt } from './errors.ts';
import { compileIntrospection } from './introspection.ts';
import { finishOutput, type Output, startOutput, writeByte, writeBytes, writeRaw } from './output.ts';
import type { PlanningNames } from './planning-names.ts';
import { isTreeObject, type Run, type TreeObject } from './tree.ts';
import type { ExecutionResult } from './types.ts';
import { clientPath, report, reportHere, reportNull, type WriteState } from './write-state.ts';
import { INVALID_VALUE, leafWriter, type ValueWriter } from './writer-scalars.ts';

export interface WriterInput {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly names: PlanningNames;
  readonly denials?: Denials | undefined;
}

/** Most writers one plan keeps: one for each combination of its `@skip`/`@include` variables that was seen. */
const MAX_ASSIGNMENTS = 32;

const NULL = Buffer.from('null');
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/** Gives the JSON text, or undefined where the place is null and it was said why. */
type ComputedWriter = (state: WriteState, depth: number) => string | undefined;

/** One field of an object as it is written. */
interface FieldWriter {
  readonly key: string;
  /** The client's name, for paths. */
  readonly name: string;
  /** What stands before the value: a brace or comma, constant fields that come first, the quoted name. */
  readonly prefix: Uint8Array;
  readonly nonNull: boolean;
  /** `Type.field`, for messages. */
  readonly label: string;
  readonly write: ValueWriter;
  /** Where it is not simply the value that is written. */
  readonly computed: ComputedWriter | undefined;
}

/** How objects of one type are written at one place of the operation. */
interface ObjectWriter {
  readonly fields: readonly FieldWriter[];
  readonly end: Uint8Array;
  readonly isSelected: (key: string) => boolean;
  /** True where only an interface is known, and some fragment asks for more of the object's own type. */
  readonly needsType: boolean;
}

interface WriterCompilation extends WriterInput {
  readonly collection: FieldCollection;
  readonly assignment: Assignment;
}

/**
 * Compiles the response writer of an operation: one pass over the merged tree that writes the response text
 * and propagates nulls as graphql-js does. Writers are specialised by the values of the variables that
 * `@skip` and `@include` ask, and by the types that objects turn out to have, each at its first occurrence.
 */
export function compileWriter(input: WriterInput): (run: Run) => ExecutionResult {
  const { schema, operation, fragments, names } = input;
  const conditions = conditionVariables(operation, fragments);
  const collection: FieldCollection = { schema, fragments, conditions };
  const rootType = schema.getRootType(operation.operation);
  if (!rootType) throw new Error(`The schema has no root type for a ${operation.operation}.`);
  const writers = new Map<Assignment, ObjectWriter>();

  const writerFor = (assignment: Assignment): ObjectWriter => {
    let writer = writers.get(assignment);
    if (writer === undefined) {
      writer = compileObject({ ...input, collection, assignment }, rootType, [operation.selectionSet]);
      if (writers.size >= MAX_ASSIGNMENTS) writers.delete(writers.keys().next().value!);
      writers.set(assignment, writer);
    }
    return writer;
  };

  return (run) => {
    const state: WriteState = {
      variables: run.context.variables,
      marks: run.marks,
      errors: [],
      path: [],
      clientKey: names.clientKey,
      emitted: undefined,
      output: startOutput(),
    };
    const { errors, output } = state;
    const isWritten = writeObject(writerFor(conditions.assign(run.context.variables)), run.root, state, 0);
    if (!isWritten) writeNull(output, 0);
    writeByte(output, CLOSING_BRACE);
    for (const { fault, path } of run.loose) report(state, fault, clientPath(state, path));
    const opening = errors.length === 0 ? '{"data":' : `{"errors":${JSON.stringify(errors)},"data":`;
    return { body: finishOutput(output, opening), errors, dataIsNull: !isWritten };
  };
}

/** False where a field that must not be null is: the object is null then, and what was written of it void. */
function writeObject(writer: ObjectWriter, holder: TreeObject, state: WriteState, depth: number): boolean {
  const { path, output } = state;
  const inner = depth + 1;
  for (const field of writer.fields) {
    path[depth] = field.name;
    writeBytes(output, field.prefix);
    const start = output.length;
    if (field.computed !== undefined) {
      const text = field.computed(state, inner);
      if (text !== undefined) {
        writeRaw(output, text);
        continue;
      }
    } else {
      const value = holder[field.key];
      if (value === null || value === undefined) {
        reportNull(
          state,
          inner,
          holder,
          field.key,
          writer.isSelected,
          field.nonNull ? field.label : undefined,
        );
      } else if (field.write(value, state, inner)) {
        continue;
      }
    }
    if (field.nonNull) return false;
    writeNull(output, start);
  }
  writeBytes(output, writer.end);
  return true;
}

function writeNull(output: Output, start: number): void {
  output.length = start;
  writeBytes(output, NULL);
}

function compileObject(
  compilation: WriterCompilation,
  type: GraphQLObjectType | GraphQLInterfaceType,
  selectionSets: readonly SelectionSetNode[],
): ObjectWriter {
  const { collection, assignment, names } = compilation;
  const collected = collectFields(collection, assignment, type, selectionSets);
  const fields: FieldWriter[] = [];
  let text = '{';
  for (const [name, nodes] of collected.fields) {
    const opening = `${text}${text.endsWith('{') ? '' : ','}${JSON.stringify(name)}:`;
    const [node] = nodes;
    if (node!.name.value === TypeNameMetaFieldDef.name && isObjectType(type)) {
      text = `${opening}"${type.name}"`;
    } else {
      fields.push(compileField(compilation, type, name, nodes, Buffer.from(opening)));
      text = '';
    }
  }
  const keys = new Set([...collected.fields.values()].map((nodes) => names.treeKey(nodes[0]!)));
  return {
    fields,
    end: Buffer.from(`${text}}`),
    isSelected: (key) => keys.has(key),
    needsType: collected.leftOut && isInterfaceType(type),
  };
}

function compileField(
  compilation: WriterCompilation,
  parent: GraphQLObjectType | GraphQLInterfaceType,
  name: string,
  nodes: readonly FieldNode[],
  prefix: Uint8Array,
): FieldWriter {
  const { schema, names, operation, fragments } = compilation;
  const node = nodes[0]!;
  const fieldName = node.name.value;
  const label = `${parent.name}.${fieldName}`;
  if (fieldName === SchemaMetaFieldDef.name || fieldName === TypeMetaFieldDef.name) {
    const computed = compileIntrospection(nodes, name, schema, operation, fragments);
    return { key: name, name, prefix, nonNull: false, label, write: () => false, computed };
  }
  if (fieldName === TypeNameMetaFieldDef.name) {
    // Only for an object of which no more than its interface is known: its own type name is what is missing.
    return {
      key: '__typename',
      name,
      prefix,
      nonNull: true,
      label,
      write: () => false,
      computed: undefined,
    };
  }
  const definition = parent.getFields()[fieldName];
  if (!definition) throw new Error(`The schema has no field "${label}".`);
  const type = definition.type;
  const denial = denialOf(compilation.denials, nodes);
  if (denial !== undefined) {
    const computed: ComputedWriter = (state, depth) => {
      reportDenial(state, depth, denial);
      return undefined;
    };
    const nonNull = isNonNullType(type);
    return { key: names.treeKey(node), name, prefix, nonNull, label, write: () => false, computed };
  }
  return {
    key: names.treeKey(node),
    name,
    prefix,
    nonNull: isNonNullType(type),
    label,
    write: compileValue(compilation, isNonNullType(type) ? type.ofType : type, nodes, label),
    computed: undefined,
  };
}

function compileValue(
  compilation: WriterCompilation,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  label: string,
): ValueWriter {
  if (isNonNullType(type)) return compileValue(compilation, type.ofType, nodes, label);
  if (isListType(type)) {
    return listWriter(
      compileValue(compilation, type.ofType, nodes, label),
      isNonNullType(type.ofType),
      label,
    );
  }
  if (isLeafType(type)) return leafWriter(type);
  const selectionSets = nodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []));
  const write = compositeWriter(compilation, type, selectionSets, label);
  return isObjectType(type) ? write : withoutDeniedTypes(write, compilation.denials);
}

function listWriter(write: ValueWriter, nonNull: boolean, label: string): ValueWriter {
  const nothingSelected = () => false;
  return (value, state, depth) => {
    if (!Array.isArray(value)) {
      return reportHere(state, depth, INVALID_VALUE, `Expected a list for field "${label}".`);
    }
    const { path, output } = state;
    writeByte(output, OPENING_BRACKET);
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      path[depth] = i;
      if (i > 0) writeByte(output, COMMA);
      const start = output.length;
      if (element === null || element === undefined) {
        reportNull(state, depth + 1, value, i, nothingSelected, nonNull ? label : undefined);
      } else if (write(element, state, depth + 1)) {
        continue;
      }
      if (nonNull) return false;
      writeNull(output, start);
    }
    writeByte(output, CLOSING_BRACKET);
    return true;
  };
}

function compositeWriter(
  compilation: WriterCompilation,
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
  label: string,
): ValueWriter {
  const writers = new Map<string, ObjectWriter>();
  const writerOf = (runtimeType: GraphQLObjectType | GraphQLInterfaceType): ObjectWriter => {
    let writer = writers.get(runtimeType.name);
    if (writer === undefined) {
      writer = compileObject(compilation, runtimeType, selectionSets);
      writers.set(runtimeType.name, writer);
    }
    return writer;
  };
  const notAnObject = `Expected an object for field "${label}".`;

  if (isObjectType(type)) {
    let writer: ObjectWriter | undefined;
    return (value, state, depth) => {
      if (!isTreeObject(value)) return reportHere(state, depth, INVALID_VALUE, notAnObject);
      writer ??= writerOf(type);
      return writeObject(writer, value, state, depth);
    };
  }

  const { schema } = compilation;
  const resolve = (typename: unknown): GraphQLObjectType | GraphQLInterfaceType | undefined => {
    // A subgraph that has an interface as one object type knows no more than that.
    if (typename === undefined || typename === type.name) return isInterfaceType(type) ? type : undefined;
    const named = typeof typename === 'string' ? schema.getType(typename) : undefined;
    const fits =
      (isObjectType(named) || isInterfaceType(named)) &&
      isAbstractType(type) &&
      schema.isSubType(type, named);
    return fits ? named : undefined;
  };
  return (value, state, depth) => {
    if (!isTreeObject(value)) return reportHere(state, depth, INVALID_VALUE, notAnObject);
    const typename = value.__typename;
    let writer = typeof typename === 'string' ? writers.get(typename) : undefined;
    if (writer === undefined) {
      const runtimeType = resolve(typename);
      if (runtimeType === undefined) {
        // The type is not named: it may be one that @inaccessible hides.
        return reportHere(
          state,
          depth,
          INVALID_VALUE,
          `Field "${label}" has an object of a type it cannot have.`,
        );
      }
      writer = writerOf(runtimeType);
    }
    if (writer.needsType && state.marks !== undefined) {
      const marks = marksAt(state.marks, value, '__typename');
      if (marks !== undefined) {
        const place = state.path.slice(0, depth);
        for (const { fault, path } of marks) report(state, fault, [...place, ...clientPath(state, path)]);
        return false;
      }
    }
    return writeObject(writer, value, state, depth);
  };
}
