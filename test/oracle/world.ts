import { type GraphQLFieldResolver, type GraphQLTypeResolver, getNamedType, isObjectType } from 'graphql';
import type { Fixture } from './fixture.ts';

/** An object of the world. Its type and id are its own, whatever a subgraph calls it. */
export interface Entry {
  readonly $type: string;
  readonly $id: string;
  readonly [field: string]: unknown;
}

/** One execution: what fails in it, and what mutations did. */
export interface Call {
  readonly fixture: Fixture;
  /** What happens to a field of an entry, beside its value. */
  readonly faultOf: (field: string) => 'null' | 'error' | undefined;
  /** The subgraph that does not answer. */
  readonly down: string | undefined;
  /** `Type.field` → the only subgraph that has it; used to let the merged schema fail in the same places. */
  readonly ownerOf: (field: string) => string | undefined;
  readonly log: string[];
}

/** The default resolver of every schema, merged or of a subgraph. */
export function fieldResolver(side: 'merged' | 'subgraph'): GraphQLFieldResolver<unknown, Call> {
  return (source, args, call, info) => {
    const entry = (source ?? { $type: info.parentType.name, $id: '' }) as Entry;
    const type = entry.$type ?? info.parentType.name;
    const name = `${type}.${info.fieldName}`;
    if (
      side === 'merged' &&
      call.down !== undefined &&
      call.ownerOf(`${info.parentType.name}.${info.fieldName}`) === call.down
    ) {
      throw new Error(`Subgraph "${call.down}" is not there.`);
    }
    const fault = call.faultOf(`${name}#${entry.$id}`);
    if (fault === 'error') throw new Error(`Fault at ${name} of ${entry.$id}.`);
    const value = fieldValue(side, entry, type, info.fieldName, args, call);
    if (fault === 'null') return null;
    return side === 'merged' && isObjectType(getNamedType(info.returnType))
      ? withHolder(value, entry)
      : value;
  };
}

/** In the merged schema objects know where they were reached from, for arguments from context. */
function withHolder(value: unknown, holder: Entry): unknown {
  if (Array.isArray(value)) return value.map((element) => withHolder(element, holder));
  return typeof value === 'object' && value !== null ? { ...value, $holder: holder } : value;
}

function fieldValue(
  side: 'merged' | 'subgraph',
  source: Entry,
  type: string,
  field: string,
  args: Readonly<Record<string, unknown>>,
  call: Call,
): unknown {
  const compute = call.fixture.computed[`${type}.${field}`];
  if (compute === undefined) return source[field];
  const read = (path: string, readArgs: Readonly<Record<string, unknown>> = {}): unknown => {
    let at: unknown = source;
    for (const key of path.split('.')) {
      if (at === null || typeof at !== 'object') return at;
      const holder = at as Entry;
      if (side === 'subgraph') {
        at = holder[key];
      } else if (call.faultOf(`${holder.$type}.${key}#${holder.$id}`) !== undefined) {
        return null;
      } else {
        at = fieldValue(side, holder, holder.$type, key, readArgs, call);
      }
    }
    return at;
  };
  return compute({ source, args, read, call });
}

/** The type of an entry, for interfaces and unions. */
export const typeResolver: GraphQLTypeResolver<Entry, Call> = (value) => value.$type;

/** The entity that a representation names, by the first of its type's keys that is there as a whole. */
export function findEntry(
  fixture: Fixture,
  type: string,
  sent: Readonly<Record<string, unknown>>,
): Entry | undefined {
  for (const key of fixture.keys[type] ?? []) {
    if (key.some((path) => at(sent, path) === undefined)) continue;
    return fixture.entities.find(
      (entry) =>
        (entry.$type === type || fixture.keys[entry.$type] === fixture.keys[type]) &&
        key.every((path) => String(at(entry, path)) === String(at(sent, path))),
    );
  }
  return undefined;
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((holder, key) => (holder as Entry | null | undefined)?.[key], value);
}
