import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createPlanner } from '#gateway/plan/planner.ts';
import { defaultAccess } from './access.ts';
import { createRightsModel, namesIn } from './rights-model.ts';

const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@interfaceObject",
    "@composeDirective", { name: "@authenticated", as: "@signedIn" }, "@requiresScopes", "@policy"])
  @link(url: "https://tributary.example/specs/reads/v0.1", import: ["@reads"])
  @composeDirective(name: "@reads")
  directive @reads(fields: [String!]!) repeatable on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE`;

function modelOf(...schemas: readonly string[]) {
  const composed = composeServices(
    schemas.map((sdl, n) => ({ name: `s${n}`, url: 'http://s', typeDefs: parse(`${link}\n${sdl}`) })),
  );
  if (composed.errors) throw new AggregateError(composed.errors, composed.errors.join('\n'));
  return createRightsModel(createPlanner(composed.supergraphSdl).supergraphSchema, defaultAccess);
}

const keysOf = (model: ReturnType<typeof modelOf>) =>
  Object.fromEntries([...(model?.fields ?? [])].map(([field, { key }]) => [field, key]));

describe('what a supergraph requires', () => {
  it('is nothing where no directive stands', () => {
    expect(modelOf('type Query { a: Int }')).toBeUndefined();
  });

  it('is what stands on a field, on its type and on the type that it returns, scalars and enums too', () => {
    const model = modelOf(`
      type Query { secret: Secret code: [Code!]! level: Level open: Int }
      type Secret @signedIn { a: Int b: Int @requiresScopes(scopes: [["x", "y"], ["z"]]) }
      scalar Code @policy(policies: [["p"]])
      enum Level @requiresScopes(scopes: [["l"]]) { LOW }
    `);
    expect(keysOf(model)).toEqual({
      'Query.secret': 'authenticated',
      'Query.code': 'policies[["p"]]',
      'Query.level': 'scopes[["l"]]',
      'Secret.a': 'authenticated',
      'Secret.b': 'authenticated&scopes[["x","y"],["z"]]',
    });
    expect([...(model?.types.keys() ?? [])]).toEqual(['Secret']);
    expect(model && namesIn(model)).toEqual({
      scopes: new Set(['x', 'y', 'z', 'l']),
      policies: new Set(['p']),
    });
  });

  it('is what all subgraphs together require', () => {
    const model = modelOf(
      'type Query { a: Int @shareable @requiresScopes(scopes: [["x"]]) }',
      'type Query { a: Int @shareable @requiresScopes(scopes: [["y"]]) }',
    );
    expect(keysOf(model)).toEqual({ 'Query.a': 'scopes[["x","y"]]' });
  });

  it('is for a field of an interface what it is for any of its object types', () => {
    const model = modelOf(`
      type Query { any: Any }
      interface Any { a: Int b: Int }
      type One implements Any { a: Int @requiresScopes(scopes: [["x"]]) b: Int }
      type Two implements Any { a: Int @policy(policies: [["p"]]) b: Int }
    `);
    expect(keysOf(model)).toEqual({
      'Any.a': 'policies[["p"]]&scopes[["x"]]',
      'One.a': 'scopes[["x"]]',
      'Two.a': 'policies[["p"]]',
    });
  });

  it('is on every object type what a subgraph requires that has their interface as one object type', () => {
    const model = modelOf(
      `type Query { any: Any } interface Any @key(fields: "id") { id: ID! }
       type One implements Any @key(fields: "id") { id: ID! }`,
      `type Any @key(fields: "id") @interfaceObject { id: ID! stars: Int @requiresScopes(scopes: [["x"]]) }`,
    );
    expect(keysOf(model)).toEqual({ 'Any.stars': 'scopes[["x"]]', 'One.stars': 'scopes[["x"]]' });
  });
});

describe('what inputs read', () => {
  it('is found on arguments, input fields and enum values, where it needs anything', () => {
    const model = modelOf(`
      type Query { find(name: String @reads(fields: ["Item.name"]), filter: Filter, by: Order): Item }
      type Item { name: String @requiresScopes(scopes: [["x"]]) price: Int @policy(policies: [["p"]]) open: Int }
      input Filter { price: Int @reads(fields: ["Item.price", "Item.open"]) open: Int @reads(fields: ["Item.open"]) }
      enum Order { NAME @reads(fields: ["Item.name"]) @reads(fields: ["Item.price"]) OPEN }
    `);
    const found = [...(model?.reads ?? [])].map(([input, { fields, need }]) => [input, fields, need.key]);
    expect(found.toSorted()).toEqual([
      ['Filter.price', ['Item.price'], 'policies[["p"]]'],
      ['Order.NAME', ['Item.name', 'Item.price'], 'policies[["p"]]&scopes[["x"]]'],
      ['Query.find(name:)', ['Item.name'], 'scopes[["x"]]'],
    ]);
  });

  it.each(['Item.nmae', 'Item', 'Nothing.name', 'Item.name.more', 'Query.find(name:)'])(
    'is refused where it names %s',
    (field) => {
      const sdl = `type Query { find(name: String @reads(fields: ["${field}"])): Item } type Item { name: String }`;
      expect(() => modelOf(sdl)).toThrow(`@reads on Query.find(name:) names "${field}"`);
    },
  );
});
