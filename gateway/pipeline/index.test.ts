import { buildSchema, GraphQLError } from 'graphql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { closeScope, endScope, openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import { continueTrace } from '#gateway/fetching/trace.ts';
import { everybodyIsLocal } from '#gateway/identity/authenticator.ts';
import { createOperationRules } from '#gateway/limits/operation-rules.ts';
import { limitsWithDefaults } from '#gateway/options.ts';
import type { Planner } from '#gateway/plan/planner.ts';
import type { CompiledPlan } from '#gateway/plan/types.ts';
import { defaultAccess } from '#gateway/rights/access.ts';
import {
  createGeneration,
  type Generation,
  type GenerationPlanner,
  retire,
} from '#gateway/supergraph/generation.ts';
import { GatewayError } from './errors.ts';
import { runPipeline } from './index.ts';
import { type PreparedOperation, readOperation, type Served } from './operation.ts';
import { QueryPlanOutOfMemory, QueryPlanQueueFull, QueryPlanTimeout } from './operation-errors.ts';
import { planOperation } from './plan.ts';

const schema = buildSchema(
  'type Query { a: Int b: Int } type Mutation { d: Int } type Subscription { c: Int }',
);
/* The plan of an operation that asks no subgraph, from a planner of any supergraph. */
const queryPlan: ReturnType<Planner['plan']> = { kind: 'QueryPlan' };

type MakePlan = GenerationPlanner['plan'];

function createTestGeneration(plan: MakePlan = async () => queryPlan): Generation {
  const planner = { schema, supergraphSchema: schema, subgraphs: [], plan, close: async () => {} };
  const limits = limitsWithDefaults({ documents: 2, plans: 10 });
  const rules = createOperationRules(planner, limits);
  return createGeneration(
    {
      id: 'test',
      planner,
      access: defaultAccess,
      rules,
      persisted: { kind: 'any' },
      targets: new Map(),
      events: new Map(),
      joins: () => true,
      routes: () => undefined,
      restRoutes: [],
    },
    limits,
  );
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

function asking(query: string) {
  return { query, operationName: undefined, variables: undefined };
}

function run(generation: Generation, query: string, scope = createScope()) {
  const request = { scope, authorization: undefined, parameters: asking(query), allowsMutations: true };
  const { authenticate } = everybodyIsLocal;
  return runPipeline(
    { generation: () => generation, authenticate, signViewer: undefined, bus: undefined },
    request,
  );
}

function prime(generation: Generation, query: string, execute: CompiledPlan['execute']): PreparedOperation {
  const operation = readOperation(generation, asking(query), 'queries and mutations');
  const compiled = { rootOwners: new Map(), subgraphs: [], execute };
  generation.plans.set(operation.planKey, { compiled, operation, isVariant: false, uses: 0 });
  return operation;
}

describe('faults', () => {
  test('a fault of ours is masked, and whole for the log', async () => {
    const generation = createTestGeneration();
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
    const without = createTestGeneration(async () => {
      throw new GraphQLError('secret');
    });
    expect(await run(without, '{ a }')).toMatchObject({ error: { code: 'INTERNAL_SERVER_ERROR' } });
    const withCode = createTestGeneration(async () => {
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
    const generation = createTestGeneration();
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
    const generation = createTestGeneration();
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
    const answer = await run(createTestGeneration(), 'subscription { c }');
    expect(answer).toMatchObject({
      kind: 'refused',
      error: { code: 'SUBSCRIPTION_NOT_SERVED', status: 400 },
    });
  });

  test('each place serves its own kinds', () => {
    const generation = createTestGeneration();
    const refusal = (query: string, served: Served) => {
      try {
        return readOperation(generation, asking(query), served).node.operation;
      } catch (error) {
        return error instanceof GatewayError ? error.code : error;
      }
    };
    const kinds = ['{ a }', 'mutation { d }', 'subscription { c }'];
    expect(kinds.map((query) => refusal(query, 'queries'))).toEqual([
      'query',
      'MUTATION_OVER_GET',
      'SUBSCRIPTION_NOT_SERVED',
    ]);
    expect(kinds.map((query) => refusal(query, 'queries and mutations'))).toEqual([
      'query',
      'mutation',
      'SUBSCRIPTION_NOT_SERVED',
    ]);
    expect(kinds.map((query) => refusal(query, 'subscriptions'))).toEqual([
      'NOT_A_SUBSCRIPTION',
      'NOT_A_SUBSCRIPTION',
      'subscription',
    ]);
  });

  test('a subscription whose field depends on a variable is refused, and no fault', async () => {
    const generation = createTestGeneration();
    for (const text of [
      'subscription ($v: Boolean!) { c @include(if: $v) }',
      'subscription ($v: Boolean!) { ... @skip(if: $v) { c } }',
      'subscription ($v: Boolean!) { ...F } fragment F on Subscription { ...G @skip(if: $v) } fragment G on Subscription { c }',
      'subscription { c @skip(if: true) }',
      'subscription { c c2: c }',
    ]) {
      expect(await run(generation, text), text).toMatchObject({
        error: { code: 'GRAPHQL_VALIDATION_FAILED', kind: 'request' },
      });
    }
  });

  test('a document of fragments only is refused', async () => {
    const answer = await run(createTestGeneration(), 'fragment F on Query { a }');
    expect(answer).toMatchObject({ error: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  });
});

describe('plans', () => {
  test('requests that miss together wait for one plan', async () => {
    const plan = vi.fn<MakePlan>(async () => queryPlan);
    const generation = createTestGeneration(plan);
    const operation = readOperation(generation, asking('{ __typename }'), 'queries');
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
    const plan = vi.fn<MakePlan>(async () => queryPlan);
    const generation = createTestGeneration(plan);
    const query = 'query A { __typename } query B { __typename }';
    for (const operationName of ['A', 'B', 'A']) {
      await planOperation(
        generation,
        readOperation(generation, { ...asking(query), operationName }, 'queries'),
      );
    }
    expect(plan.mock.calls.map(([request]) => request.operationName)).toEqual(['A', 'B']);
  });

  test('a plan that could not be made is tried again', async () => {
    const plan = vi.fn<MakePlan>(async () => queryPlan).mockRejectedValueOnce(QueryPlanQueueFull(1));
    const generation = createTestGeneration(plan);
    const refused = { code: 'QUERY_PLAN_QUEUE_FULL', status: 503 };
    expect(await run(generation, '{ __typename }')).toMatchObject({ error: refused });
    expect(generation.planning.size).toBe(0);
    expect(await run(generation, '{ __typename }')).toMatchObject({ kind: 'executed' });
  });

  test.each([
    ['the planner refuses', new GraphQLError('too wide', { extensions: { code: 'TOO_WIDE' } }), 'TOO_WIDE'],
    ['took too long', QueryPlanTimeout('A', 5), 'QUERY_PLAN_TIMEOUT'],
    ['takes too much memory', QueryPlanOutOfMemory('A', 5), 'QUERY_PLAN_OUT_OF_MEMORY'],
  ])('an operation that %s is not planned again', async (_, refusal, code) => {
    const plan = vi.fn<MakePlan>(() => Promise.reject(refusal));
    const generation = createTestGeneration(plan);
    for (let times = 0; times < 3; times += 1) {
      expect(await run(generation, '{ __typename }')).toMatchObject({ error: { code, status: 400 } });
    }
    expect(plan).toHaveBeenCalledTimes(1);
    await run(generation, 'query Other { __typename }');
    expect(plan).toHaveBeenCalledTimes(2);
  });

  test('a request waits for its plan no longer than it lasts, and the plan is kept', async () => {
    const made = Promise.withResolvers<typeof queryPlan>();
    const generation = createTestGeneration(() => made.promise);
    const scope = createScope();
    const running = run(generation, '{ __typename }', scope);
    endScope(scope, 'deadline');
    expect(await running).toMatchObject({ error: { code: 'REQUEST_TIMEOUT', status: 504 } });
    made.resolve(queryPlan);
    const operation = readOperation(generation, asking('{ __typename }'), 'queries');
    expect(await planOperation(generation, operation)).toBe(planOperation(generation, operation));
    await vi.waitFor(() => expect(scope.underWay.size).toBe(0));
  });

  test('the uses of a plan are counted', async () => {
    const generation = createTestGeneration();
    for (let times = 0; times < 4; times += 1) {
      await run(generation, '{ __typename }');
    }
    const operation = readOperation(generation, asking('{ __typename }'), 'queries');
    expect(generation.plans.peek(operation.planKey)?.uses).toBe(3);
  });

  test('a request that ended while its plan was made is not executed', async () => {
    const scope = createScope();
    const generation = createTestGeneration(async () => {
      endScope(scope, 'deadline');
      return queryPlan;
    });
    const answer = await run(generation, '{ __typename }', scope);
    expect(answer).toMatchObject({ error: { code: 'REQUEST_TIMEOUT', status: 504 } });
  });
});

test('a generation that is retired waits for its leases', async () => {
  const generation = createTestGeneration();
  const { promise, resolve } = Promise.withResolvers<void>();
  prime(generation, '{ a }', async () => {
    await promise;
    return { body: Buffer.from('{}'), errors: [], dataIsNull: false };
  });
  const running = run(generation, '{ a }');
  const order: string[] = [];
  const retired = retire(generation, 5_000).then(() => order.push('retired'));
  resolve();
  await running.then(() => order.push('answered'));
  await retired;
  expect(order).toEqual(['answered', 'retired']);
});
