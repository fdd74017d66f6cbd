import { buildASTSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Bus } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { fetchOperation, requestBody } from '#gateway/plan/requests.ts';
import type { SubgraphRequest } from '#gateway/plan/types.ts';
import { testEvent } from '#test/harness/buses.ts';
import { collectLog } from '#test/harness/log.ts';
import { createEventGraph } from './event-graph.ts';

const moved = 'tributary.shop.Moved.v1';
const counted = 'tributary.shop.Counted.v1';

/** As much of a supergraph as is read of it, with a directive under another name. */
const supergraph = `
  schema
    @link(url: "https://tributary.example/specs/events/v0.1", import: [{ name: "@event", as: "@told" }, "@attribute", "@lookup", "@initial"]) {
    query: Query subscription: Subscription
  }
  directive @told(types: [String!]!) on FIELD_DEFINITION | OBJECT
  directive @attribute(names: [String!]!, types: [String!]) on ARGUMENT_DEFINITION | FIELD_DEFINITION
  directive @lookup(attribute: String!, query: String!, path: String!) on ARGUMENT_DEFINITION
  directive @initial(argument: String!, entity: String!, version: String!) on FIELD_DEFINITION
  type Query { eventCursor: ID! }
  type Subscription {
    moved(leadId: ID @attribute(names: ["leadid"]), ownerId: ID @attribute(names: ["ownerid", "previousownerid"]), after: ID): Moved!
      @told(types: ["${moved}"])
    changed(
      accountId: ID! @attribute(names: ["accountid"]) @lookup(attribute: "contactid", query: "query", path: "contact.account.id")
      initial: Boolean = false
    ): Changed! @told(types: ["${moved}", "${counted}"]) @initial(argument: "accountId", entity: "account", version: "version")
    ofSomebodyElse: Int
  }
  interface Event { id: ID! @attribute(names: ["id"]) cursor: ID! @attribute(names: ["cursor"]) }
  type Moved implements Event @told(types: ["${moved}"]) {
    id: ID! @attribute(names: ["id"])
    cursor: ID! @attribute(names: ["cursor"])
    from: Place
    to: Place!
    lead: Lead @attribute(names: ["leadid"])
    owner: User @attribute(names: ["ownerid"])
  }
  type Counted implements Event @told(types: ["${counted}"]) {
    id: ID! @attribute(names: ["id"])
    cursor: ID! @attribute(names: ["cursor"])
    counts: [Int!]
  }
  type Changed {
    cursor: ID! @attribute(names: ["cursor"])
    event: Event
    version: Int @attribute(names: ["entityversion"], types: ["${counted}"])
    account: Account @attribute(names: ["accountid"])
  }
  type Lead { id: ID! }
  type User { id: ID! }
  type Account { id: ID! }
  enum Place { HERE THERE }`;

function open() {
  const schema = buildASTSchema(parse(supergraph), { assumeValidSDL: true });
  const { logger: log, text } = collectLog();
  return { graph: createEventGraph(schema, { subgraph: 'told', timeoutMs: 50, log }), logged: text };
}

function request(text: string, variables: Readonly<Record<string, unknown>> = {}): SubgraphRequest {
  const operation = fetchOperation(text, undefined);
  const members = JSON.stringify(variables).slice(1, -1);
  const body = requestBody(operation, undefined, members);
  return {
    subgraph: 'told',
    kind: 'subscription',
    operation,
    body,
    representations: undefined,
    variables: members,
  };
}

function placed(type: string, data: EventEnvelope['data'], routing: Partial<EventEnvelope> = {}) {
  const event: EventEnvelope = { ...testEvent({ type, key: 'lead_1' }, data), ...routing };
  return { event, cursor: 'c.1', position: 1 };
}

describe('the graph of events of a supergraph', () => {
  it('knows the subscription fields that events answer, and how they choose', () => {
    const { fields } = open().graph;
    expect([...fields.values()]).toEqual([
      {
        name: 'moved',
        types: [moved],
        filters: [
          { argument: 'leadId', attributes: ['leadid'], lookup: undefined },
          { argument: 'ownerId', attributes: ['ownerid', 'previousownerid'], lookup: undefined },
        ],
        initial: undefined,
      },
      {
        name: 'changed',
        types: [moved, counted],
        filters: [
          {
            argument: 'accountId',
            attributes: ['accountid'],
            lookup: { attribute: 'contactid', document: 'query', path: ['contact', 'account', 'id'] },
          },
        ],
        initial: { argument: 'accountId', entity: 'account', version: 'version' },
      },
    ]);
  });

  it('refuses an attribute that no event has', () => {
    const schema = buildASTSchema(parse(supergraph.replace('["leadid"]', '["lead"]')), {
      assumeValidSDL: true,
    });
    const { logger: log } = collectLog();
    expect(() => createEventGraph(schema, { subgraph: 'told', timeoutMs: 50, log })).toThrow(
      '@attribute on moved(leadId:) names "lead"',
    );
  });

  it('answers with what an event says, in the shape that was asked for', () => {
    const asked = request(
      `subscription ($with: Boolean!) { told: moved(leadId: "lead_1") {
        __typename place: to ...Rest from @include(if: $with) lead { __typename id } owner { id } } }
        fragment Rest on Event { id ... on Moved { cursor } ... on Counted { counts } }`,
      { with: false },
    );
    const event = placed(moved, { from: 'HERE', to: 'THERE' });
    expect(open().graph.answerEvent(asked, event)).toEqual({
      kind: 'answer',
      errors: [],
      data: {
        told: {
          __typename: 'Moved',
          place: 'THERE',
          id: event.event.id,
          cursor: 'c.1',
          lead: { __typename: 'Lead', id: 'lead_1' },
          owner: null,
        },
      },
    });
  });

  it('answers each set of variables of an operation for itself', () => {
    const { graph } = open();
    const text =
      'subscription ($with: Boolean!, $id: ID!) { changed(accountId: $id) { cursor @include(if: $with) account { id } } }';
    const operation = fetchOperation(text, undefined);
    const event = placed(moved, { to: 'HERE' });
    const answers = [
      { with: true, id: 'acc_1' },
      { with: true, id: 'acc_2' },
      { with: false, id: 'acc_1' },
    ].map((variables) => graph.answerEvent({ ...request(text, variables), operation }, event));
    expect(answers).toMatchObject([
      { data: { changed: { cursor: 'c.1', account: { id: 'acc_1' } } } },
      { data: { changed: { cursor: 'c.1', account: { id: 'acc_2' } } } },
      { data: { changed: { account: { id: 'acc_1' } } } },
    ]);
    expect(answers[2]).not.toHaveProperty('data.changed.cursor');
  });

  it('gives an event of any type, and the version of those that are about the entity', () => {
    const asked = request(
      'subscription { changed(accountId: "acc_1") { version account { id } event { __typename ... on Moved { to } ... on Counted { counts } } } }',
    );
    const { graph } = open();
    expect(graph.answerEvent(asked, placed(moved, { to: 'HERE' }))).toMatchObject({
      data: {
        changed: { version: null, account: { id: 'acc_1' }, event: { __typename: 'Moved', to: 'HERE' } },
      },
    });
    const about = placed(counted, { counts: [1, 2] }, { entityversion: 4 });
    expect(graph.answerEvent(asked, about)).toMatchObject({
      data: { changed: { version: 4, event: { __typename: 'Counted', counts: [1, 2] } } },
    });
  });

  it('begins with the entity where there is no event yet', () => {
    const asked = request(
      'subscription { changed(accountId: "acc_1", initial: true) { cursor version account { __typename id } event { id } } }',
    );
    expect(open().graph.answerInitial(asked, 'c.0', 'acc_1')).toEqual({
      kind: 'answer',
      errors: [],
      data: {
        changed: {
          cursor: 'c.0',
          version: null,
          account: { __typename: 'Account', id: 'acc_1' },
          event: null,
        },
      },
    });
  });

  it('makes a value that this supergraph does not know null, with an error that has its path', () => {
    const { graph } = open();
    const asked = request(
      'subscription { changed(accountId: "1") { event { ... on Moved { was: from to } } } }',
    );
    expect(graph.answerEvent(asked, placed(moved, { from: 'BEYOND', to: 'HERE' }))).toEqual({
      kind: 'answer',
      data: { changed: { event: { was: null, to: 'HERE' } } },
      errors: [
        {
          message: expect.stringContaining('"BEYOND"'),
          path: ['changed', 'event', 'was'],
          extensions: { code: 'EVENT_VALUE_UNKNOWN' },
        },
      ],
    });
    // What may not be null takes what is around it along, and the errors in there.
    expect(graph.answerEvent(asked, placed(moved, { from: 'BEYOND', to: 'BEYOND' }))).toMatchObject({
      data: { changed: { event: null } },
      errors: [{ path: ['changed', 'event', 'to'] }],
    });
    const whole = request('subscription { moved { to } }');
    expect(graph.answerEvent(whole, placed(moved, {}))).toMatchObject({
      data: null,
      errors: [{ message: 'Cannot return null for non-nullable field Moved.to.', path: ['moved', 'to'] }],
    });
  });

  it('masks what goes wrong inside, and says it in the log', async () => {
    const { graph, logged } = open();
    const bus = { now: () => Promise.reject(new Error('secret')) } as unknown as Bus;
    const source = { bus, tenant: 'default', signal: new AbortController().signal };
    const answer = await graph.answerQuery({ ...request('{ eventCursor }'), kind: 'query' }, source);
    expect(answer).toMatchObject({ kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER' });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(logged()).toContain('secret');
  });

  it('gives a bus that does not answer up at its deadline, and when the client is gone', async () => {
    const { graph } = open();
    const bus = { now: () => new Promise(() => {}) } as unknown as Bus;
    const asked: SubgraphRequest = { ...request('{ eventCursor }'), kind: 'query' };
    const timeout = { kind: 'failure', code: 'SUBGRAPH_TIMEOUT' };
    const { signal } = new AbortController();
    expect(await graph.answerQuery(asked, { bus, tenant: 'default', signal })).toMatchObject(timeout);
    const gone = AbortSignal.abort();
    expect(await graph.answerQuery(asked, { bus, tenant: 'default', signal: gone })).toMatchObject(timeout);
  });
});
