import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLObjectType, type GraphQLSchema, parse, printType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent, type EventDefinition } from '#events/define-event.ts';
import { timeAs, valueAs } from '#events/schemas/fields.ts';
import { composeSubgraphs } from '../compose.ts';
import type { Convenience } from './conveniences.ts';
import { contractOf } from './event-contract.ts';
import { eventsGraph } from './events-graph.ts';

const link = (...names: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(names)})`;

const sales = `${link('@key', '@requiresScopes', '@policy')}
  type Query { lead(id: ID!): Lead contact(id: ID!): Contact }
  type Lead @key(fields: "id") {
    id: ID!
    stage: Stage!
    worth: Int @requiresScopes(scopes: [["money"], ["all"]])
    owner: User
    movedAt: DateTime!
  }
  type Contact @key(fields: "id") { id: ID! account: Account }
  type Account @key(fields: "id") { id: ID! name: String }
  type User @key(fields: "id") @requiresScopes(scopes: [["people"]]) { id: ID! }
  scalar DateTime
  "How far it is."
  enum Stage { "At the beginning." OPEN CLOSED @deprecated(reason: "no more") }`;
const owner = { name: 'sales', typeDefs: parse(sales) };

const base = { owner: 'sales', entity: 'Lead', orderedBy: 'subject', description: 'It "moved".' } as const;
const moved = defineEvent({
  ...base,
  name: 'LeadMoved',
  version: 1,
  routing: ['leadid', 'ownerid', 'previousownerid', 'campaignid'],
  fields: { from: valueAs('Lead.stage').nullable(), to: valueAs('Lead.stage').describe('Where it is.') },
  example: { from: 'OPEN', to: 'CLOSED' },
});
const movedAgain = defineEvent({
  ...base,
  name: 'LeadMoved',
  version: 2,
  routing: ['leadid', 'accountid'],
  fields: {
    stages: z.array(valueAs('Lead.stage')),
    at: timeAs('Lead.movedAt'),
    by: valueAs('Lead.owner'),
    worth: z.int().meta({ 'x-graphql-field': 'Lead.worth' }),
    seconds: z.number().optional(),
    isLast: z.boolean(),
    note: z.string().nullable(),
  },
  example: {
    stages: ['OPEN'],
    at: '2026-03-01T09:30:00.000Z',
    by: 'usr_1',
    worth: 1,
    isLast: true,
    note: null,
  },
});
const asked = defineEvent({
  ...base,
  name: 'ContactAsked',
  version: 1,
  entity: 'Contact',
  routing: ['contactid'],
  fields: {},
  example: {},
});

const aboutLead: Convenience = {
  field: 'leadUpdated',
  payload: 'LeadUpdated',
  description: 'Leads.',
  key: 'leadid',
  except: [],
  filters: ['ownerid', 'accountid'],
  isKeyRequired: false,
  lookup: undefined,
};
const aboutAccount: Convenience = {
  ...aboutLead,
  field: 'accountChanged',
  payload: 'AccountChanged',
  key: 'accountid',
  filters: [],
  isKeyRequired: true,
  lookup: { attribute: 'contactid', path: ['contact', 'account', 'id'] },
};

function sdlOf(
  definitions: readonly EventDefinition[],
  conveniences: readonly Convenience[] = [],
  sources = [owner],
): string {
  return eventsGraph(definitions.map(contractOf), conveniences, sources);
}

function graphOf(...given: Parameters<typeof sdlOf>): GraphQLSchema {
  return buildSubgraphSchema(parse(sdlOf(...given)));
}

/** A subscription field or type on one line, without its descriptions. */
function fieldOf(schema: GraphQLSchema, name: string): string {
  const field = schema.getSubscriptionType()?.getFields()[name];
  const args = field?.args.map((argument) => `${argument.name}: ${argument.type}`).join(', ');
  return `${name}(${args}): ${field?.type}`;
}

function ownFields(schema: GraphQLSchema, type: string): readonly string[] {
  const common = Object.keys((schema.getType('Event') as GraphQLObjectType).getFields());
  const fields = Object.values((schema.getType(type) as GraphQLObjectType).getFields());
  return fields.filter(({ name }) => !common.includes(name)).map(({ name, type: of }) => `${name}: ${of}`);
}

describe('the graph of events', () => {
  it('has a subscription field and a type for each event', () => {
    const schema = graphOf([moved]);
    expect(fieldOf(schema, 'leadMoved')).toBe(
      'leadMoved(leadId: ID, campaignId: ID, ownerId: ID, after: ID): LeadMoved!',
    );
    expect(schema.getSubscriptionType()?.getFields().leadMoved?.description).toBe('It "moved".');
    expect(ownFields(schema, 'LeadMoved')).toEqual([
      'from: Stage',
      'to: Stage',
      'lead: Lead',
      'owner: User',
      'previousOwner: User',
    ]);
    expect(sdlOf([moved])).toContain('ownerId: ID @attribute(names: ["ownerid", "previousownerid"])');
  });

  it('has the next version of an event beside the first', () => {
    const schema = graphOf([moved, movedAgain]);
    expect(fieldOf(schema, 'leadMovedV2')).toBe(
      'leadMovedV2(leadId: ID, accountId: ID, after: ID): LeadMovedV2!',
    );
    expect(ownFields(schema, 'LeadMovedV2')).toEqual([
      'stages: [Stage!]',
      'at: DateTime!',
      'by: ID',
      'worth: Int',
      'seconds: Float',
      'isLast: Boolean!',
      'note: String',
      'lead: Lead',
      'account: Account',
    ]);
    expect(sdlOf([moved, movedAgain])).toContain(
      'type LeadMovedV2 implements Event @event(types: ["tributary.sales.LeadMoved.v2"])',
    );
  });

  it('has the enums of the owner, whatever it adds to them', () => {
    const grown = { name: 'sales', typeDefs: parse(sales.replace('CLOSED', 'HALF_WAY CLOSED')) };
    expect(printType(graphOf([moved], [], [grown]).getType('Stage')!)).toBe(
      '"""How far it is."""\nenum Stage {\n  """At the beginning."""\n  OPEN\n  HALF_WAY\n  CLOSED @deprecated(reason: "no more")\n}',
    );
  });

  it('needs for what an event repeats what the owner needs for it, and for the types it is of', () => {
    const sdl = sdlOf([movedAgain]);
    expect(sdl).toMatch(/worth: Int @requiresScopes\(scopes: \[\["money"\], \["all"\]\]\)\n/);
    expect(sdl).toMatch(/by: ID @requiresScopes\(scopes: \[\["people"\]\]\)\n/);
    const closed = sales.replace(
      'type Lead ',
      'type Lead @requiresScopes(scopes: [["leads"]]) @policy(policies: [["p"]]) ',
    );
    const whole = sdlOf([movedAgain], [], [{ name: 'sales', typeDefs: parse(closed) }]);
    expect(whole).toMatch(
      /type LeadMovedV2 implements Event @event\([^)]*\) @requiresScopes\(scopes: \[\["leads"\]\]\) @policy/,
    );
    expect(whole).toMatch(
      /worth: Int @requiresScopes\(scopes: \[\["money", "leads"\], \["all", "leads"\]\]\) @policy/,
    );
    expect(whole).toMatch(/import: \[[^\]]*"@requiresScopes", "@policy"\]/);
  });

  it('leaves out events whose owner is not there, or does not have their entity', () => {
    const other = { ...owner, name: 'other' };
    expect(() => sdlOf([moved], [], [other])).toThrow('leave the graph of events out');
    const schema = graphOf(
      [moved, { ...moved, owner: 'other', name: 'Gone', type: 'tributary.other.Gone.v1', entity: 'Touch' }],
      [],
      [owner, other],
    );
    expect(Object.keys(schema.getSubscriptionType()?.getFields() ?? {})).toEqual(['leadMoved']);
  });

  it('leaves out references to entities that nobody resolves by id', () => {
    const unresolved = sales.replace(
      'type User @key(fields: "id")',
      'type User @key(fields: "id", resolvable: false)',
    );
    const schema = graphOf([moved], [], [{ name: 'sales', typeDefs: parse(unresolved) }]);
    expect(ownFields(schema, 'LeadMoved')).toEqual(['from: Stage', 'to: Stage', 'lead: Lead']);
    expect(schema.getType('User')).toBeUndefined();
  });

  it('has fields for whatever happens to an entity', () => {
    const schema = graphOf([moved, movedAgain, asked], [aboutLead, aboutAccount]);
    expect(fieldOf(schema, 'leadUpdated')).toBe(
      'leadUpdated(leadId: ID, accountId: ID, ownerId: ID, after: ID, initial: Boolean): LeadUpdated!',
    );
    expect(fieldOf(schema, 'accountChanged')).toBe(
      'accountChanged(accountId: ID!, after: ID, initial: Boolean): AccountChanged!',
    );
    const sdl = sdlOf([moved, movedAgain, asked], [aboutLead, aboutAccount]);
    expect(sdl).toContain(
      '@event(types: ["tributary.sales.LeadMoved.v2", "tributary.sales.ContactAsked.v1"]) @initial(argument: "accountId", entity: "account", version: "version")',
    );
    expect(sdl).toContain(
      '@lookup(attribute: "contactid", query: "query ($id: ID!) { contact(id: $id) { account { id } } }", path: "contact.account.id")',
    );
    expect(sdl).toContain('version: Int @attribute(names: ["entityversion"], types: [])');
  });

  it('leaves out what nothing can be brought for, and the way through the graph that is not there', () => {
    const without = { name: 'sales', typeDefs: parse(sales.replace('account: Account', 'name: String')) };
    const sdl = sdlOf([moved, movedAgain, asked], [aboutAccount], [without]);
    expect(sdl).toContain('): AccountChanged! @event(types: ["tributary.sales.LeadMoved.v2"])');
    expect(sdl).not.toContain('contact.account.id');
    expect(sdlOf([moved, asked], [aboutAccount], [without])).not.toContain('AccountChanged');
    const except = { ...aboutLead, except: ['LeadMoved'] };
    expect(sdlOf([moved], [except])).not.toContain('LeadUpdated');
  });

  it('refuses values of a field that the owner does not have, and data without a type', () => {
    const withFields = (fields: z.ZodRawShape) =>
      sdlOf([{ ...moved, data: z.object(fields), read: z.object(fields) } as unknown as EventDefinition]);
    expect(() => withFields({ to: valueAs('Lead.phase') })).toThrow(
      'tributary.sales.LeadMoved.v1: data.to has the values of Lead.phase, which the schema of sales does not have',
    );
    expect(() => withFields({ to: z.object({ a: z.string() }) })).toThrow('data.to has no type in the graph');
    expect(() => withFields({ to: z.union([z.string(), z.number()]) })).toThrow(
      'data.to has no type in the graph',
    );
  });

  it('composes with the subgraphs that it is made from', () => {
    const typeDefs = parse(sdlOf([moved, movedAgain, asked], [aboutLead, aboutAccount]));
    const composition = composeSubgraphs([
      { ...owner, url: 'http://127.0.0.1:1', file: 'sales.graphql' },
      { name: 'told', url: 'tributary:events', file: 'told.graphql', typeDefs },
    ]);
    if (composition.kind === 'refused') throw new Error(composition.errors.join('; '));
    expect(composition.hints).toEqual([]);
    expect(composition.supergraph).toContain('import: ["@event", "@attribute", "@lookup", "@initial"]');
    expect(composition.supergraph).toMatch(/leadId: ID @attribute\(names: \["leadid"\]\)/);
  });
});
