import { compilePlan } from '#gateway/plan/index.ts';
import type { CompiledPlan } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { PreparedOperation } from './operation.ts';

/**
 * Stage 4: the compiled plan of an operation. A plan that is kept comes back as it is, without a promise; requests
 * that miss the same plan together wait for one making of it. A failure is not kept: the next request tries again.
 */
export function planOperation(
  generation: Generation,
  operation: PreparedOperation,
): CompiledPlan | Promise<CompiledPlan> {
  const { planKey } = operation;
  const kept = generation.plans.get(planKey);
  if (kept !== undefined) {
    return kept;
  }
  let making = generation.planning.get(planKey);
  if (making === undefined) {
    making = makePlan(generation, operation).finally(() => generation.planning.delete(planKey));
    generation.planning.set(planKey, making);
  }
  return making;
}

async function makePlan(generation: Generation, operation: PreparedOperation): Promise<CompiledPlan> {
  const { planner, plans } = generation;
  const { document, node, name, planKey } = operation;
  const queryPlan = await planner.plan(document, name);
  const { schema, supergraphSchema } = planner;
  const compiled = compilePlan({ queryPlan, schema, supergraphSchema, document, operation: node });
  plans.set(planKey, compiled);
  return compiled;
}
