import { GraphQLError, getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Answers, errorsOf, executionOver } from '#test/harness/execution.ts';
import { compilePlan } from './index.ts';
import type { SubgraphAnswer, SubgraphRequest } from './types.ts';

const { planner, compile, run } = executionOver({
  shop: `
        type Query { product(id: ID!): Product products: [Product!]! strict: Product! things: [Thing] grid: [[Int!]] tint: Tint n: Int text: String }
        type Product @key(fields: "id") { id: ID! name: String! maker: Maker weight: Int next: Product }
        type Maker { name: String }
        union Thing = Product | Hidden
        type Hidden @inaccessible { x: Int }
        enum Tint { RED SECRET @inaccessible }
      `,
  stock: `
        type Query { depot(where: Where): Depot }
        input Where { city: String deep: Where }
        type Depot { city: String! }
        type Product @key(fields: "id") { id: ID! weight: Int @external left: Int! place: Depot price(in: String): String freight: Int @requires(fields: "weight") }
      `,
  notes: `
        type Mutation { note(text: String): Int! }
        type Query { notes: [String] }
        type Product @key(fields: "id") { id: ID! note: String other: Product }
      `,
});

const product = (id: string, more: object = {}) => ({
  __typename: 'Product',
  id,
  name: `Product ${id}`,
  ...more,
});

describe('requests', () => {
  it('send the text of the operation and only the variables that were given', async () => {
    const text =
      'query Q($w: Where, $p: String) { depot(where: $w) { city } product(id: 1) { price(in: $p) } }';
    const outcome = await run(
      text,
      {
        stock: ({ representations }) =>
          representations ? { _entities: [{ price: 'x' }] } : { depot: { city: 'Graz' } },
        shop: () => ({ product: product('1') }),
      },
      { w: { city: 'G"z', deep: null } },
    );
    const bodies = outcome.requests.map(({ body }) => JSON.parse(body));
    expect(bodies.find(({ query }) => query.includes('depot'))).toEqual({
      query: expect.stringContaining('query Q'),
      operationName: expect.stringContaining('Q'),
      variables: { w: { city: 'G"z', deep: null } },
    });
    expect(bodies.find(({ query }) => query.includes('_entities')).variables).toEqual({
      representations: [{ __typename: 'Product', id: '1' }],
    });
    expect(outcome.response).toEqual({ data: { depot: { city: 'Graz' }, product: { price: 'x' } } });
  });

  it('ask for each entity once, however often it occurs', async () => {
    const outcome = await run('{ products { id note } }', {
      shop: () => ({ products: [product('1'), product('2'), product('1')] }),
      notes: (_, { representations }) => ({
        _entities: (representations as { id: string }[]).map(({ id }) => ({ note: `note ${id}` })),
      }),
    });
    expect(outcome.requests[1]?.representations).toEqual([
      ['{"__typename":"Product","id":"1"}', '{"__typename":"Product","id":"2"}'],
    ]);
    expect(outcome.response.data).toEqual({
      products: [
        { id: '1', note: 'note 1' },
        { id: '2', note: 'note 2' },
        { id: '1', note: 'note 1' },
      ],
    });
  });

  it('are not made for an empty set', async () => {
    const outcome = await run('{ products { note } product(id: 1) { note } }', {
      shop: () => ({ products: [], product: null }),
    });
    expect(outcome.requests).toHaveLength(1);
    expect(outcome.body).toBe('{"data":{"products":[],"product":null}}');
  });

  it('are not started once the signal is aborted', async () => {
    const controller = new AbortController();
    const answers: Answers = {
      shop: () => {
        controller.abort();
        return { product: product('1') };
      },
    };
    const outcome = await run('{ product(id: 1) { name note } }', answers, {}, { signal: controller.signal });
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['shop']);
    expect(errorsOf(outcome)).toEqual([['["product","note"]', 'SUBGRAPH_TIMEOUT']]);
  });

  it('leave out what only skipped fields require', async () => {
    const outcome = await run(
      'query ($off: Boolean!) { product(id: 1) { freight @skip(if: $off) left } }',
      { shop: () => ({ product: product('1') }), stock: () => ({ _entities: [{ left: 3 }] }) },
      { off: true },
    );
    expect(outcome.response).toEqual({ data: { product: { left: 3 } } });
  });
});

describe('failures', () => {
  it('put an error at each field that is missing, and propagate nulls', async () => {
    const outcome = await run('{ products { id place { city } left } }', {
      shop: () => ({ products: [product('1'), product('2')] }),
      stock: () => 'SUBGRAPH_UNAVAILABLE',
    });
    expect(outcome.response.data).toBeNull();
    expect(outcome.dataIsNull).toBe(true);
    expect(errorsOf(outcome)).toEqual([
      ['["products",0,"place"]', 'SUBGRAPH_UNAVAILABLE'],
      ['["products",0,"left"]', 'SUBGRAPH_UNAVAILABLE'],
    ]);
    expect(outcome.response.errors?.[0]).toMatchObject({
      message: 'stock is away.',
      extensions: { subgraph: 'stock' },
    });
  });

  it('of a root fetch are errors of its root fields', async () => {
    const outcome = await run('{ t: text strict { name } notes }', {
      shop: () => 'SUBGRAPH_TIMEOUT',
      notes: () => ({ notes: ['a'] }),
    });
    expect(outcome.response.data).toBeNull();
    expect(errorsOf(outcome)).toEqual([
      ['["t"]', 'SUBGRAPH_TIMEOUT'],
      ['["strict"]', 'SUBGRAPH_TIMEOUT'],
    ]);
  });

  it('pass on to what could not be asked for because of them', async () => {
    const outcome = await run('{ product(id: 1) { name next { id freight } } }', {
      shop: () => ({
        data: { product: product('1', { next: { __typename: 'Product', id: '2' } }) },
        errors: [{ message: 'no scales', path: ['product', 'next', 'weight'] }],
      }),
      stock: (_, { representations }) => {
        expect(representations).toEqual([{ __typename: 'Product', id: '2' }]);
        return { _entities: [{ freight: null }] };
      },
    });
    expect(outcome.response.data).toEqual({
      product: { name: 'Product 1', next: { id: '2', freight: null } },
    });
    expect(outcome.response.errors).toMatchObject([
      { message: 'no scales', path: ['product', 'next', 'freight'], extensions: { subgraph: 'shop' } },
    ]);
  });

  it.each([
    ['fewer entities', { _entities: [] }],
    ['more entities', { _entities: [{ note: 'a' }, { note: 'b' }] }],
    ['no entities', { _entities: null }],
    ['an object for a list', { _entities: {} }],
    ['neither data nor errors', { data: null }],
  ])('are answers with %s', async (_, answer) => {
    const outcome = await run('{ product(id: 1) { name note } }', {
      shop: () => ({ product: product('1') }),
      notes: () => answer,
    });
    expect(outcome.response.data).toEqual({ product: { name: 'Product 1', note: null } });
    expect(errorsOf(outcome)).toEqual([['["product","note"]', 'SUBGRAPH_INVALID_ANSWER']]);
  });

  it('do not come from a fetch that throws', async () => {
    const compiled = compile(parse('{ text }'));
    const fetch = () => Promise.reject(new Error('a bug'));
    const result = await compiled.execute({ variables: {}, signal: new AbortController().signal, fetch });
    expect(JSON.parse(result.body.toString())).toMatchObject({
      data: { text: null },
      errors: [{ path: ['text'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'shop' } }],
    });
    expect(result.body.toString()).not.toContain('a bug');
  });
});

describe('errors of subgraphs', () => {
  it('show at every place of their entity, without internals', async () => {
    const outcome = await run('{ products { m: note } }', {
      shop: () => ({ products: [product('1'), product('2'), product('1')] }),
      notes: () => ({
        data: { _entities: [{ m: null }, { m: 'b' }] },
        errors: [
          {
            message: 'unreadable',
            path: ['_entities', 0, 'm'],
            extensions: { code: 'TORN', stacktrace: ['x'], exception: {}, serviceName: 's', page: 3 },
          },
        ],
      }),
    });
    const extensions = { code: 'TORN', page: 3, subgraph: 'notes' };
    expect(outcome.response.errors).toEqual([
      { message: 'unreadable', path: ['products', 0, 'm'], extensions },
      { message: 'unreadable', path: ['products', 2, 'm'], extensions },
    ]);
  });

  it('explain a null that went further up, once', async () => {
    const outcome = await run('{ product(id: 1) { name left note } }', {
      shop: () => ({ product: product('1') }),
      notes: () => ({ _entities: [{ note: 'a' }] }),
      stock: () => ({
        data: { _entities: [null] },
        errors: [{ message: 'none left', path: ['_entities', 0, 'left'] }],
      }),
    });
    expect(outcome.response.data).toEqual({ product: null });
    expect(errorsOf(outcome)).toEqual([['["product","left"]', 'SUBGRAPH_ERROR']]);
  });

  it('without a path show at the place of the fetch', async () => {
    const outcome = await run('{ products { name note } }', {
      shop: () => ({ products: [product('1')] }),
      notes: () => ({ data: { _entities: [{ note: 'a' }] }, errors: [{ message: 'late' }] }),
    });
    expect(outcome.response.data).toEqual({ products: [{ name: 'Product 1', note: 'a' }] });
    expect(outcome.response.errors).toMatchObject([{ message: 'late', path: ['products'] }]);
  });

  it('without data are the failure of the fetch', async () => {
    const outcome = await run('{ text n }', { shop: () => ({ errors: [{ message: 'Syntax Error' }] }) });
    expect(errorsOf(outcome)).toEqual([
      ['["text"]', 'SUBGRAPH_ERROR'],
      ['["n"]', 'SUBGRAPH_ERROR'],
    ]);
  });

  it('without data are all told, where there are several', async () => {
    const outcome = await run('{ text }', {
      shop: () => ({ errors: [{ message: 'first' }, { message: 'second' }] }),
    });
    expect(outcome.response.errors).toMatchObject([
      { message: 'first', path: ['text'] },
      { message: 'second', path: [] },
    ]);
  });
});

describe('a plan that renames what it asked for', () => {
  const renamed = (path: string[], renameKeyTo: string) => [{ kind: 'KeyRenamer', path, renameKeyTo }];
  const queryPlan = {
    kind: 'QueryPlan',
    node: {
      kind: 'Sequence',
      nodes: [
        {
          kind: 'Fetch',
          serviceName: 'shop',
          operation: '{product(id:1){__typename id name__alias_0:name}}',
          operationKind: 'query',
          outputRewrites: renamed(['product', 'name__alias_0'], 'name'),
        },
        {
          kind: 'Flatten',
          path: ['product'],
          node: {
            kind: 'Fetch',
            serviceName: 'notes',
            requires: [
              {
                kind: 'InlineFragment',
                typeCondition: 'Product',
                selections: [
                  { kind: 'Field', name: '__typename' },
                  { kind: 'Field', name: 'id' },
                ],
              },
            ],
            operation:
              'query($representations:[_Any!]!){_entities(representations:$representations){...on Product{note__alias_0:note}}}',
            operationKind: 'query',
            outputRewrites: renamed(['... on Product', 'note__alias_0'], 'note'),
          },
        },
      ],
    },
  } as Parameters<typeof compilePlan>[0]['queryPlan'];

  it.each([
    [{ note__alias_0: 'x' }, [], 'x', undefined],
    [
      { note__alias_0: null },
      [{ message: 'torn', path: ['_entities', 0, 'note__alias_0'] }],
      null,
      ['product', 'note'],
    ],
  ])('shows values and errors under the client’s names: %j', async (entity, errors, note, path) => {
    const document = parse('{ product(id: 1) { name note } }');
    const { schema, supergraphSchema } = planner;
    const operation = getOperationAST(document)!;
    const compiled = compilePlan({ queryPlan, schema, supergraphSchema, document, operation });
    const { body } = await compiled.execute({
      variables: {},
      signal: new AbortController().signal,
      fetch: async ({ representations }) =>
        representations === undefined
          ? {
              kind: 'answer',
              data: { product: { __typename: 'Product', id: '1', name__alias_0: 'First' } },
              errors: [],
            }
          : { kind: 'answer', data: { _entities: [entity] }, errors },
    });
    const response = JSON.parse(body.toString());
    expect(response.data).toEqual({ product: { name: 'First', note } });
    expect(response.errors?.[0].path).toEqual(path);
  });
});

describe('an argument from context', () => {
  it('that a failure left out passes the failure on', async () => {
    const requires = [
      {
        kind: 'InlineFragment',
        typeCondition: 'Product',
        selections: [
          { kind: 'Field', name: '__typename' },
          { kind: 'Field', name: 'id' },
        ],
      },
    ];
    const entityFetch = (serviceName: string, field: string, more: object = {}) => ({
      kind: 'Flatten',
      path: ['product'],
      node: {
        kind: 'Fetch',
        serviceName,
        requires,
        operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on Product{${field}}}}`,
        operationKind: 'query',
        ...more,
      },
    });
    const contextRewrites = [{ kind: 'KeyRenamer', path: ['price'], renameKeyTo: 'c' }];
    const queryPlan = {
      kind: 'QueryPlan',
      node: {
        kind: 'Sequence',
        nodes: [
          {
            kind: 'Fetch',
            serviceName: 'shop',
            operation: '{product(id:1){__typename id}}',
            operationKind: 'query',
          },
          entityFetch('stock', 'price'),
          entityFetch('notes', 'note', { contextRewrites }),
        ],
      },
    } as Parameters<typeof compilePlan>[0]['queryPlan'];
    const document = parse('{ product(id: 1) { note } }');
    const { schema, supergraphSchema } = planner;
    const operation = getOperationAST(document)!;
    const asked: string[] = [];
    const { body } = await compilePlan({ queryPlan, schema, supergraphSchema, document, operation }).execute({
      variables: {},
      signal: new AbortController().signal,
      fetch: async ({ subgraph }) => {
        asked.push(subgraph);
        return subgraph === 'shop'
          ? { kind: 'answer', data: { product: product('1') }, errors: [] }
          : { kind: 'failure', code: 'SUBGRAPH_TIMEOUT', message: `${subgraph} is late.` };
      },
    });
    expect(asked).toEqual(['shop', 'stock']);
    expect(JSON.parse(body.toString())).toMatchObject({
      data: { product: { note: null } },
      errors: [{ message: 'stock is late.', path: ['product', 'note'] }],
    });
  });
});

describe('the response', () => {
  it('has one error for a null where none may be, also beside other errors', async () => {
    const outcome = await run('{ text product(id: 1) { name maker { name } } }', {
      shop: () => ({
        data: { text: null, product: { name: null, maker: {} } },
        errors: [{ message: 'no text', path: ['text'] }],
      }),
    });
    expect(outcome.response.data).toEqual({ text: null, product: null });
    expect(errorsOf(outcome)).toEqual([
      ['["text"]', 'SUBGRAPH_ERROR'],
      ['["product","name"]', 'NULL_IN_NON_NULL_FIELD'],
    ]);
    expect(outcome.response).not.toHaveProperty('extensions');
  });

  it('has no error for an entity that is not there', async () => {
    const answers: Answers = {
      shop: () => ({ product: product('1') }),
      notes: () => ({ _entities: [null] }),
    };
    const outcome = await run('{ product(id: 1) { name note } }', answers);
    expect(outcome.body).toBe('{"data":{"product":{"name":"Product 1","note":null}}}');
    const strict = await run('{ product(id: 1) { name left } }', {
      ...answers,
      stock: () => ({ _entities: [null] }),
    });
    expect(strict.response.data).toEqual({ product: null });
    expect(errorsOf(strict)).toEqual([['["product","left"]', 'NULL_IN_NON_NULL_FIELD']]);
  });

  it.each([
    ['{ products { name } }', { products: { 0: 'x' } }, null, '["products"]'],
    ['{ product(id: 1) { name } }', { product: 'text' }, { product: null }, '["product"]'],
    [
      '{ product(id: 1) { maker { name } } }',
      { product: { maker: [] } },
      { product: { maker: null } },
      '["product","maker"]',
    ],
    ['{ grid }', { grid: [[1], 2, [null]] }, { grid: [[1], null, null] }, '["grid",1]'],
    ['{ text }', { text: {} }, { text: null }, '["text"]'],
    ['{ n }', { n: 2 ** 31 }, { n: null }, '["n"]'],
    ['{ n }', { n: 'x' }, { n: null }, '["n"]'],
  ])('turns a value of the wrong shape into null: %s', async (text, data, expected, path) => {
    const outcome = await run(text, { shop: () => data });
    expect(outcome.response.data).toEqual(expected);
    expect(errorsOf(outcome)?.[0]).toEqual([path, 'INVALID_RESULT_VALUE']);
  });

  it('hides the names of what is inaccessible', async () => {
    const outcome = await run('{ tint things { ... on Product { name } __typename } }', {
      shop: () => ({ tint: 'SECRET', things: [{ __typename: 'Hidden', x: 1 }, product('1')] }),
    });
    expect(outcome.response.data).toEqual({
      tint: null,
      things: [null, { name: 'Product 1', __typename: 'Product' }],
    });
    expect(errorsOf(outcome)?.map(([path]) => path)).toEqual(['["tint"]', '["things",0]']);
    expect(outcome.body).not.toMatch(/SECRET|Hidden/);
  });

  it('keeps the order and the aliases of the client, whatever their names', async () => {
    const text = '{ __proto__: text b: n a: product(id: 1) { id: name name: id note toString: __typename } }';
    const outcome = await run(text, {
      shop: () => ({
        __proto____client0: 'T',
        b: 1,
        a: { __typename: 'Product', id: '7', id__client0: 'N', name__client0: '7' },
      }),
      notes: (_, { representations }) => {
        expect(representations).toEqual([{ __typename: 'Product', id: '7' }]);
        return { _entities: [{ note: 'x' }] };
      },
    });
    expect(outcome.body).toBe(
      '{"data":{"__proto__":"T","b":1,"a":{"id":"N","name":"7","note":"x","toString":"Product"}}}',
    );
  });

  it('answers introspection beside data, and the type name without a fetch', async () => {
    const text =
      'query ($name: String!) { __typename s: __schema { queryType { name } } text t: __type(name: $name) { name } }';
    const outcome = await run(text, { shop: () => ({ text: 'x' }) }, { name: 'Hidden' });
    expect(outcome.body).toBe(
      '{"data":{"__typename":"Query","s":{"queryType":{"name":"Query"}},"text":"x","t":null}}',
    );
    const alone = await run('{ __typename }', {});
    expect(alone.body).toBe('{"data":{"__typename":"Query"}}');
  });

  it('looks again for the objects of a path when the tree has changed', async () => {
    const id = [
      { kind: 'Field', name: '__typename' },
      { kind: 'Field', name: 'id' },
    ];
    const entity = (path: string[], serviceName: string, field: string) => ({
      kind: 'Flatten',
      path,
      node: {
        kind: 'Fetch',
        serviceName,
        requires: [{ kind: 'InlineFragment', typeCondition: 'Product', selections: id }],
        operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on Product{${field}}}}`,
        operationKind: 'query',
      },
    });
    const root = {
      kind: 'Fetch',
      serviceName: 'shop',
      operation: '{product(id:1){__typename id}}',
      operationKind: 'query',
    };
    const other = entity(['product', 'other'], 'shop', 'name');
    const nodes = [root, other, entity(['product'], 'notes', 'other{__typename id}'), other];
    const queryPlan = {
      kind: 'QueryPlan',
      node: { kind: 'Sequence', nodes },
    } as Parameters<typeof compilePlan>[0]['queryPlan'];
    const document = parse('{ product(id: 1) { other { name } } }');
    const { schema, supergraphSchema } = planner;
    const operation = getOperationAST(document)!;
    const { body } = await compilePlan({ queryPlan, schema, supergraphSchema, document, operation }).execute({
      variables: {},
      signal: new AbortController().signal,
      fetch: async ({ subgraph, representations }) => {
        const found =
          subgraph === 'notes' ? { other: { __typename: 'Product', id: '2' } } : { name: 'Second' };
        const data = representations
          ? { _entities: [found] }
          : { product: { __typename: 'Product', id: '1' } };
        return { kind: 'answer', data, errors: [] };
      },
    });
    expect(body.toString()).toBe('{"data":{"product":{"other":{"name":"Second"}}}}');
  });

  it('does not touch data that another execution was given too', async () => {
    const data = Object.freeze({ product: Object.freeze(product('1')) });
    const other = Object.freeze({ other: Object.freeze({ __typename: 'Product', id: '2' }) });
    const compiled = compile(parse('{ product(id: 1) { name other { name } } }'));
    const fetch = async ({ subgraph, representations }: SubgraphRequest): Promise<SubgraphAnswer> => {
      if (representations === undefined) return { kind: 'answer', data, errors: [], shared: true };
      const entity = subgraph === 'shop' ? { name: 'Second' } : other;
      return { kind: 'answer', data: { _entities: [entity] }, errors: [], shared: true };
    };
    const { body } = await compiled.execute({ variables: {}, signal: new AbortController().signal, fetch });
    expect(body.toString()).toBe('{"data":{"product":{"name":"Product 1","other":{"name":"Second"}}}}');
  });
});

describe('the compiled plan', () => {
  it('says who answers what', () => {
    const compiled = compile(parse('{ t: text notes product(id: 1) { note } __typename }'));
    expect([...compiled.rootOwners]).toEqual([
      ['t', 'shop'],
      ['notes', 'notes'],
      ['product', 'shop'],
    ]);
    expect([...compiled.subgraphs].sort()).toEqual(['notes', 'shop']);
  });

  const refused = (queryPlan: Parameters<typeof compilePlan>[0]['queryPlan'], text = '{ text }'): unknown => {
    const document = parse(text);
    const { schema, supergraphSchema } = planner;
    try {
      return compilePlan({
        queryPlan,
        schema,
        supergraphSchema,
        document,
        operation: getOperationAST(document)!,
      });
    } catch (error) {
      return error instanceof GraphQLError ? error.extensions.code : error;
    }
  };

  it('is refused where a root field would be asked of nobody', () => {
    expect(refused({ kind: 'QueryPlan' })).toBe('PLAN_DROPS_ROOT_FIELD');
    expect(refused({ kind: 'QueryPlan' }, '{ __typename text @skip(if: true) }')).toMatchObject({
      subgraphs: [],
    });
    const contradiction = 'query ($a: Boolean!) { __typename text @skip(if: $a) @include(if: $a) }';
    expect(refused({ kind: 'QueryPlan' }, contradiction)).toMatchObject({ subgraphs: [] });
  });

  it('is refused with @defer', () => {
    const fetch = {
      kind: 'Fetch',
      serviceName: 'shop',
      operation: '{text}',
      operationName: undefined,
      operationKind: 'query',
    } as Parameters<typeof JSON.stringify>[0];
    expect(
      refused({
        kind: 'QueryPlan',
        node: { kind: 'Sequence', nodes: [fetch, { kind: 'Defer', primary: {}, deferred: [] }] },
      }),
    ).toBe('DEFER_NOT_SUPPORTED');
  });
});
