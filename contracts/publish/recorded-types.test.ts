import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { recordTypes } from './record-types.ts';
import { checkRecordedTypes } from './recorded-types.ts';

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { lead(id: ID!): Lead search(text: String, kind: Kind): [Found!]! }
  type Mutation { take(input: TakeInput!): Lead }
  type Lead @key(fields: "id") { id: ID! name: String! owner: String tags: [String!]! kind: Kind! }
  type Note { text: String! }
  union Found = Lead | Note
  enum Kind { WARM COLD }
  input TakeInput { id: ID! note: String more: [NoteInput!] }
  input NoteInput { text: String! }
`;
const schemaOf = (text: string) => buildSubgraphSchema(parse(text));
const requests = {
  lead: { query: 'query ($id: ID!) { lead(id: $id) { name owner tags kind } }', variables: { id: '1' } },
  entity: {
    query:
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Lead { name } } }',
    variables: { representations: [{ __typename: 'Lead', id: '1' }] },
  },
  search: { query: '{ search(text: "a", kind: WARM) { __typename ... on Note { text } } }' },
  take: {
    query: 'mutation ($input: TakeInput!) { take(input: $input) { id } }',
    variables: { input: { id: '1', more: [{ text: 'a' }] } },
  },
};

/** The changes after a replacement in the schema, as `coordinate reason was is`. */
function changes(name: keyof typeof requests, from = '', to = ''): readonly string[] {
  expect(sdl).toContain(from);
  const recorded = recordTypes(schemaOf(sdl), requests[name]);
  return checkRecordedTypes(JSON.parse(JSON.stringify(recorded)), schemaOf(sdl.replace(from, to))).map(
    ({ coordinate, reason, was, is }) => `${coordinate} ${reason} ${was} ${is}`,
  );
}

test('types are recorded by coordinate', () => {
  expect(recordTypes(schemaOf(sdl), requests.take)).toEqual({
    reads: { 'Lead.id': 'ID!', 'Mutation.take': 'Lead' },
    gives: {
      'Mutation.take(input:)': 'TakeInput!',
      'NoteInput.text': 'String!',
      'TakeInput.id': 'ID!',
      'TakeInput.more': '[NoteInput!]',
    },
    inputs: ['NoteInput', 'TakeInput'],
    mayReturn: {},
    members: {},
    sends: [],
    keys: {},
  });
  expect(recordTypes(schemaOf(sdl), requests.search)).toMatchObject({
    mayReturn: { Found: ['Lead', 'Note'] },
    members: { Found: ['Note'] },
    sends: ['Kind.WARM'],
  });
  expect(recordTypes(schemaOf(sdl), requests.entity)).toMatchObject({
    reads: { 'Lead.name': 'String!' },
    keys: { Lead: ['id'] },
  });
});

test.each<[string, keyof typeof requests, string, string, string[]]>([
  ['a field is gone', 'lead', 'owner: String ', '', ['Lead.owner FIELD_REMOVED String undefined']],
  ['a field that is not read is gone', 'entity', 'owner: String ', '', []],
  ['another type', 'lead', 'owner: String ', 'owner: Int ', ['Lead.owner TYPE_CHANGED String Int']],
  ['nullable from now on', 'lead', 'name: String!', 'name: String', ['Lead.name NULLABLE String! String']],
  ['nullable in a list', 'lead', '[String!]!', '[String]!', ['Lead.tags NULLABLE [String!]! [String]!']],
  ['never null from now on', 'lead', 'owner: String ', 'owner: String! ', []],
  [
    'an argument is gone',
    'lead',
    'lead(id: ID!)',
    'lead',
    ['Query.lead(id:) ARGUMENT_REMOVED ID! undefined'],
  ],
  ['an argument is wider', 'lead', 'lead(id: ID!)', 'lead(id: ID)', []],
  [
    'an argument is another',
    'lead',
    'lead(id: ID!)',
    'lead(id: Int!)',
    ['Query.lead(id:) ARGUMENT_TYPE_CHANGED ID! Int!'],
  ],
  ['an argument more', 'lead', 'lead(id: ID!)', 'lead(id: ID!, at: Int)', []],
  [
    'a required argument',
    'lead',
    'lead(id: ID!)',
    'lead(id: ID!, at: Int!)',
    ['Query.lead(at:) REQUIRED_ARGUMENT_ADDED undefined Int!'],
  ],
  ['a required argument with a default', 'lead', 'lead(id: ID!)', 'lead(id: ID!, at: Int! = 1)', []],
  [
    'an enum value more',
    'lead',
    'WARM COLD',
    'WARM COLD HOT',
    ['Kind.HOT POSSIBLE_VALUE_ADDED undefined HOT'],
  ],
  [
    'an enum value that is sent is gone',
    'search',
    'WARM COLD',
    'COLD',
    ['Kind.WARM VALUE_REMOVED WARM undefined'],
  ],
  [
    'a member that is read is gone',
    'search',
    'Lead | Note',
    'Lead',
    ['Found.Note VALUE_REMOVED Note undefined'],
  ],
  ['a member that is not read is gone', 'search', 'Lead | Note', 'Note', []],
  [
    'a required input',
    'take',
    'note: String more',
    'at: Int! more',
    ['TakeInput.at REQUIRED_INPUT_ADDED undefined Int!'],
  ],
  [
    'a required input within',
    'take',
    'input NoteInput {',
    'input NoteInput { at: Int!',
    ['NoteInput.at REQUIRED_INPUT_ADDED undefined Int!'],
  ],
  [
    'an input is gone',
    'take',
    'more: [NoteInput!]',
    '',
    ['TakeInput.more INPUT_REMOVED [NoteInput!] undefined'],
  ],
  ['another key', 'entity', '@key(fields: "id")', '@key(fields: "name")', ['Lead KEY_REMOVED id name']],
  ['a key beside', 'entity', '@key(fields: "id")', '@key(fields: "name") @key(fields: "id")', []],
  [
    'a key that is not resolved',
    'entity',
    '@key(fields: "id")',
    '@key(fields: "id", resolvable: false)',
    ['Lead KEY_REMOVED id undefined'],
  ],
])('%s', (_, request, from, to, expected) => {
  expect(changes(request, from, to)).toEqual(expected);
});
