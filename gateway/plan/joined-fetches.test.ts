import type { PlanNode } from '@apollo/query-planner';
import { getOperationAST, getVariableValues, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { compilePlan } from './index.ts';
import { createJoins, type JoinableFetch } from './joined-fetches.ts';
import { createPlanner } from './planner.ts';
import { fetchOperation } from './requests.ts';
import type { SubgraphAnswer, SubgraphRequest } from './types.ts';

const planner = createPlanner(
  compose({
    subgraphs: {
      shop: `
        type Query { product(id: ID!): Product products: [Product!]! }
        type Mutation { order(id: ID!): Product }
        type Product @key(fields: "id") { id: ID! maker: Maker }
        type Maker @key(fields: "id") { id: ID! }
      `,
      stock: `
        type Product @key(fields: "id") { id: ID! left(at: String): Int! code: String }
        type Maker @key(fields: "id") { id: ID! sold(at: String, by: Int): Int }
      `,
      notes: `
        type Product @key(fields: "id") { id: ID! note: String code: String @external tag: String @requires(fields: "code") }
        type Maker @key(fields: "id") { id: ID! note: String }
      `,
    },
  }),
);

interface Body {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A subgraph's answer: data, a failure code, or an answer as a whole. */
type Answers = Readonly<Record<string, (body: Body, call: number) => unknown>>;

const controller = () => new AbortController();

async function run(
  text: string,
  answers: Answers,
  { variables = {}, joins, abort = controller(), change = (node) => node }: Options = {},
) {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('One operation is expected.');
  const { schema, supergraphSchema } = planner;
  const { node, ...rest } = planner.plan(document);
  const queryPlan = { ...rest, node: node && change(node as PlanNode) };
  const plan = compilePlan({ queryPlan, schema, supergraphSchema, document, operation, joins });
  const values = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  const requests: (Omit<SubgraphRequest, 'variables'> & Body)[] = [];
  const { body } = await plan.execute({
    variables: values.coerced ?? {},
    signal: abort.signal,
    fetch: async (request) => {
      const sent: Body = JSON.parse(request.body);
      const calls = requests.filter(({ subgraph }) => subgraph === request.subgraph).length;
      requests.push({ ...request, ...sent });
      const answer = answers[request.subgraph]?.(sent, calls);
      if (typeof answer === 'string') {
        return { kind: 'failure', code: answer, message: `${answer}.` } as SubgraphAnswer;
      }
      const isWhole = typeof answer === 'object' && answer !== null && 'errors' in answer;
      return { kind: 'answer', errors: [], ...(isWhole ? answer : { data: answer }) } as SubgraphAnswer;
    },
  });
  const asked = (subgraph: string) => requests.filter((request) => request.subgraph === subgraph);
  return { ...(JSON.parse(body.toString()) as Response), requests, asked };
}

interface Options {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly joins?: (subgraph: string) => boolean;
  readonly abort?: AbortController;
  /** Makes another plan of the planner's. */
  readonly change?: (node: PlanNode) => PlanNode;
}

interface Response {
  readonly data: unknown;
  readonly errors?: readonly { message: string; path?: unknown; extensions: { code: string } }[];
}

/* An execution merges into what it is answered, so that each has its own. */
const product = (id = '1') => ({ __typename: 'Product', id, maker: { __typename: 'Maker', id: 'm' } });
const shop = () => ({ product: product() });
const both = '{ product(id: 1) { left maker { sold } } }';
const bothWhole = { product: { left: 3, maker: { sold: 4 } } };

/** A stock that answers what it is asked. */
const stock = ({ query }: Body) => ({
  ...(query.includes('left') ? { _entities: [{ left: 3 }] } : { _entities: [{ sold: 4 }] }),
  ...(query.includes('_entities_1') ? { _entities_1: [{ sold: 4 }] } : {}),
});

describe('the request', () => {
  it('is one for all that is asked of a subgraph at the same time', async () => {
    const outcome = await run(
      'query Both($at: String, $by: Int = 2) { product(id: 1) { left(at: $at) maker { sold(at: $at, by: $by) } } }',
      { shop, stock },
      { variables: { at: 'x' } },
    );
    expect(outcome.asked('stock').map(({ body }) => JSON.parse(body))).toEqual([
      {
        query:
          'query Both__stock__1__2($representations:[_Any!]!$representations_1:[_Any!]!$at:String$by:Int=2)' +
          '{_entities(representations:$representations){...on Product{left(at:$at)}}' +
          '_entities_1:_entities(representations:$representations_1){...on Maker{sold(at:$at by:$by)}}}',
        operationName: 'Both__stock__1__2',
        variables: {
          representations: [{ __typename: 'Product', id: '1' }],
          representations_1: [{ __typename: 'Maker', id: 'm' }],
          at: 'x',
          by: 2,
        },
      },
    ]);
    expect(outcome).toMatchObject({ data: bothWhole });
    expect(outcome.errors).toBeUndefined();
  });

  it('keeps variables of the client apart that have its own names', async () => {
    const { asked, data } = await run(
      'query ($representations: String, $representations_1: String) { product(id: 1) { left(at: $representations) maker { sold(at: $representations_1) } } }',
      { shop, stock },
      { variables: { representations: 'x', representations_1: 'y' } },
    );
    expect(asked('stock')).toHaveLength(1);
    expect(asked('stock')[0]?.variables).toEqual({
      representations: [{ __typename: 'Product', id: '1' }],
      representations_1: [{ __typename: 'Maker', id: 'm' }],
      representations__client0: 'x',
      representations_1__client0: 'y',
    });
    expect(data).toEqual(bothWhole);
  });

  it('has each representation of a fetch once', async () => {
    const { asked, data } = await run('{ products { left maker { sold } } }', {
      shop: () => ({ products: [product(), product('2'), product()] }),
      stock: () => ({ _entities: [{ left: 1 }, { left: 2 }], _entities_1: [{ sold: 5 }] }),
    });
    expect(asked('stock')[0]?.representations?.map((list) => list.length)).toEqual([2, 1]);
    const maker = { sold: 5 };
    expect(data).toEqual({
      products: [
        { left: 1, maker },
        { left: 2, maker },
        { left: 1, maker },
      ],
    });
  });

  it.each<[string, string, Answers]>([
    [
      'there are no entities for the other',
      both,
      { shop: () => ({ product: { ...product(), maker: null } }), stock },
    ],
    ['nothing else is asked', '{ product(id: 1) { left } }', { shop, stock }],
  ])('is what it ever was where %s', async (_, text, answers) => {
    const { asked } = await run(text, answers);
    expect(asked('stock').map(({ body }) => body)).toEqual([
      '{"query":"query($representations:[_Any!]!){_entities(representations:$representations){...on Product{left}}}","variables":{"representations":[{"__typename":"Product","id":"1"}]}}',
    ]);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('holds what a condition includes: %s', async (on, joined) => {
    const outcome = await run(
      'query ($on: Boolean!) { product(id: 1) { left maker { ... @include(if: $on) { sold } id } } }',
      { shop, stock },
      { variables: { on } },
    );
    expect(outcome.asked('stock').map(({ representations }) => representations?.length)).toEqual([
      1 + joined,
    ]);
    const maker = on ? { sold: 4, id: 'm' } : { id: 'm' };
    expect(outcome.data).toEqual({ product: { left: 3, maker } });
  });

  it('is of the first fetch of a sequence too, and not of what comes after it', async () => {
    const { requests, data } = await run('{ product(id: 1) { tag maker { sold note } } }', {
      shop,
      stock: () => ({ _entities: [{ code: 'c' }], _entities_1: [{ sold: 4 }] }),
      notes: ({ query }) => ({ _entities: [query.includes('tag') ? { tag: 't' } : { note: 'n' }] }),
    });
    const lists = requests.map((request) => [request.subgraph, request.representations?.length ?? 0]);
    expect(lists.toSorted()).toEqual([
      ['notes', 1],
      ['notes', 1],
      ['shop', 0],
      ['stock', 2],
    ]);
    expect(data).toEqual({ product: { tag: 't', maker: { sold: 4, note: 'n' } } });
  });

  it('is one for heads of nested steps too', async () => {
    const nest = (node: PlanNode): PlanNode =>
      node.kind === 'Parallel'
        ? { kind: 'Parallel', nodes: node.nodes.map((one) => ({ kind: 'Parallel', nodes: [one] })) }
        : node.kind === 'Sequence'
          ? { kind: 'Sequence', nodes: node.nodes.map(nest) }
          : node;
    const { asked, data } = await run(both, { shop, stock }, { change: nest });
    expect(asked('stock')).toHaveLength(1);
    expect(data).toEqual(bothWhole);
  });

  it('may be of what a mutation reads afterwards', async () => {
    const outcome = await run('mutation { order(id: 1) { left maker { sold } } }', {
      shop: () => ({ order: product() }),
      stock,
    });
    expect(outcome.requests.map(({ subgraph, kind }) => [subgraph, kind])).toEqual([
      ['shop', 'mutation'],
      ['stock', 'query'],
    ]);
    expect(outcome.data).toEqual({ order: bothWhole.product });
  });

  it('is not made for subgraphs that shall be asked apart', async () => {
    const { asked, data } = await run(
      '{ product(id: 1) { left note maker { sold note } } }',
      {
        shop,
        stock,
        notes: () => ({ _entities: [{ note: 'a' }], _entities_1: [{ note: 'b' }] }),
      },
      { joins: (subgraph) => subgraph !== 'stock' },
    );
    expect([asked('stock').length, asked('notes').length]).toEqual([2, 1]);
    expect(data).toEqual({ product: { left: 3, note: 'a', maker: { sold: 4, note: 'b' } } });
  });
});

describe('the answer', () => {
  it('is each fetch’s own, and so are the errors', async () => {
    const { data, errors, asked } = await run('{ product(id: 1) { code maker { sold } } }', {
      shop,
      stock: () => ({
        data: { _entities: [{ code: null }], _entities_1: [{ sold: null }] },
        errors: [
          { message: 'no sales', path: ['_entities_1', 0, 'sold'], extensions: { code: 'X' } },
          { message: 'no code', path: ['_entities', 0, 'code'] },
        ],
      }),
    });
    expect(asked('stock')).toHaveLength(1);
    expect(data).toEqual({ product: { code: null, maker: { sold: null } } });
    expect(errors).toMatchObject([
      { message: 'no code', path: ['product', 'code'], extensions: { code: 'SUBGRAPH_ERROR' } },
      { message: 'no sales', path: ['product', 'maker', 'sold'], extensions: { code: 'X' } },
    ]);
  });

  it('keeps an error from a field of the same name', async () => {
    const { data, errors } = await run('{ product(id: 1) { note maker { note } } }', {
      shop,
      notes: () => ({
        data: { _entities: [{ note: null }], _entities_1: [{ note: null }] },
        errors: [{ message: 'no note', path: ['_entities_1', 0, 'note'] }],
      }),
    });
    expect(data).toEqual({ product: { note: null, maker: { note: null } } });
    expect(errors?.map(({ path }) => path)).toEqual([['product', 'maker', 'note']]);
  });

  /* What it says differs from what the fetches are answered alone. */
  const _entities = [{ left: 9 }];
  const _entities_1 = [{ sold: 9 }];
  const useless: readonly [string, unknown][] = [
    ['data is null', { data: null, errors: [{ message: 'no', path: ['_entities_1'] }] }],
    ['it cannot be read', 'SUBGRAPH_INVALID_ANSWER'],
    ['a field is missing', { _entities }],
    ['a field is null', { _entities, _entities_1: null }],
    ['a field has too few entities', { _entities, _entities_1: [] }],
    ['a field has too many entities', { _entities: [..._entities, null], _entities_1 }],
    ['an error has no path', { data: { _entities, _entities_1 }, errors: [{ message: 'no' }] }],
    [
      'an error is of no field',
      { data: { _entities, _entities_1 }, errors: [{ message: 'no', path: ['_entities_2', 0] }] },
    ],
  ];

  it.each(useless)('is asked for again, by each fetch alone, where %s', async (_, useless) => {
    const { data, errors, asked } = await run(both, {
      shop,
      stock: (body, call) => (call === 0 ? useless : stock(body)),
    });
    expect(asked('stock').map(({ representations }) => representations?.length)).toEqual([2, 1, 1]);
    expect(data).toEqual(bothWhole);
    expect(errors).toBeUndefined();
  });

  it('is asked for again once: the others are not lost for the one that fails', async () => {
    const { data, errors, asked } = await run(both, {
      shop,
      stock: (body, call) => {
        if (call > 0 && body.query.includes('left')) return stock(body);
        return { data: null, errors: [{ message: 'no sales', path: ['_entities'] }] };
      },
    });
    expect(asked('stock')).toHaveLength(3);
    expect(data).toEqual({ product: { left: 3, maker: { sold: null } } });
    expect(errors).toMatchObject([{ message: 'no sales', path: ['product', 'maker', 'sold'] }]);
  });

  it.each(['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_TIMEOUT'])('is not asked for again: %s', async (code) => {
    const { data, errors, asked } = await run('{ product(id: 1) { code maker { sold } } }', {
      shop,
      stock: () => code,
    });
    expect(asked('stock')).toHaveLength(1);
    expect(data).toEqual({ product: { code: null, maker: { sold: null } } });
    expect(errors?.map((error) => [error.path, error.extensions.code])).toEqual([
      [['product', 'code'], code],
      [['product', 'maker', 'sold'], code],
    ]);
  });

  it('is not asked for again once the client has gone', async () => {
    const abort = controller();
    const { asked, errors } = await run(
      '{ product(id: 1) { code maker { sold } } }',
      {
        shop,
        stock: () => {
          abort.abort();
          return 'SUBGRAPH_INVALID_ANSWER';
        },
      },
      { abort },
    );
    expect(asked('stock')).toHaveLength(1);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
      'SUBGRAPH_TIMEOUT',
      'SUBGRAPH_TIMEOUT',
    ]);
  });
});

describe('combinations', () => {
  const { admit, joined } = createJoins((name) => name);
  const admitted = (text: string, rest: object = {}): JoinableFetch | undefined => {
    const node = { kind: 'Fetch', serviceName: 'stock', operation: text, operationKind: 'query' } as const;
    const asking = { subgraph: 'stock', kind: 'query', operation: fetchOperation(text, undefined) } as const;
    return admit({ ...node, requires: [], variableUsages: [], ...rest } as never, asking, () => '');
  };
  const text =
    'query($representations:[_Any!]!){_entities(representations:$representations){...on Maker{sold}}}';

  it('are made once, and no more are kept than there may be', () => {
    const fetches = Array.from({ length: 66 }, () => admitted(text) as JoinableFetch);
    const pair = (index: number) => joined([fetches[0]!, fetches[index]!]);
    const first = pair(1);
    expect(pair(1)).toBe(first);
    for (let index = 2; index < 66; index++) pair(index);
    expect(pair(65)).toBe(pair(65));
    expect(pair(1)).not.toBe(first);
    expect(pair(1).operation).toEqual(first.operation);
  });

  it.each<[string, string, object]>([
    ['context arguments', text, { contextRewrites: [{}] }],
    ['root fields', 'query{text}', { requires: undefined }],
    [
      'fragments',
      text.replace('...on Maker{sold}', '...A').concat('fragment A on Maker{sold}'),
      { requires: [] },
    ],
    ['directives of the operation', text.replace('!){', '!)@live{'), {}],
    ['an alias', text.replace('{_entities', '{a:_entities'), {}],
    ['other fields', text.replace('{_entities', '{text _entities'), {}],
  ])('have no fetch with %s', (_, operation, rest) => {
    expect(admitted(text)).toBeDefined();
    expect(admitted(operation, rest)).toBeUndefined();
  });
});
