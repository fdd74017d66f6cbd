import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { errorsOf, executionOver } from '#test/harness/execution.ts';
import type { PlanInput } from './types.ts';

const { run } = executionOver({
  shop: `
    type Query { product(id: ID!): Product products: [Product!]! strict: Product! text: String }
    type Product @key(fields: "id") { id: ID! name: String! weight: Int }
  `,
  stock:
    'type Product @key(fields: "id") { id: ID! left: Int! price(in: String): String place: Place } type Place { city: String }',
  notes: 'type Product @key(fields: "id") { id: ID! note: String other: Product }',
});

const product = (id: string, more: object = {}) => ({ __typename: 'Product', id, ...more });

type Node = Readonly<Record<string, unknown>>;

function fetchOf(serviceName: string, operation: string, more: object = {}): Node {
  // The operation is only text here, but it has to be one.
  parse(operation);
  return { kind: 'Fetch', serviceName, operation, operationKind: 'query', variableUsages: [], ...more };
}

function entityFetch(serviceName: string, selection: string, variables = '', more: object = {}): Node {
  const selections = ['__typename', 'id'].map((name) => ({ kind: 'Field', name }));
  return fetchOf(
    serviceName,
    `query($representations:[_Any!]!${variables}){_entities(representations:$representations){...on Product{${selection}}}}`,
    { requires: [{ kind: 'InlineFragment', typeCondition: 'Product', selections }], ...more },
  );
}

const at = (path: string[], node: Node): Node => ({ kind: 'Flatten', path, node });

function planOf(...nodes: Node[]): { queryPlan: PlanInput['queryPlan'] } {
  return {
    queryPlan: { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } } as unknown as PlanInput['queryPlan'],
  };
}

describe('variables of a fetch', () => {
  const answers = {
    shop: () => ({ product: product('1') }),
    stock: () => ({ _entities: [{ price: '9', toString: '9' }] }),
  };
  const text = 'query ($toString: String) { product(id: 1) { price(in: $toString) } }';

  it('are sent as null where they are null', async () => {
    const { requests } = await run(text, answers, { toString: null });
    expect(requests[1]?.variables).toBe('"toString":null');
  });

  it('are not sent where they are absent, whatever they are called', async () => {
    const { requests } = await run(text, answers);
    expect(requests[1]?.variables).toBe('');
  });
});

describe('an argument from context', () => {
  const contextRewrites = [{ kind: 'KeyRenamer', path: ['..', 'weight'], renameKeyTo: 'c' }];
  const prices = at(
    ['products', '@', 'other'],
    entityFetch('stock', 'price(in:$c)', ' $c:String', { contextRewrites, variableUsages: ['c'] }),
  );
  const root = fetchOf('shop', '{products{__typename id weight}}');
  const text = 'query ($c: String) { products { weight other { price } } }';
  const other = () => ({ other: product('9') });
  const answers = {
    shop: () => ({ products: [product('1', { weight: 10 }), product('1', { weight: 20 })] }),
    stock: (_: unknown, { c }: Record<string, unknown>) => ({ _entities: [{ price: `at ${c}` }] }),
  };
  const expected = [
    { weight: 10, other: { price: 'at 10' } },
    { weight: 20, other: { price: 'at 20' } },
  ];

  it('gives one entity different values at different places', async () => {
    const { queryPlan } = planOf(
      root,
      at(['products', '@'], entityFetch('notes', 'other{__typename id}')),
      prices,
    );
    const notes = () => ({ _entities: [other()] });
    const outcome = await run(text, { ...answers, notes }, { c: 'the client’s' }, { queryPlan });
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['shop', 'notes', 'stock', 'stock']);
    expect(outcome.response.data).toEqual({ products: expected });
    expect(outcome.requests[2]?.variables).toBe('"c":10');
  });

  it('does so beneath fields of a root type that stands at several places', async () => {
    const { queryPlan } = planOf(
      root,
      at(['products', '@'], fetchOf('notes', '{other{__typename id}}')),
      prices,
    );
    const outcome = await run(text, { ...answers, notes: other }, {}, { queryPlan });
    expect(outcome.requests.map(({ subgraph }) => subgraph)).toEqual(['shop', 'notes', 'stock', 'stock']);
    expect(outcome.response.data).toEqual({ products: expected });
  });
});

describe('a fetch of root fields', () => {
  it('is not made where there is no place for them', async () => {
    const { queryPlan } = planOf(
      fetchOf('shop', '{product(id:1){__typename id}}'),
      at(['product'], fetchOf('notes', '{note}')),
    );
    const outcome = await run(
      '{ product(id: 1) { note } }',
      { shop: () => ({ product: null }) },
      {},
      { queryPlan },
    );
    expect(outcome.requests).toHaveLength(1);
  });

  it('that answers null as a whole has the errors that tell why', async () => {
    const outcome = await run('{ text strict { name } }', {
      shop: () => ({ data: null, errors: [{ message: 'no name', path: ['strict', 'name'] }] }),
    });
    expect(outcome.response.data).toBeNull();
    expect(errorsOf(outcome)).toEqual([['["strict","name"]', 'SUBGRAPH_ERROR']]);
  });
});

describe('an error that explains no null', () => {
  const shop = () => ({ products: [product('1'), product('2')] });

  it('shows at its own places', async () => {
    const outcome = await run('{ products { note } }', {
      shop,
      notes: () => ({
        data: { _entities: [{ note: 'a' }, { note: 'b' }] },
        errors: [{ message: 'late', path: ['_entities', 1, 'note'] }],
      }),
    });
    expect(outcome.response.data).toEqual({ products: [{ note: 'a' }, { note: 'b' }] });
    expect(errorsOf(outcome)).toEqual([['["products",1,"note"]', 'SUBGRAPH_ERROR']]);
  });

  it('and is of an entity that was not asked for shows at the place of the fetch', async () => {
    const outcome = await run('{ products { note } }', {
      shop,
      notes: () => ({
        data: { _entities: [{ note: 'a' }, { note: 'b' }] },
        errors: [{ message: 'lost', path: ['_entities', 2, 'note'] }],
      }),
    });
    expect(errorsOf(outcome)).toEqual([['["products"]', 'SUBGRAPH_ERROR']]);
  });
});

describe('an error that took its entity with it', () => {
  const answers = (key: string) => ({
    shop: () => ({ product: product('1') }),
    stock: () => ({
      data: { _entities: [null] },
      errors: [{ message: 'none', path: ['_entities', 0, key] }],
    }),
  });

  it('shows once, at its own path', async () => {
    const outcome = await run('{ product(id: 1) { price place { city } left } }', answers('left'));
    expect(outcome.response.data).toEqual({ product: null });
    expect(errorsOf(outcome)).toEqual([['["product","left"]', 'SUBGRAPH_ERROR']]);
  });

  it('shows at what is missing where its own path is none that the client asked for', async () => {
    const outcome = await run('{ product(id: 1) { price place { city } } }', answers('left'));
    expect(outcome.response.data).toEqual({ product: { price: null, place: null } });
    expect(errorsOf(outcome)?.map(([path]) => path)).toEqual(['["product","price"]', '["product","place"]']);
  });
});
