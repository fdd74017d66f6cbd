import { buildSchema, GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { closeScope, endScope, openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import { continueTrace } from '#gateway/fetching/trace.ts';
import type { Planner } from '#gateway/plan/planner.ts';
import type { CompiledPlan } from '#gateway/plan/types.ts';
import { type Generation, retire } from '#gateway/supergraph/generation.ts';
import { runPipeline } from './index.ts';
import { type PreparedOperation, readOperation } from './operation.ts';
import { planOperation } from './plan.ts';
import type { GraphQLParameters } from './types.ts';

const schema = buildSchema('type Query { a: Int b: Int } type Subscription { c: Int }');
/* The plan of an operation that asks no subgraph, from a planner of any supergraph. */
const queryPlan: ReturnType<Planner['plan']> = { kind: 'QueryPlan' };

function createGeneration(plan: Planner['plan'] = () => queryPlan): Generation {
  return {
    id: 'test',
    planner: { schema, supergraphSchema: schema, subgraphs: [], plan },
    documents: new LRUCache({ max: 2 }),
    plans: new LRUCache({ max: 10 }),
    planning: new Map(),
    targets: new Map(),
    leases: 0,
    onUnused: undefined,
  };
}

const scopes: RequestScope[] = [];
function createScope(): RequestScope {
  const trace = continueTrace(undefined, undefined);
  const scope = openScope({ id: 'request-1', trace, deadlineMs: 1_000, recordsFetches: false });
  scopes.push(scope);
  return scope;
}
afterEach(() => {
  scopes.splice(0).forEach(closeScope);
});

function asking(query: string): GraphQLParameters {
  return { query, operationName: undefined, variables: undefined };
}

function run(generation: Generation, query: string, scope = createScope()) {
  const request = { scope, parameters: asking(query), allowsMutations: true };
  return runPipeline({ generation: () => generation }, request);
}

function prime(generation: Generation, query: string, execute: CompiledPlan['execute']): PreparedOperation {
  const operation = readOperation(generation, asking(query), true);
  generation.plans.set(operation.planKey, { rootOwners: new Map(), subgraphs: [], execute });
  return operation;
}

describe('faults', () => {
  test('a fault of ours is masked, and whole for the log', async () => {
    const generation = createGeneration();
    const fault = new TypeError('cannot read the secret');
    prime(generation, '{ a }', () => Promise.reject(fault));
    const answer = await run(generation, '{ a }');
    expect(answer).toMatchObject({ kind: 'refused', error: { kind: 'internal', status: 500, cause: fault } });
    const shown = JSON.stringify(answer.kind === 'refused' && answer.error.errors);
    expect(shown).toContain('request-1');
    expect(shown).toContain('INTERNAL_SERVER_ERROR');
    expect(shown).not.toContain('secret');
  });

  test('a GraphQLError without a code is a fault, one with a code is for the client', async () => {
    const without = createGeneration(() => {
      throw new GraphQLError('secret');
    });
    expect(await run(without, '{ a }')).toMatchObject({ error: { code: 'INTERNAL_SERVER_ERROR' } });
    const withCode = createGeneration(() => {
      throw new GraphQLError('too wide', { extensions: { code: 'OPERATION_TOO_WIDE' } });
    });
    expect(await run(withCode, '{ a }')).toMatchObject({
      error: {
        kind: 'request',
        status: 400,
        errors: [{ message: 'too wide', extensions: { code: 'OPERATION_TOO_WIDE' } }],
      },
    });
  });

  test('the generation is given back, whatever happens', async () => {
    const generation = createGeneration();
    let during = 0;
    prime(generation, '{ a }', async () => {
      during = generation.leases;
      throw new Error('fault');
    });
    await run(generation, '{ a }');
    await run(generation, '{ syntax');
    expect([during, generation.leases]).toEqual([1, 0]);
  });
});

describe('operations', () => {
  test('a document is parsed and validated once, whether it is valid or not', async () => {
    const generation = createGeneration();
    for (const text of ['{ a }', '{ nothing }', '{ syntax']) {
      await run(generation, text);
      const kept = generation.documents.get(text);
      await run(generation, text);
      expect(kept).toBeDefined();
      expect(generation.documents.get(text)).toBe(kept);
    }
    expect(generation.documents.size).toBe(2);
  });

  test('a subscription is refused', async () => {
    const answer = await run(createGeneration(), 'subscription { c }');
    expect(answer).toMatchObject({
      kind: 'refused',
      error: { code: 'SUBSCRIPTION_NOT_SERVED', status: 400 },
    });
  });

  test('a document of fragments only is refused', async () => {
    const answer = await run(createGeneration(), 'fragment F on Query { a }');
    expect(answer).toMatchObject({ error: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  });
});

describe('plans', () => {
  test('requests that miss together wait for one plan', async () => {
    const plan = vi.fn<Planner['plan']>(() => queryPlan);
    const generation = createGeneration(plan);
    const operation = readOperation(generation, asking('{ __typename }'), true);
    const [first, second] = await Promise.all([
      planOperation(generation, operation),
      planOperation(generation, operation),
    ]);
    expect(plan).toHaveBeenCalledTimes(1);
    expect(first).toBe(second);
    expect(planOperation(generation, operation)).toBe(first);
    expect(generation.planning.size).toBe(0);
  });

  test('each operation of a document has a plan of its own', async () => {
    const plan = vi.fn<Planner['plan']>(() => queryPlan);
    const generation = createGeneration(plan);
    const query = 'query A { __typename } query B { __typename }';
    for (const operationName of ['A', 'B', 'A']) {
      await planOperation(generation, readOperation(generation, { ...asking(query), operationName }, true));
    }
    expect(plan.mock.calls.map(([, name]) => name)).toEqual(['A', 'B']);
  });

  test('a plan that could not be made is tried again', async () => {
    const plan = vi
      .fn<Planner['plan']>(() => queryPlan)
      .mockImplementationOnce(() => {
        throw new GraphQLError('for once', { extensions: { code: 'X' } });
      });
    const generation = createGeneration(plan);
    expect(await run(generation, '{ __typename }')).toMatchObject({ error: { code: 'X' } });
    expect(generation.planning.size).toBe(0);
    expect(await run(generation, '{ __typename }')).toMatchObject({ kind: 'executed' });
  });

  test('a request that ended while its plan was made is not executed', async () => {
    const scope = createScope();
    const generation = createGeneration(() => {
      endScope(scope, 'deadline');
      return queryPlan;
    });
    const answer = await run(generation, '{ __typename }', scope);
    expect(answer).toMatchObject({ error: { code: 'REQUEST_TIMEOUT', status: 504 } });
  });
});

test('a generation that is retired waits for its leases', async () => {
  const generation = createGeneration();
  const { promise, resolve } = Promise.withResolvers<void>();
  prime(generation, '{ a }', async () => {
    await promise;
    return { body: '{}', errors: [], dataIsNull: false };
  });
  const running = run(generation, '{ a }');
  const order: string[] = [];
  const retired = retire(generation, 5_000).then(() => order.push('retired'));
  resolve();
  await running.then(() => order.push('answered'));
  await retired;
  expect(order).toEqual(['answered', 'retired']);
});
