import { beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { type Bench, prepare } from '../oracle/answers.ts';
import { gatewayAnswer, schemaWith } from './check.ts';
import { marked, marker } from './marked.ts';
import type { Rule } from './requirements.ts';

const scope = (name: string): readonly Rule[] => [{ kind: 'scopes', anyOf: [[name]] }];
const user: Viewer = { kind: 'user', id: 'ada', roles: [], scopes: [], tenant: 'acme' };
const anonymous: Viewer = { ...user, kind: 'anonymous' };
const access = { roles: {}, policies: {} };

interface Denying {
  readonly rules?: Readonly<Record<string, readonly Rule[]>>;
  readonly reads?: Readonly<Record<string, readonly string[]>>;
  readonly viewer?: Viewer;
  readonly variables?: Readonly<Record<string, unknown>>;
}

describe('what a viewer is denied', () => {
  let bench: Bench;
  beforeAll(() => {
    bench = prepare(marked);
  });

  async function ask(text: string, { rules = {}, reads = {}, viewer = user, variables = {} }: Denying) {
    const requirements = {
      rules: new Map(Object.entries(rules)),
      reads: new Map(Object.entries(reads)),
    };
    const trouble = { seed: 0, rarity: 0, down: undefined };
    const supergraph = schemaWith(bench.sdl, requirements);
    const asking = { viewer, access, requirements };
    const outcome = await gatewayAnswer(bench, { text, variables }, trouble, supergraph, asking);
    const { data, errors = [] } = JSON.parse(outcome.body);
    const denied = errors.map(({ path, extensions }: { path: unknown; extensions: { code: string } }) => [
      (path as (string | number)[]).join('.'),
      extensions.code,
    ]);
    return { ...outcome, data, errors, denied };
  }

  const card = { 'Card.number': scope('card') };
  const name = (id: string) => marker('Person.name', id);

  it('is null with an error that names the field and what it needs, and is not fetched', async () => {
    const { data, errors, resolved } = await ask('{ person(id: "p1") { mail: email name } }', {
      rules: { 'Person.email': scope('contact:read') },
    });
    expect(data).toEqual({ person: { mail: null, name: name('p1') } });
    expect(errors).toEqual([
      {
        message: 'Person.email needs the scope "contact:read".',
        path: ['person', 'mail'],
        extensions: { code: 'FORBIDDEN' },
      },
    ]);
    expect(resolved).not.toContain('Person.email');
  });

  it('is UNAUTHENTICATED for whoever is nobody', async () => {
    const rules = { 'Person.email': [{ kind: 'authenticated' } as const] };
    const text = '{ person(id: "p1") { email } }';
    expect((await ask(text, { rules, viewer: anonymous })).denied).toEqual([
      ['person.email', 'UNAUTHENTICATED'],
    ]);
    expect((await ask(text, { rules })).denied).toEqual([]);
    expect((await ask(text, { rules, viewer: { ...user, kind: 'local' } })).denied).toEqual([]);
  });

  it('has an error for each place in a list, and nulls what must not be null', async () => {
    const { data, denied } = await ask('{ people { card { number } } }', { rules: card });
    expect(data).toEqual({ people: [{ card: null }, { card: null }, { card: null }] });
    expect(denied).toEqual([
      ['people.0.card.number', 'FORBIDDEN'],
      ['people.1.card.number', 'FORBIDDEN'],
    ]);
  });

  it('is a field that returns a denied type, scalar or enum', async () => {
    const rules = { Card: scope('x'), Secret: scope('y'), Grade: scope('z') };
    const { data, denied, resolved } = await ask('{ person(id: "p1") { card { issuer } salary grade } }', {
      rules,
    });
    expect(data).toEqual({ person: { card: null, salary: null, grade: null } });
    expect(denied).toHaveLength(3);
    expect([...resolved].filter((field) => /card|salary|grade/.test(field))).toEqual([]);
  });

  it('needs no fetch where nothing else is asked, at no level', async () => {
    const rules = { Query: scope('x') };
    const text = '{ a: person(id: "p1") { name } ...F __typename } fragment F on Query { nodes { id } }';
    const { data, requests, denied } = await ask(text, { rules });
    expect(requests).toEqual([]);
    expect(data).toEqual({ a: null, nodes: null, __typename: 'Query' });
    expect(denied).toHaveLength(2);
    const elsewhere = await ask('{ person(id: "p1") { name salary } }', { rules: { Secret: scope('x') } });
    expect(elsewhere.requests).toHaveLength(1);
  });

  it('gives no error where it is skipped', async () => {
    const rules = { 'Person.email': scope('x') };
    const text = 'query ($no: Boolean!) { person(id: "p1") { name email @include(if: $no) } }';
    const skipped = await ask(text, { rules, variables: { no: false } });
    expect(skipped.body).toBe(`{"data":{"person":{"name":"${name('p1')}"}}}`);
    expect((await ask(text, { rules, variables: { no: true } })).denied).toEqual([
      ['person.email', 'FORBIDDEN'],
    ]);
  });

  describe('on interfaces and unions', () => {
    const rules = { 'Person.label': scope('x') };

    it('is a field of an interface that some object type may not show, for all of them', async () => {
      const { data, denied, resolved } = await ask('{ nodes { label } }', { rules });
      expect(data).toEqual({ nodes: Array(5).fill({ label: null }) });
      expect(denied).toHaveLength(5);
      expect(resolved).not.toContain('Person.label');
    });

    it('is not the same field asked of an object type that may show it', async () => {
      const { data } = await ask('{ nodes { ... on Firm { label } } }', { rules });
      expect(data.nodes[3]).toEqual({ label: marker('Firm.label', 'f1') });
    });

    it('is a response field where any of its selections is', async () => {
      const { data, denied } = await ask('{ nodes { label ... on Firm { label } } }', { rules });
      expect(data.nodes).toEqual(Array(5).fill({ label: null }));
      expect(denied).toHaveLength(5);
    });

    it('is every object of a denied type, of which nothing is told', async () => {
      const text = '{ find { __typename ... on Person { name } ... on Note { text } } }';
      const { data, errors, body, resolved } = await ask(text, { rules: { Person: scope('x') } });
      expect(data.find.map((each: { __typename: string } | null) => each?.__typename)).toEqual([
        undefined,
        'Note',
        undefined,
        'Firm',
        'Note',
      ]);
      expect(errors.map(({ path }: { path: unknown }) => path)).toEqual([['find', 0]]);
      expect(body).not.toContain('Person');
      expect(resolved).not.toContain('Person.name');
    });

    it.each(['Node.stars', 'Firm.stars'])(
      'is a field that a subgraph has on the interface, for every object type: %s',
      async (coordinate) => {
        const { data, denied, resolved } = await ask('{ node(id: "1") { ... on Person { id stars } } }', {
          rules: { [coordinate]: scope('x') },
        });
        expect(data).toEqual({ node: { id: 'p2', stars: null } });
        expect(denied).toEqual([['node.stars', 'FORBIDDEN']]);
        expect(resolved).not.toContain('Person.stars');
      },
    );

    it('is found where a subgraph knows no more than the interface', async () => {
      const { data, denied } = await ask('{ top { ... on Person { name } ... on Firm { sector } } }', {
        rules: { 'Person.name': scope('x') },
      });
      expect(data).toEqual({ top: null });
      expect(denied).toEqual([['top.1.name', 'FORBIDDEN']]);
    });
  });

  it('may be sent to a subgraph that requires it for what is allowed, and does not show', async () => {
    const text = '{ person(id: "p1") { invoice email } }';
    const { data, body, requests } = await ask(text, { rules: { 'Person.email': scope('x') } });
    expect(data).toEqual({ person: { invoice: marker('Person.invoice', 'p1'), email: null } });
    expect(requests.join()).toContain(marker('Person.email', 'p1'));
    expect(body).not.toContain(marker('Person.email', 'p1'));
  });

  describe('of a mutation', () => {
    it('is not executed, while the others are', async () => {
      const text = 'mutation { merge(id: "1") { id } note { text } }';
      const { answer, data } = await ask(text, { rules: { 'Mutation.merge': scope('x') } });
      expect(answer.log).toEqual(['note']);
      expect(data).toEqual({ merge: null, note: { text: marker('Note.text', 'n1') } });
    });

    it('keeps all of it from being executed where the answer must not be without it', async () => {
      const text =
        'mutation ($on: Boolean!) { note { text } rename(id: "1", name: "x") @include(if: $on) { id } }';
      const rules = { 'Mutation.rename': scope('x') };
      const refused = await ask(text, { rules, variables: { on: true } });
      expect([refused.data, refused.answer.log]).toEqual([null, []]);
      const executed = await ask(text, { rules, variables: { on: false } });
      expect(executed.answer.log).toEqual(['note']);
    });
  });

  describe('by what arguments read', () => {
    const rules = { 'Person.email': scope('contact:read'), 'Person.salary': scope('finance:read') };
    const reads = {
      'Query.person(email:)': ['Person.email'],
      'PersonFilter.email': ['Person.email'],
      'PersonOrder.SALARY': ['Person.salary'],
    };
    const people = (args: string) => `{ people(${args}) { id } }`;

    it('is the whole field, with the coordinate of the input in the error', async () => {
      const { data, errors, requests } = await ask('{ person(id: "p1", email: "a") { name } }', {
        rules,
        reads,
      });
      expect(data).toEqual({ person: null });
      expect(errors).toEqual([
        {
          message: 'Query.person needs the scope "contact:read", as Query.person(email:) reads Person.email.',
          path: ['person'],
          extensions: { code: 'FORBIDDEN' },
        },
      ]);
      expect(requests).toEqual([]);
    });

    it.each([
      'filter: { email: "a" }',
      'filter: { email: null }',
      'filter: { any: [{}, { any: { email: "a" } }] }',
      'orderBy: SALARY',
    ])('is denied with %s', async (args) => {
      const { denied, requests } = await ask(people(args), { rules, reads });
      expect(denied).toEqual([['people', 'FORBIDDEN']]);
      expect(requests).toEqual([]);
    });

    it.each(['first: 1', 'filter: { ids: ["p1"] }', 'filter: null', 'orderBy: NAME', 'orderBy: null'])(
      'is allowed with %s',
      async (args) => {
        const { denied, isVariant } = await ask(people(args), { rules, reads });
        expect(denied).toEqual([]);
        expect(isVariant).toBe(false);
      },
    );

    it('depends on the values of variables, nested ones too', async () => {
      const whole =
        'query ($filter: PersonFilter, $order: PersonOrder) { people(filter: $filter, orderBy: $order) { id } }';
      const inner = 'query ($email: String) { people(filter: { email: $email }) { id } }';
      const deniedWith = async (text: string, variables: Record<string, unknown>) =>
        (await ask(text, { rules, reads, variables })).denied.length;
      expect(await deniedWith(whole, { filter: { ids: ['p1'] }, order: 'NAME' })).toBe(0);
      expect(await deniedWith(whole, { filter: { any: [{ email: 'a' }] } })).toBe(1);
      expect(await deniedWith(whole, { order: 'SALARY' })).toBe(1);
      expect(await deniedWith(inner, {})).toBe(0);
      expect(await deniedWith(inner, { email: null })).toBe(1);
    });

    it('counts what a default gives', async () => {
      const byDefault = { 'PersonOrder.NAME': ['Person.salary'], 'PersonFilter.name': ['Person.email'] };
      expect((await ask('{ people { id } }', { rules, reads: byDefault })).denied).toHaveLength(1);
      expect((await ask(people('orderBy: EMAIL'), { rules, reads: byDefault })).denied).toEqual([]);
      expect(
        (await ask(people('orderBy: EMAIL, filter: {}'), { rules, reads: byDefault })).denied,
      ).toHaveLength(1);
    });

    it('denies no more than the fields that read, of several', async () => {
      const text = '{ a: richest(by: SALARY) { id } b: richest(by: GRADE) { id } }';
      const { data, denied } = await ask(text, { rules, reads: { 'Measure.SALARY': ['Person.salary'] } });
      expect(data).toEqual({ a: null, b: { id: 'p2' } });
      expect(denied).toEqual([['a', 'FORBIDDEN']]);
    });
  });
});
