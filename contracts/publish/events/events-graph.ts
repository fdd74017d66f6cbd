import { type DefinitionNode, Kind, parse, print } from 'graphql';
import { accessOfType } from './access-directives.ts';
import type { Convenience } from './conveniences.ts';
import type { EventContract } from './event-contract.ts';
import {
  afterArgument,
  commonFields,
  type EventPayload,
  eventDirective,
  eventPayload,
} from './event-payload.ts';
import { type GraphSource, hasPath, isEntity, objectsOf } from './graph-sources.ts';
import { argumentOf, attribute, filterArguments, references } from './routing-fields.ts';

const specification = 'https://tributary.example/specs/events/v0.1';

/**
 * The schema of the graph of events: each event is a type and a subscription field, with the entities behind it as
 * far as the other subgraphs have them. Events whose owner is not among those are left out.
 * @throws Error where no event is left, or one has no types in the graph.
 */
export function eventsGraph(
  contracts: readonly EventContract[],
  conveniences: readonly Convenience[],
  sources: readonly GraphSource[],
): string {
  const payloads = contracts.flatMap((contract) => {
    const owner = sources.find(({ name }) => name === contract.owner);
    if (owner === undefined || objectsOf(owner, contract.entity).length === 0) return [];
    return [eventPayload(contract, owner, sources)];
  });
  if (payloads.length === 0) {
    throw new Error('No subgraph owns any of the registered events: leave the graph of events out.');
  }
  const fields = conveniences.flatMap((convenience) => convenienceOf(convenience, payloads, sources) ?? []);
  const body = `
    type Query {
      ${queries(payloads)}
    }
    "What happens, as it happens. Fields of an event are as of the event, entities behind it as they are at delivery."
    type Subscription {
      ${[...payloads, ...fields].map(({ field }) => field).join('\n')}
    }
    "Something that happened to an entity."
    interface Event {
      ${commonFields}
    }
    ${[...payloads, ...fields].map(({ type }) => type).join('\n')}
    ${page}
    ${entityTypes(sources)}
    ${valueTypes(payloads)}`;
  return `${header}${print(parse(`${links(body)}${definitions}${body}`))}\n`;
}

const header = `# The graph of events. Made by \`npm run compose\` from the events in events/schemas and the schemas of the other
# subgraphs: it is not edited. It has no server, the gateway answers for it.
`;

const definitions = `
"The types of the events that a subscription field brings, or that an object stands for."
directive @event(types: [String!]!) on FIELD_DEFINITION | OBJECT
"""
Where in an event's envelope a value stands, or one of the values that an argument is compared with. Only of events of the
types given; of all where none are.
"""
directive @attribute(names: [String!]!, types: [String!]) on ARGUMENT_DEFINITION | FIELD_DEFINITION
"How the value is found for an event that has none of the attributes: by another one, asked of the graph."
directive @lookup(attribute: String!, query: String!, path: String!) on ARGUMENT_DEFINITION
"The argument with the entity's id, and the payload's fields for the entity and its version, of a field that begins with it."
directive @initial(argument: String!, entity: String!, version: String!) on FIELD_DEFINITION
"RFC 3339 time in UTC, such as 2026-03-01T09:30:00.000Z."
scalar DateTime
`;

const own = ['@event', '@attribute', '@lookup', '@initial'];

function links(body: string): string {
  const access = ['@authenticated', '@requiresScopes', '@policy'].filter((name) =>
    new RegExp(`${name}\\b`).test(body),
  );
  const federation = ['@key', '@listSize', '@composeDirective', ...access];
  return `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(federation)})
    @link(url: "${specification}", import: ${JSON.stringify(own)})
    ${own.map((name) => `@composeDirective(name: "${name}")`).join(' ')}`;
}

const page = `
  "Events in the order in which they were published."
  type EventPage {
    nodes: [Event!]!
    "Behind the last event that was looked at, to go on from."
    cursor: ID!
    "Events that belong here were forgotten before they could be read: they are kept for a limited time."
    gap: Boolean!
    "Whether there may be more behind the cursor, even where there are fewer nodes than were asked for."
    hasMore: Boolean!
  }`;

function queries(payloads: readonly EventPayload[]): string {
  const routing = [...new Set(payloads.flatMap(({ contract }) => contract.routing))];
  return `
    "What happened, oldest first. All filters that are given have to match."
    events(
      "A cursor, or an event's id. Default: the oldest event that is kept."
      after: ID
      "Only events published at this time or later; not together with after."
      from: DateTime
      "Only these, such as tributary.crm.LeadCreated.v1."
      types: [String!]
      ${filterArguments(routing)}
      "At most 500."
      first: Int! = 25
    ): EventPage! @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
    "The place behind everything that has happened so far, to subscribe or read from later."
    eventCursor: ID!`;
}

/** The fields and types of a convenience; undefined where the subgraphs lack its entity or nothing would come. */
function convenienceOf(
  { field, payload, description, key, except, filters, isKeyRequired, lookup }: Convenience,
  payloads: readonly EventPayload[],
  sources: readonly GraphSource[],
): Pick<EventPayload, 'field' | 'type'> | undefined {
  const entity = references[key];
  const found = lookup && hasPath(sources, lookup.path) ? lookup : undefined;
  const brought = payloads
    .map(({ contract }) => contract)
    .filter(({ type }) => !except.includes(type.split('.')[2] ?? ''))
    .filter(({ routing }) => routing.includes(key) || (found && routing.includes(found.attribute)));
  if (!isEntity(sources, entity.type) || brought.length === 0) return undefined;
  const argument = argumentOf(key);
  const ofEntity = brought.filter((contract) => contract.entity === entity.type).map(({ type }) => type);
  const carried = filters.filter((one) => brought.some(({ routing }) => routing.includes(one)));
  const types = brought.map(({ type }) => type);
  const told = JSON.stringify(description);
  return {
    type: `${told}
      type ${payload}${accessOfType(sources, entity.type)} {
        "The place right behind the event, to go on from."
        cursor: ID! ${attribute(['cursor'])}
        "Null where this is the state to begin with."
        event: Event
        "Null where this is the state to begin with."
        occurredAt: DateTime ${attribute(['time'])}
        "The version of the ${entity.field} after the event; null where the event is about something else of it."
        version: Int ${attribute(['entityversion'], ofEntity)}
        "As it is now."
        ${entity.field}: ${entity.type} ${attribute([key])}
      }`,
    field: `${told}
      ${field}(
        ${argument}: ID${isKeyRequired ? '!' : ''} ${attribute([key])}${found ? lookupDirective(found) : ''}
        ${filterArguments(carried)}
        ${afterArgument}
        "Begins with the ${entity.field} as it is; needs ${argument}. Events follow that are above its version."
        initial: Boolean = false
      ): ${payload}! ${eventDirective(types)} @initial(argument: "${argument}", entity: "${entity.field}", version: "version")`,
  };
}

function lookupDirective({ attribute: by, path }: NonNullable<Convenience['lookup']>): string {
  const [root, ...rest] = path;
  const selection = rest.reduceRight((inner, name) => ` { ${name}${inner} }`, '');
  const query = `query ($id: ID!) { ${root}(id: $id)${selection} }`;
  return ` @lookup(attribute: "${by}", query: ${JSON.stringify(query)}, path: "${path.join('.')}")`;
}

function entityTypes(sources: readonly GraphSource[]): string {
  const names = [...new Set(Object.values(references).map(({ type }) => type))];
  return names
    .filter((name) => isEntity(sources, name))
    .map((name) => `type ${name} @key(fields: "id", resolvable: false) { id: ID! }`)
    .join('\n');
}

/** Enums and scalars as their owners have them, so that a value that an owner adds is one of events too. */
function valueTypes(payloads: readonly EventPayload[]): string {
  const found = new Map(payloads.flatMap(({ values }) => [...values]));
  found.delete('DateTime');
  return [...found.values()].map((node) => print(plain(node))).join('\n');
}

function plain(node: DefinitionNode): DefinitionNode {
  if (node.kind !== Kind.ENUM_TYPE_DEFINITION) return { ...node, directives: [] } as DefinitionNode;
  const values = node.values?.map((value) => ({
    ...value,
    directives: value.directives?.filter(({ name }) => name.value === 'deprecated'),
  }));
  return { ...node, directives: [], values };
}
