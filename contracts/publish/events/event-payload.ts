import { type DefinitionNode, Kind } from 'graphql';
import { graphField } from '#events/schemas/fields.ts';
import { accessOfField, accessOfType } from './access-directives.ts';
import { type EventContract, type JsonSchema, variantsOf } from './event-contract.ts';
import { enumOf, fieldOf, type GraphSource, namedType } from './graph-sources.ts';
import { attribute, filterArguments, referenceFields } from './routing-fields.ts';

/** An event in the graph: its names there, and the SDL. */
export interface EventPayload {
  readonly contract: EventContract;
  /** Such as `LeadStatusChanged`, or `LeadStatusChangedV2`. */
  readonly name: string;
  readonly type: string;
  /** Of type Subscription. */
  readonly field: string;
  /** Definitions of enums and scalars that its fields have, by their names. */
  readonly values: ReadonlyMap<string, DefinitionNode>;
}

/** The fields that every event has. */
export const commonFields = `
"The event's id; it can be given as \`after\`."
id: ID! ${attribute(['id'])}
"Such as tributary.crm.LeadCreated.v1."
type: String! ${attribute(['type'])}
"The place right behind the event, to go on from."
cursor: ID! ${attribute(['cursor'])}
occurredAt: DateTime! ${attribute(['time'])}
"The version of what the event is about, after it."
entityVersion: Int! ${attribute(['entityversion'])}
"Whose doing it was: an opaque id such as user:usr_7."
actor: String! ${attribute(['actor'])}
"mutation, consumer, import, seed or vendor."
origin: String! ${attribute(['origin'])}
"The same for all that followed from one request."
correlationId: String! ${attribute(['correlationid'])}
"The event that this one follows from."
causationId: String ${attribute(['causationid'])}`;

/** `LeadCreated` of `tributary.crm.LeadCreated.v1`, `LeadCreatedV2` of its second version. */
export function graphTypeOf(type: string): string {
  const [, , event = '', version = ''] = type.split('.');
  return version === 'v1' ? event : `${event}${version.toUpperCase()}`;
}

/**
 * An event as a type of the graph and a field of its subscriptions.
 * @param owner the subgraph that emits it; data fields have the types that they have there
 * @throws Error that names a data field that the owner's schema does not have, or that has no GraphQL type.
 */
export function eventPayload(
  contract: EventContract,
  owner: GraphSource,
  sources: readonly GraphSource[],
): EventPayload {
  const name = graphTypeOf(contract.type);
  const { data, routing, description } = contract;
  const values = new Map<string, DefinitionNode>();
  const fields = Object.entries(data.properties ?? {}).map(([field, schema]) => {
    const place = `${contract.type}: data.${field}`;
    const known = ownField(schema, owner, place);
    if (known?.definition) values.set(known.type, known.definition);
    const access = known ? accessOfField(sources, known.holder, known.field) : '';
    // What needs rights is nullable, so that whoever lacks them loses exactly that.
    // An owner may send a value before this supergraph knows it: that is null then, and takes nothing else along.
    const isEnum = known?.definition?.kind === Kind.ENUM_TYPE_DEFINITION;
    const isGiven = data.required?.includes(field) === true && access === '' && !isEnum;
    const about = descriptionOf(schema);
    const text = about === undefined ? '' : `${JSON.stringify(about)}\n`;
    return `${text}${field}: ${typeOf(schema, known?.type, isGiven, place)}${access}`;
  });
  const subscription = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  const told = JSON.stringify(description);
  return {
    contract,
    name,
    type: `${told}
      type ${name} implements Event ${eventDirective([contract.type])}${accessOfType(sources, contract.entity)} {
        ${commonFields}
        ${fields.join('\n')}
        ${referenceFields(routing, sources)}
      }`,
    field: `${told}
      ${subscription}(
        ${filterArguments(routing)}
        ${afterArgument}
      ): ${name}! ${eventDirective([contract.type])}`,
    values,
  };
}

export const afterArgument = `
"A cursor, or an event's id: what came behind it is brought first. Default: what happens from now on."
after: ID`;

export function eventDirective(types: readonly string[]): string {
  return `@event(types: ${JSON.stringify(types)})`;
}

/** The field of the owner's schema that a data field repeats; undefined where it repeats none. */
function ownField(schema: JsonSchema, owner: GraphSource, place: string) {
  const coordinate = coordinateOf(schema);
  if (coordinate === undefined) return undefined;
  const [holder = '', field = ''] = coordinate.split('.');
  const found = fieldOf(owner, holder, field);
  if (found === undefined) {
    throw new Error(
      `${place} has the values of ${coordinate}, which the schema of ${owner.name} does not have: name another field in events/schemas, or keep this one.`,
    );
  }
  const type = namedType(found.type);
  const scalar = owner.typeDefs.definitions.find(
    (node) => node.kind === Kind.SCALAR_TYPE_DEFINITION && node.name.value === type,
  );
  const isBuiltIn = ['ID', 'String', 'Int', 'Float', 'Boolean'].includes(type);
  const definition = enumOf(owner, type) ?? scalar;
  // Of an object the event has the id.
  return { holder, field, definition, type: isBuiltIn || definition ? type : 'ID' };
}

function typeOf(schema: JsonSchema, known: string | undefined, isGiven: boolean, place: string): string {
  const variants = variantsOf(schema);
  const [variant, ...others] = variants.filter(({ type }) => type !== 'null');
  if (variant === undefined || others.length > 0) throw noType(place);
  const { type: kind, items } = variant;
  const type =
    kind === 'array' && items
      ? `[${typeOf(items, known, true, place)}]`
      : (known ?? scalarOf(variant, place));
  const isNullable = variants.length > 1;
  return isGiven && !isNullable ? `${type}!` : type;
}

function scalarOf({ type, format }: JsonSchema, place: string): string {
  if (type === 'string') return format === 'date-time' ? 'DateTime' : 'String';
  if (type === 'integer') return 'Int';
  if (type === 'number') return 'Float';
  if (type === 'boolean') return 'Boolean';
  throw noType(place);
}

function noType(place: string): Error {
  return new Error(
    `${place} has no type in the graph of events: make it text, a number, true or false, or a list of those.`,
  );
}

function coordinateOf(schema: JsonSchema): string | undefined {
  const inner = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])];
  return schema[graphField] ?? inner.map(coordinateOf).find((found) => found !== undefined);
}

function descriptionOf(schema: JsonSchema): string | undefined {
  return schema.description ?? schema.anyOf?.find(({ description }) => description)?.description;
}
