import { permitFor } from '#gateway/rights/permit.ts';
import { lease, release } from '#gateway/supergraph/generation.ts';
import { unknownClient } from '#gateway/usage/client.ts';
import { authenticate } from './authenticate.ts';
import { execute } from './execute.ts';
import { checkCost, coerceVariables, type PreparedOperation, readOperation } from './operation.ts';
import { RequestTimeout } from './operation-errors.ts';
import { findDocument, keepDocument } from './persisted.ts';
import { planOperation, waitWithin } from './plan.ts';
import { refused } from './respond.ts';
import type { PipelineAnswer, PipelineParts, PipelineRequest, Viewer } from './types.ts';

/**
 * The way of a request, whichever transport it came by: authenticate → count → document → operation → variables → cost →
 * rights → plan → execute. What is answered is for `respond.ts` to say. A stage refuses by throwing a GatewayError;
 * anything else thrown is a fault of ours, masked for the client. The promise never rejects.
 *
 * Only a token that was not seen lately, what is counted elsewhere, a plan that is still to be made and the execution
 * are waited for.
 */
export async function runPipeline(parts: PipelineParts, request: PipelineRequest): Promise<PipelineAnswer> {
  const { scope, parameters } = request;
  const generation = lease(parts.generation());
  let viewer: Viewer | undefined;
  let operation: PreparedOperation | undefined;
  try {
    const asking = authenticate(parts, request);
    viewer = asking instanceof Promise ? await asking : asking;
    const counting = request.countViewer?.(viewer);
    if (counting) await counting;
    const query = findDocument(generation.persisted, request);
    const { operationName } = parameters;
    operation = readOperation(
      generation,
      { query, operationName },
      request.allowsMutations ? 'queries and mutations' : 'queries',
    );
    keepDocument(generation.persisted, parameters);
    const variables = coerceVariables(generation.rules, operation, parameters.variables);
    const cost = checkCost(generation.rules, operation, variables);
    const permit = permitFor(operation, viewer, variables);
    const planned = planOperation(generation, operation, permit.variant);
    const plan = planned instanceof Promise ? await waitWithin(scope, planned) : planned;
    if (scope.ended !== undefined) {
      throw RequestTimeout(scope.deadlineMs);
    }
    const result = await execute(
      generation,
      { viewer, operation, permit, plan },
      variables,
      request,
      parts.bus,
    );
    parts.recordUsage?.(generation.rules.schema, operation, {
      tenant: viewer.tenant,
      client: request.client ?? unknownClient,
      hasErrors: result.errors.length > 0,
    });
    return { kind: 'executed', viewer, operation, cost, plan, result };
  } catch (thrown) {
    return refused(thrown, scope.id, viewer, operation);
  } finally {
    release(generation);
  }
}
