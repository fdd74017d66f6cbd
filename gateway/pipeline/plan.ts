import { GraphQLError } from 'graphql';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { compilePlan } from '#gateway/plan/index.ts';
import type { CompiledPlan, PlanInput } from '#gateway/plan/types.ts';
import type { PlanVariant } from '#gateway/rights/variant.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import { GatewayError } from './errors.ts';
import type { PreparedOperation } from './operation.ts';
import { RequestTimeout } from './operation-errors.ts';

/**
 * Stage 7: the compiled plan of an operation, or of the variant that the viewer gets. A plan that is kept comes back as
 * it is, without a promise; requests that miss the same plan together wait for one making of it. What the operation
 * itself is refused for is kept as well and thrown again; after any other failure the next request tries again.
 */
export function planOperation(
  generation: Generation,
  operation: PreparedOperation,
  variant?: PlanVariant,
): CompiledPlan | Promise<CompiledPlan> {
  const { planKey } = variant ?? operation;
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
    making = makePlan(generation, operation, variant).finally(() => generation.planning.delete(planKey));
    generation.planning.set(planKey, making);
  }
  return making;
}

/**
 * Waits for a viewer or a plan, but no longer than the request lasts. It is made to its end in any case: whoever asks
 * again will want it.
 * @throws GatewayError `REQUEST_TIMEOUT`, or what the making throws.
 */
export function waitWithin<Made>(scope: RequestScope, making: Promise<Made>): Promise<Made> {
  return new Promise((resolve, reject) => {
    const waiter = { cancel: () => reject(RequestTimeout(scope.deadlineMs)) };
    scope.underWay.add(waiter);
    making.then(resolve, reject).finally(() => scope.underWay.delete(waiter));
  });
}

async function makePlan(
  generation: Generation,
  operation: PreparedOperation,
  variant: PlanVariant | undefined,
): Promise<CompiledPlan> {
  const { text, planKey } = variant ?? operation;
  try {
    const queryPlan =
      text === undefined
        ? ({ kind: 'QueryPlan' } as const)
        : await generation.planner.plan({ text, operationName: operation.name });
    return keepPlan(generation, operation, queryPlan, variant);
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
  variant?: PlanVariant,
): CompiledPlan {
  const { schema, supergraphSchema } = generation.planner;
  const { document, node } = operation;
  const { joins } = generation;
  const compiled = compilePlan({
    queryPlan,
    schema,
    supergraphSchema,
    document,
    operation: node,
    joins,
    planned: variant?.planned,
    denials: variant?.denials,
  });
  const { planKey } = variant ?? operation;
  generation.plans.set(planKey, { compiled, operation, isVariant: variant !== undefined, uses: 0 });
  return compiled;
}

/** Whether it is the operation that is at fault, which will be at fault the next time too. */
function isLasting(error: unknown): error is Error {
  return error instanceof GatewayError
    ? error.status < 500
    : error instanceof GraphQLError && typeof error.extensions.code === 'string';
}
