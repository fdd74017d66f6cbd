import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PactV4 } from '@pact-foundation/pact';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { exampleAnswer, plainAnswer, type Shown } from './example-answer.ts';

const schema = buildSchema(`
  type Query { node(id: ID!): Node found: [Found!]! nodes: [Node] many: [[Int!]!] pick: Account }
  interface Node { id: ID! }
  type Account implements Node { id: ID! name: String! owner: Account stage: Stage at: DateTime size: Int share: Float }
  type Person implements Node { id: ID! email: String }
  union Found = Account | Person
  enum Stage { LEAD CUSTOMER }
  scalar DateTime
`);

const shown: Shown = { entities: {}, absent: [], empty: [], variants: {} };
const answer = (query: string, differs: Partial<Shown> = {}, variables = {}) => {
  const { body, ...rest } = exampleAnswer(schema, { query, variables }, { ...shown, ...differs });
  return { data: (plainAnswer(body) as { data: unknown }).data, ...rest };
};

test('a field of an abstract type shows the object type that is chosen, else the first', () => {
  const query = '{ node(id: "1") { __typename id ... on Account { name } ... on Person { email } } }';
  expect(answer(query).data).toEqual({
    node: { __typename: 'Account', id: 'Account.id', name: 'Account.name' },
  });
  expect(answer(query, { variants: { 'Query.node': 'Person' } }).data).toEqual({
    node: { __typename: 'Person', id: 'Person.id', email: 'Person.email' },
  });
});

test('a list of an abstract type shows each object type', () => {
  const query = '{ found { __typename ... on Account { name } ... on Person { id email } } }';
  expect(answer(query).data).toEqual({
    found: [
      { __typename: 'Account', name: 'Account.name' },
      { __typename: 'Person', id: 'Person.id', email: 'Person.email' },
    ],
  });
});

test('a key that several selections ask for has what all of them ask', () => {
  const query =
    'query ($more: Boolean!) { pick { ...A owner { name } } pick @include(if: $more) { size } } fragment A on Node { ... on Account { owner { id } } }';
  expect(answer(query, {}, { more: false }).data).toEqual({
    pick: { owner: { id: 'Account.id', name: 'Account.name' } },
  });
  expect(answer(query, {}, { more: true }).data).toMatchObject({ pick: { size: 1 } });
});

test('what is absent is null, what is empty an empty list, and both are named', () => {
  const query = '{ pick { owner { id } stage } found { __typename } }';
  const { data, missing } = answer(query, { absent: ['Account.owner'], empty: ['Query.found'] });
  expect(data).toEqual({ pick: { owner: null, stage: 'LEAD' }, found: [] });
  expect(missing).toEqual(['Account.owner', 'Query.found']);
  expect(() => answer('{ found { __typename } }', { absent: ['Query.found'] })).toThrow('cannot be null');
  expect(() => answer('{ pick { stage } }', { empty: ['Account.stage'] })).toThrow('is no list');
});

test('variants of a list are matched wherever they stand, and a type name to the letter', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tributary-example-'));
  const query = '{ found { __typename ... on Account { name } ... on Person { email } } }';
  const { body } = exampleAnswer(schema, { query }, shown);
  try {
    await new PactV4({ consumer: 'one', provider: 'other', dir, logLevel: 'error' })
      .addInteraction()
      .uponReceiving('found')
      .withRequest('POST', '/graphql')
      .willRespondWith(200, (response) => void response.jsonBody(body))
      .executeTest(({ url }) => fetch(`${url}/graphql`, { method: 'POST' }));
    const pact = JSON.parse(await readFile(join(dir, 'one-other.json'), 'utf8'));
    const rules = pact.interactions[0].response.matchingRules.body;
    const [{ match, variants }] = rules['$.data.found'].matchers;
    expect(match).toBe('arrayContains');
    expect(variants).toHaveLength(2);
    expect(variants[1].rules['$.__typename'].matchers).toEqual([{ match: 'equality' }]);
    expect(variants[1].rules['$.email'].matchers).toEqual([{ match: 'type' }]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
