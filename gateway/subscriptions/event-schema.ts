import {
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  valueFromASTUntyped,
} from 'graphql';
import { type RoutingKey, routingKeys } from '#events/envelope.ts';
import { linkedDirective } from '#gateway/supergraph/linked-directive.ts';
import type { EventField, EventFilter, EventInitial } from './types.ts';

/** What a supergraph says of its events, in directives of a specification of our own. */
export interface EventSchema {
  /** The subscription fields that events answer, by name. */
  readonly fields: ReadonlyMap<string, EventField>;
  /** The arguments of any field that choose among events. */
  readonly filtersOf: (field: GraphQLField<unknown, unknown>) => readonly EventFilter[];
  /** The object that stands for an event, by the event's type. */
  readonly objects: ReadonlyMap<string, GraphQLObjectType>;
  /** Objects that are made of an event, by name: those, and what fields for events of several types return. */
  readonly payloads: ReadonlyMap<string, Payload>;
  /** Where in the envelope a field's value stands. */
  readonly attributeOf: (field: GraphQLField<unknown, unknown>) => Attribute | undefined;
}

export interface Payload {
  /** Set where it may begin with an entity. */
  readonly initial: EventInitial | undefined;
}

export interface Attribute {
  /** The first one that the event has counts; `cursor` is the place behind the event. */
  readonly names: readonly string[];
  /** Only of events of these types. */
  readonly types: ReadonlySet<string> | undefined;
}

type Values = Readonly<Record<string, unknown>>;

interface Definition {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

const specification = /^https:\/\/tributary\.example\/specs\/events\/v0\.\d/;

/**
 * Reads the directives of the graph of events.
 * @throws Error that names the place where an attribute is none.
 */
export function readEventSchema(supergraph: GraphQLSchema): EventSchema {
  const reader = (name: string) => {
    const directive = linkedDirective(supergraph, specification, name);
    return ({ astNode }: Definition): Values | undefined => {
      const node = astNode?.directives?.find((one) => one.name.value === directive?.name);
      return node && valuesOf(node);
    };
  };
  const event = reader('event');
  const attribute = reader('attribute');
  const lookup = reader('lookup');
  const initial = reader('initial');

  const attributeOf = (definition: Definition): Attribute | undefined => {
    const given = attribute(definition);
    return (
      given && { names: texts(given.names), types: given.types ? new Set(texts(given.types)) : undefined }
    );
  };
  const filtersOf = (field: GraphQLField<unknown, unknown>): readonly EventFilter[] =>
    field.args.flatMap((argument) => {
      const names = attributeOf(argument)?.names;
      if (names === undefined) return [];
      const place = `${field.name}(${argument.name}:)`;
      const attributes = names.map((name) => routingKey(name, place));
      const given = lookup(argument);
      const found = given && {
        attribute: routingKey(String(given.attribute), place),
        document: String(given.query),
        path: String(given.path).split('.'),
      };
      return [{ argument: argument.name, attributes, lookup: found }];
    });

  const objects = new Map<string, GraphQLObjectType>();
  const payloads = new Map<string, Payload>();
  for (const type of Object.values(supergraph.getTypeMap())) {
    const given = isObjectType(type) ? event(type) : undefined;
    if (given === undefined) continue;
    payloads.set(type.name, { initial: undefined });
    for (const name of texts(given.types)) objects.set(name, type as GraphQLObjectType);
  }
  const fields = new Map<string, EventField>();
  for (const field of Object.values(supergraph.getSubscriptionType()?.getFields() ?? {})) {
    const given = event(field);
    if (given === undefined) continue;
    const begins = initial(field) as EventInitial | undefined;
    payloads.set(getNamedType(field.type).name, { initial: begins });
    const { name } = field;
    fields.set(name, { name, types: texts(given.types), filters: filtersOf(field), initial: begins });
  }
  return { fields, filtersOf, objects, payloads, attributeOf };
}

function valuesOf(node: ConstDirectiveNode): Values {
  return Object.fromEntries(
    node.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]) ?? [],
  );
}

/** A list, or one value where a list is meant. */
function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function routingKey(name: string, place: string): RoutingKey {
  const known = routingKeys.find((key) => key === name);
  if (known) return known;
  throw new Error(
    `@attribute on ${place} names "${name}", which is no routing key of events: take one of ${routingKeys.join(', ')}.`,
  );
}
