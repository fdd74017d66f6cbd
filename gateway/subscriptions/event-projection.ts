import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { EventEnvelope } from '#events/envelope.ts';
import { collectFields, type FieldCollection } from '#gateway/plan/collect-fields.ts';
import type { Assignment } from '#gateway/plan/conditions.ts';
import type { SubgraphError } from '#gateway/plan/types.ts';
import type { EventSchema } from './event-schema.ts';

/** What an object of the graph of events is made of. */
export interface Message {
  /** Right behind the event. */
  readonly cursor: string;
  /** Undefined where this is the state to begin with. */
  readonly event: EventEnvelope | undefined;
  /** The entity that is asked for, where that is known before any event. */
  readonly entityId: string | undefined;
}

/** Makes what was asked for of a value, and says what does not fit. @throws Misfit where that may not be null. */
export type Project = (source: unknown, errors: SubgraphError[]) => unknown;

/** A value that its type does not take, on its way up to where null is allowed. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  readonly path: (string | number)[] = [];
}

/** The code of a value that does not fit. */
export const unknownValue = 'EVENT_VALUE_UNKNOWN';

/** What is asked of the objects of one operation. */
export interface Asked extends FieldCollection {
  readonly events: EventSchema;
  /** Values of the variables that `@skip` and `@include` ask. */
  readonly assignment: Assignment;
}

/**
 * Compiles what is asked of a field. graphql-js could execute it as well, at many times the cost, and this is done once
 * for each event and operation.
 */
export function compileProjection(
  asked: Asked,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
): Project {
  if (isNonNullType(type)) {
    const inner = compileProjection(asked, type.ofType, nodes, place);
    return (source, errors) => {
      const value = inner(source, errors);
      if (value === null) throw new Misfit(`Cannot return null for non-nullable field ${place}.`);
      return value;
    };
  }
  const project = compileNullable(asked, type, nodes, place);
  return (source, errors) => (source === undefined || source === null ? null : project(source, errors));
}

function compileNullable(
  asked: Asked,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
): Project {
  if (isListType(type)) {
    const item = compileProjection(asked, type.ofType, nodes, place);
    const isNullable = !isNonNullType(type.ofType);
    return (source, errors) =>
      (source as readonly unknown[]).map((one, index) => within(item, one, errors, index, isNullable));
  }
  if (isObjectType(type)) return compileObject(asked, type, nodes);
  if (isAbstractType(type)) {
    const byType = new Map<string, Project>();
    return (source, errors) => {
      const object = asked.events.objects.get((source as Message).event?.type ?? '');
      if (object === undefined) return null;
      let project = byType.get(object.name);
      if (project === undefined) {
        project = compileObject(asked, object, nodes);
        byType.set(object.name, project);
      }
      return project(source, errors);
    };
  }
  if (!isLeafType(type)) throw new TypeError(`${place} has a type that cannot be shown.`);
  return (source) => {
    try {
      return type.serialize(source);
    } catch (error) {
      throw new Misfit((error as Error).message);
    }
  };
}

function compileObject(asked: Asked, type: GraphQLObjectType, nodes: readonly FieldNode[]): Project {
  const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const { fields } = collectFields(asked, asked.assignment, type, selections);
  const compiled = [...fields].map(([key, same]) => {
    const name = same[0]?.name.value as string;
    const field = type.getFields()[name];
    if (field === undefined) return { key, read: () => type.name, project: asIs, isNullable: false };
    return {
      key,
      read: readerOf(asked.events, type, field),
      project: compileProjection(asked, field.type, same, `${type.name}.${name}`),
      isNullable: !isNonNullType(field.type),
    };
  });
  return (source, errors) => {
    const object: Record<string, unknown> = {};
    for (const { key, read, project, isNullable } of compiled) {
      object[key] = within(project, read(source), errors, key, isNullable);
    }
    return object;
  };
}

const asIs: Project = (source) => source;

/** Projects what lies under a key; what does not fit ends here where null is allowed. */
export function within(
  project: Project,
  source: unknown,
  errors: SubgraphError[],
  key: string | number,
  isNullable: boolean,
): unknown {
  const known = errors.length;
  try {
    const value = project(source, errors);
    for (let index = known; index < errors.length; index++) {
      (errors[index]?.path as (string | number)[] | undefined)?.unshift(key);
    }
    return value;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    error.path.unshift(key);
    // What was found beside it is not in the answer any more.
    errors.length = known;
    if (!isNullable) throw error;
    errors.push({ message: error.message, path: error.path, extensions: { code: unknownValue } });
    return null;
  }
}

/** How a field's value is found in what its object is made of. */
function readerOf(
  events: EventSchema,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): (source: unknown) => unknown {
  const payload = events.payloads.get(type.name);
  const { name } = field;
  if (payload === undefined) return (source) => (source as Readonly<Record<string, unknown>>)[name];
  const attribute = events.attributeOf(field);
  if (attribute === undefined) {
    if (isAbstractType(getNamedType(field.type))) {
      return (source) => ((source as Message).event === undefined ? null : source);
    }
    return (source) => (source as Message).event?.data[name];
  }
  const { names, types } = attribute;
  const isEntity = payload.initial?.entity === name;
  const read = (message: Message): unknown => {
    if (isEntity && message.entityId !== undefined) return message.entityId;
    const { event } = message;
    if (names[0] === 'cursor') return message.cursor;
    if (event === undefined || types?.has(event.type) === false) return undefined;
    const present = names.find((one) => event[one as keyof EventEnvelope] !== undefined);
    return present && event[present as keyof EventEnvelope];
  };
  if (!isObjectType(getNamedType(field.type))) return (source) => read(source as Message);
  return (source) => {
    const id = read(source as Message);
    return id === undefined ? undefined : { id };
  };
}
