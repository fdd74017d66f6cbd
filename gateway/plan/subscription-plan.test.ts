import { prettyFormatQueryPlan } from '@apollo/query-planner';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { errorsOf, executionOver } from '#test/harness/execution.ts';

const { compile, planner, run } = executionOver({
  news: `
    type Query { newest: ID }
    type Subscription { moved(owner: ID, after: ID): Moved! added: Thing }
    type Moved { id: ID! cursor: ID! from: String thing: Thing }
    type Thing @key(fields: "id", resolvable: false) { id: ID! }
  `,
  store: `
    type Query { thing(id: ID!): Thing }
    type Thing @key(fields: "id") { id: ID! name: String! size(in: String): Int owner: Owner }
    type Owner @key(fields: "id") { id: ID! name: String }
  `,
  stock: `
    type Query { left: Int }
    type Thing @key(fields: "id") { id: ID! size(in: String): Int @external left: Int
      freight: Int @requires(fields: "size(in: \\"kg\\")") }
  `,
});

/* New each time: an execution merges into what it is given. */
const moved = () => ({ id: 'e1', cursor: 'c1', from: 'a', thing: { __typename: 'Thing', id: '7' } });

describe('the plan of a subscription', () => {
  const text = 'subscription S($owner: ID) { moved(owner: $owner) { cursor from thing { id name left } } }';

  it('gives the request for its field, whose operation is the same object each time', async () => {
    const plan = compile(parse(text));
    const request = plan.primary?.({ owner: 'u1', other: 1 });
    expect(request).toMatchObject({ subgraph: 'news', kind: 'subscription', variables: '"owner":"u1"' });
    expect(JSON.parse(request!.body)).toEqual({
      query: expect.stringMatching(/^subscription S\S*\(\$owner:ID\)\{moved\(owner:\$owner\)/),
      operationName: expect.stringContaining('S'),
      variables: { owner: 'u1' },
    });
    expect(plan.primary?.({}).operation).toBe(request?.operation);
    expect([plan.subgraphs.toSorted(), [...plan.rootOwners]]).toEqual([
      ['news', 'stock', 'store'],
      [['moved', 'news']],
    ]);
    expect(compile(parse('{ newest }')).primary).toBeUndefined();
  });

  it('executes the rest on what one event says', async () => {
    const outcome = await run(text, {
      news: () => ({ moved: moved() }),
      store: () => ({ _entities: [{ name: 'Seven' }] }),
      stock: () => ({ _entities: [{ left: 3 }] }),
    });
    expect(outcome.requests.map(({ subgraph, kind }) => `${subgraph} ${kind}`)).toEqual([
      'news subscription',
      'stock query',
      'store query',
    ]);
    expect(outcome.response).toEqual({
      data: { moved: { cursor: 'c1', from: 'a', thing: { id: '7', name: 'Seven', left: 3 } } },
    });
  });

  it('asks nobody else where the event says all, or has no entity', async () => {
    const own = await run('subscription { moved { id thing { id } } }', { news: () => ({ moved: moved() }) });
    expect([own.requests.length, own.response]).toEqual([
      1,
      { data: { moved: { id: 'e1', thing: { id: '7' } } } },
    ]);
    const none = await run(text, { news: () => ({ moved: { ...moved(), thing: null } }) });
    expect([none.requests.length, none.response]).toEqual([
      1,
      { data: { moved: { cursor: 'c1', from: 'a', thing: null } } },
    ]);
  });

  it('keeps the event where a subgraph of the rest fails', async () => {
    const outcome = await run(text, {
      news: () => ({ moved: moved() }),
      store: () => ({ _entities: [{ name: 'Seven' }] }),
      stock: () => 'SUBGRAPH_UNAVAILABLE',
    });
    expect(errorsOf(outcome)).toEqual([['["moved","thing","left"]', 'SUBGRAPH_UNAVAILABLE']]);
    expect(outcome.response.data).toMatchObject({
      moved: { cursor: 'c1', thing: { name: 'Seven', left: null } },
    });
  });

  it('fails as a whole where the event itself does', async () => {
    const outcome = await run(text, {
      news: () => ({ data: null, errors: [{ message: 'unknown', extensions: { code: 'X' } }] }),
    });
    expect(errorsOf(outcome)).toEqual([['["moved"]', 'X']]);
    expect([outcome.response.data, outcome.requests.length]).toEqual([null, 1]);
  });

  it('fetches what a field requires before it, with its arguments', async () => {
    const required = 'subscription { moved { thing { freight size(in: "lb") } } }';
    const outcome = await run(required, {
      news: () => ({ moved: moved() }),
      store: ({ body }) => {
        expect(body).toMatch(/size__required\d:size\(in:\\"kg\\"\)/);
        const name = /size__required\d/.exec(body)![0];
        return { _entities: [{ [name]: 12, size: 26 }] };
      },
      stock: (_, { representations }) => {
        expect(representations).toEqual([{ __typename: 'Thing', id: '7', size: 12 }]);
        return { _entities: [{ freight: 99 }] };
      },
    });
    expect(outcome.response).toEqual({ data: { moved: { thing: { freight: 99, size: 26 } } } });
  });

  it('writes under the client’s names', async () => {
    const outcome = await run('subscription { id: moved { cursor: id thing { name: id left: name } } }', {
      news: ({ operation }) => {
        const [, root, cursor, name] =
          /\{(\w+):moved\{(\w+):id thing\{__typename (?:id )?(\w+):id/.exec(operation.text) ?? [];
        const thing = { __typename: 'Thing', id: '7', [name ?? 'id']: '7' };
        return { [root ?? '']: { [cursor ?? '']: 'e1', thing } };
      },
      store: ({ operation }) => ({
        _entities: [{ [/(\w+):name/.exec(operation.text)?.[1] ?? '']: 'Seven' }],
      }),
    });
    expect(outcome.response).toEqual({ data: { id: { cursor: 'e1', thing: { name: '7', left: 'Seven' } } } });
  });

  it('is primary and rest', () => {
    const { node } = planner.plan(parse('subscription { added { freight } }'));
    expect(prettyFormatQueryPlan({ kind: 'QueryPlan', node })).toMatch(/Primary: \{[\s\S]*Rest: \{/);
    expect(node).toMatchObject({ kind: 'Subscription', primary: { kind: 'Fetch', serviceName: 'news' } });
  });
});

describe('what is to be seen before the response is written', () => {
  it('is the merged tree, which may be changed', async () => {
    const plan = compile(parse('subscription { moved { from thing { name } } }'));
    let seen = '';
    const result = await plan.execute({
      variables: {},
      signal: new AbortController().signal,
      fetch: async ({ kind }) => {
        const data = kind === 'subscription' ? { moved: moved() } : { _entities: [{ name: 'Seven' }] };
        return { kind: 'answer', errors: [], data: data };
      },
      beforeWrite(root) {
        seen = JSON.stringify(root);
        Object.assign(root.moved as object, { from: 'changed' });
      },
    });
    expect(JSON.parse(seen)).toMatchObject({ moved: { from: 'a', thing: { name: 'Seven' } } });
    expect(result.body.toString()).toBe('{"data":{"moved":{"from":"changed","thing":{"name":"Seven"}}}}');
  });
});
