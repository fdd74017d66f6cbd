import { buildSchema, Kind, type OperationDefinitionNode, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { describeOperation } from './describe-operation.ts';

const schema = buildSchema(`
  scalar JSON
  enum Stage { OPEN WON LOST }
  input Range { from: Int to: Int }
  input Filter { email: String stages: [Stage!] range: Range not: Filter tags: [String!] more: JSON }
  interface Person { id: ID! name: String }
  type Contact implements Person { id: ID! name: String title(length: Int = 20): String deals(filter: Filter): [Deal!]! }
  type User implements Person { id: ID! name: String }
  type Deal { id: ID! stage: Stage! amount(rate: Float): Int }
  type Query {
    contact(id: ID!): Contact
    person(id: ID!): Person
    contacts(filter: Filter, first: Int): [Contact!]!
  }
  type Mutation { rename(id: ID!, name: String!): Contact }
`);

function describeText(text: string, name?: string) {
  const document = parse(text);
  expect(validate(schema, document, specifiedRules)).toEqual([]);
  const node = document.definitions.find(
    (one): one is OperationDefinitionNode =>
      one.kind === Kind.OPERATION_DEFINITION && one.name?.value === name,
  );
  const described = describeOperation(schema, { document, node: node as OperationDefinitionNode, name });
  if (described !== undefined) expect(validate(schema, parse(described.text), specifiedRules)).toEqual([]);
  return described;
}

describe('the text of an operation', () => {
  it('has nothing that a client put into it', () => {
    const described = describeText(
      `
      query Find($mail: String = "jane@acme.example") {
        contacts(first: 25, filter: {
          email: $mail, tags: ["vip", "jane doe"], range: { from: 1977, to: 5 }
          more: { jane_doe: "jane@acme.example", list: [JANE, 1.5] }
          not: { email: """jane
          doe""", stages: [WON, LOST, WON] }
        }) { jane_doe: title(length: 31) deals { amount(rate: 1.5) } }
      }`,
      'Find',
    );
    expect(described?.text).toMatchInlineSnapshot(
      `"query Find($mail:String=""){contacts(filter:{email:$mail more:{}not:{email:"" stages:[LOST WON]}range:{from:0 to:0}tags:[""]}first:0){deals{amount(rate:0)}alias_1:title(length:0)}}"`,
    );
    expect(described?.text).not.toMatch(/jane|acme|vip|1977|25|31|1\.5/i);
  });

  it('is the same for all who mean the same', () => {
    const one = describeText(
      `
      query Both($id: ID!, $first: Int) {
        # who it is
        contact(id: $id) { name, title(length: 5) ...Deals }
        contacts(filter: { stages: [OPEN, WON], email: "a" }, first: $first) { id }
      }
      fragment Deals on Contact { deals { id stage } }`,
      'Both',
    );
    const other = describeText(
      `
      query Unused { contact(id: "1") { id } }
      fragment Deals on Contact { deals { stage id } }
      query Both($first: Int, $id: ID!) {
        contacts(first: $first, filter: { email: "bcd", stages: [WON, OPEN] }) { id }
        contact(id: $id) { ...Deals title(length: 77) name }
      }`,
      'Both',
    );
    expect(other).toEqual(one);
    expect(one?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another for another question', () => {
    const hashes = [
      '{ contact(id: 1) { name } }',
      '{ contact(id: 1) { id } }',
      'query A { contact(id: 1) { id } }',
    ].map((text) => describeText(text, text.startsWith('query') ? 'A' : undefined)?.hash);
    expect(new Set(hashes).size).toBe(3);
  });

  it('stays valid where aliases keep fields apart, across fragments too', () => {
    const described = describeText(`{
      jane: contact(id: "1") { deals(filter: { email: "a" }) { id } }
      joe: contact(id: "2") { deals { id } ...More }
      person(id: "3") { ... on Contact { label: title(length: 3) } ... on User { label: name } }
    }
    fragment More on Contact { long: title(length: 300) short: title(length: 3) }`);
    expect(described?.text).toMatchInlineSnapshot(
      `"fragment More on Contact{alias_1:title(length:0)alias_2:title(length:0)}{alias_3:contact(id:""){...More deals{id}}alias_4:contact(id:""){deals(filter:{email:""}){id}}person(id:""){...on Contact{alias_5:title(length:0)}...on User{alias_5:name}}}"`,
    );
  });

  it('keeps what is chosen by hand: conditions, enum values, null', () => {
    const described = describeText(
      '{ contacts(filter: { stages: [WON], email: null }) { id @include(if: true) name @skip(if: false) } }',
    );
    expect(described?.text).toContain('stages:[WON]');
    expect(described?.text).toContain('email:null');
    expect(described?.text).toContain('@include(if:true)');
  });
});

describe('the coordinates of an operation', () => {
  it('are fields, arguments, input fields, enum values and types, those of variables as a type alone', () => {
    const described = describeText(
      `
      query Find($filter: Filter, $stage: Stage!, $id: ID!) {
        contacts(filter: { stages: [$stage, LOST], not: $filter, range: { from: 1 } }) { ...Named __typename }
        person(id: $id) { name ... on Contact { deals(filter: $filter) { stage } } }
      }
      fragment Named on Contact { title }`,
      'Find',
    );
    expect(described?.coordinates).toMatchInlineSnapshot(`
      [
        "Contact",
        "Contact.deals",
        "Contact.deals(filter:)",
        "Contact.title",
        "Deal.stage",
        "Filter",
        "Filter.not",
        "Filter.range",
        "Filter.stages",
        "Person.name",
        "Query.contacts",
        "Query.contacts(filter:)",
        "Query.person",
        "Query.person(id:)",
        "Range.from",
        "Stage",
        "Stage.LOST",
      ]
    `);
  });

  it('are those of the one operation, and none of introspection', () => {
    const document = 'query A { contact(id: 1) { name } } query B { __schema { types { name } } __typename }';
    expect(describeText(document, 'A')?.coordinates).toEqual([
      'Contact.name',
      'Query.contact',
      'Query.contact(id:)',
    ]);
    expect(describeText(document, 'B')).toBeUndefined();
  });

  it('are said of a mutation', () => {
    const described = describeText('mutation R { rename(id: 1, name: "Jane") { id } }', 'R');
    expect(described).toMatchObject({ kind: 'mutation', name: 'R' });
    expect(described?.coordinates).toContain('Mutation.rename(name:)');
  });
});
