import { GraphQLError } from 'graphql';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { compilePlan } from '#gateway/plan/index.ts';
import type { CompiledPlan, PlanInput } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import { GatewayError, RequestTimeout } from './errors.ts';
import type { PreparedOperation } from './operation.ts';

/**
 * Stage 6: the compiled plan of an operation. A plan that is kept comes back as it is, without a promise; requests
 * that miss the same plan together wait for one making of it. What the operation itself is refused for is kept as
 * well and thrown again; after any other failure the next request tries again.
 */
export function planOperation(
  generation: Generation,
  operation: PreparedOperation,
): CompiledPlan | Promise<CompiledPlan> {
  const { planKey } = operation;
  const kept = generation.plans.get(planKey);
  if (kept !== undefined) {
    kept.uses += 1;
    return kept.compiled;
  }
  const refusal = generation.unplannable.get(planKey);
  if (refusal !== undefined) {
    throw refusal;
  }
  let making = generation.planning.get(planKey);
  if (making === undefined) {
    making = makePlan(generation, operation).finally(() => generation.planning.delete(planKey));
    generation.planning.set(planKey, making);
  }
  return making;
}

/**
 * Waits for a plan, but no longer than the request lasts. The plan is made to its end in any case: whoever asks again
 * will want it.
 * @throws GatewayError `REQUEST_TIMEOUT`, or what the making of the plan throws.
 */
export function planWithin(scope: RequestScope, making: Promise<CompiledPlan>): Promise<CompiledPlan> {
  return new Promise((resolve, reject) => {
    const waiter = { cancel: () => reject(RequestTimeout(scope.deadlineMs)) };
    scope.underWay.add(waiter);
    making.then(resolve, reject).finally(() => scope.underWay.delete(waiter));
  });
}

async function makePlan(generation: Generation, operation: PreparedOperation): Promise<CompiledPlan> {
  const { text, name, planKey } = operation;
  try {
    const queryPlan = await generation.planner.plan({ text, operationName: name });
    return keepPlan(generation, operation, queryPlan);
  } catch (error) {
    if (isLasting(error)) {
      generation.unplannable.set(planKey, error);
    }
    throw error;
  }
}

/**
 * Compiles a plan and keeps it, wherever it was made.
 * @throws GraphQLError as `compilePlan` does.
 */
export function keepPlan(
  generation: Generation,
  operation: PreparedOperation,
  queryPlan: PlanInput['queryPlan'],
): CompiledPlan {
  const { schema, supergraphSchema } = generation.planner;
  const { document, node, planKey } = operation;
  const { joins } = generation;
  const compiled = compilePlan({ queryPlan, schema, supergraphSchema, document, operation: node, joins });
  generation.plans.set(planKey, { compiled, operation, uses: 0 });
  return compiled;
}

/** Whether it is the operation that is at fault, which will be at fault the next time too. */
function isLasting(error: unknown): error is Error {
  return error instanceof GatewayError
    ? error.status < 500
    : error instanceof GraphQLError && typeof error.extensions.code === 'string';
}
