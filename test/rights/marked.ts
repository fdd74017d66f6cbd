import type { Fixture } from '../oracle/fixture.ts';
import type { Entry } from '../oracle/world.ts';

/** The value of a field of an object, unlike that of any other. */
export const marker = (field: string, id: string): string => `⟦${field}#${id}⟧`;

/** The fields whose values stand somewhere in a text, as `Type.field`. */
export function fieldsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/⟦([\w.]+)#\w+⟧/g)].map(([, field]) => field as string));
}

function entry(type: string, id: string, fields: readonly string[], rest: object = {}): Entry {
  const marked = fields.map((field) => [field, marker(`${type}.${field}`, id)]);
  return { $type: type, $id: id, id, ...Object.fromEntries(marked), ...rest };
}

const people: Entry[] = ['p1', 'p2', 'p3'].map((id) =>
  entry('Person', id, ['label', 'name', 'email'], {
    card: id === 'p3' ? null : entry('Card', `c${id}`, ['number', 'issuer']),
  }),
);
const firms: Entry[] = ['f1', 'f2'].map((id) =>
  entry('Firm', id, ['label', 'sector'], { staff: id === 'f1' ? people : [] }),
);
const notes: Entry[] = ['n1', 'n2'].map((id) => entry('Note', id, ['text']));
const nodes = [...people, ...firms];
/** The same list for an interface and its types: the world looks an object of any of them up by it. */
const byId = [['id']];

/** A small world in which every text is a marker, so that where a value went can be seen anywhere. */
export const marked: Fixture = {
  name: 'marked',
  subgraphs: {
    people: `
      type Query {
        person(id: ID!, email: String): Person
        people(filter: PersonFilter, orderBy: PersonOrder = NAME, first: Int): [Person!]!
        find(text: String): [Found]
        node(id: ID!): Node
        nodes: [Node]
        best: Node!
      }
      type Mutation { rename(id: ID!, name: String!): Person! merge(id: ID!): Firm note(text: String): Note! }
      interface Named { label: String }
      interface Node implements Named @key(fields: "id") { id: ID! label: String }
      type Person implements Node & Named @key(fields: "id") { id: ID! label: String name: String! email: String boss: Person card: Card }
      type Card { number: String! issuer: String }
      type Firm implements Node & Named @key(fields: "id") { id: ID! label: String sector: String staff: [Person!]! }
      type Note { text: String! }
      union Found = Person | Firm | Note
      input PersonFilter { ids: [ID!] email: String any: [PersonFilter!] name: String = "x" }
      enum PersonOrder { NAME EMAIL SALARY }
    `,
    money: `
      type Query { richest(by: Measure = SALARY): Person }
      type Person @key(fields: "id") { id: ID! email: String @external salary: Secret grade: Grade invoice: String @requires(fields: "email") }
      type Firm @key(fields: "id") { id: ID! revenue: Secret! rivals: [Firm] }
      scalar Secret
      enum Grade { A B }
      enum Measure { SALARY GRADE }
    `,
    ratings: `
      type Query { top: [Node!] }
      type Node @key(fields: "id") @interfaceObject { id: ID! stars: String reviews: [Review!] }
      type Review { text: String! about: Node }
    `,
  },
  computed: {
    'Query.person': ({ args }) => people.find(({ id }) => id === args.id || args.id === '1') ?? null,
    'Query.people': () => people,
    'Query.find': () => [people[0], notes[0], null, firms[0], notes[1]],
    'Query.node': ({ args }) => nodes[Number(args.id)] ?? null,
    'Query.nodes': () => nodes,
    'Query.best': () => firms[0],
    'Query.richest': () => people[1],
    'Query.top': () => [firms[1], people[0]],
    'Mutation.rename': ({ args, call }) => {
      call.log.push(`rename ${args.id}`);
      return people[0];
    },
    'Mutation.merge': ({ args, call }) => {
      call.log.push(`merge ${args.id}`);
      return firms[0];
    },
    'Mutation.note': ({ call }) => {
      call.log.push('note');
      return notes[0];
    },
    'Person.boss': ({ source }) => (source.$id === 'p1' ? people[1] : null),
    'Person.salary': ({ source }) => marker('Person.salary', source.$id),
    'Person.grade': ({ source }) => (source.$id === 'p1' ? 'A' : 'B'),
    'Person.invoice': ({ source, read }) =>
      read('email') === null ? null : marker('Person.invoice', source.$id),
    'Firm.revenue': ({ source }) => marker('Firm.revenue', source.$id),
    'Firm.rivals': ({ source }) => [firms[source.$id === 'f1' ? 1 : 0], null],
    ...Object.fromEntries(
      ['Person', 'Firm'].flatMap((type) => [
        [`${type}.stars`, ({ source }) => marker(`${type}.stars`, source.$id)],
        [
          `${type}.reviews`,
          ({ source }) => [entry('Review', `r${source.$id}`, ['text'], { about: people[0] })],
        ],
      ]),
    ),
  },
  entities: nodes,
  keys: { Node: byId, Person: byId, Firm: byId },
  steady: ['Person.id', 'Firm.id'],
  mayBeDown: [],
};
