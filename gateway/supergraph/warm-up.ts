import type { Logger } from 'pino';
import { type PreparedOperation, prepareDocument } from '#gateway/pipeline/operation.ts';
import { keepPlan, planOperation } from '#gateway/pipeline/plan.ts';
import type { RestRoute } from '#gateway/transports/rest-route.ts';
import type { Generation } from './generation.ts';
import type { KnownPlan } from './plan-file.ts';
import type { OperationFile } from './sources.ts';

/** What a warm-up needs to know besides the generation. */
export interface WarmUp {
  readonly log: Logger;
  /** Aborted when nobody wants the generation any more. */
  readonly signal: AbortSignal;
}

/** Longest time for the operations that were hot in the previous generation. */
const hottestMs = 30_000;

/** Compiles the plans of a plan file, as many as are kept. One that does not fit is said in the log and left out. */
export async function warmWithPlans(
  generation: Generation,
  plans: readonly KnownPlan[],
  { log, signal }: WarmUp,
): Promise<void> {
  for (const { text, operationName, plan } of plans.slice(0, generation.plans.max)) {
    signal.throwIfAborted();
    try {
      const operation = operationsOf(generation, text).find((one) => one.name === operationName);
      if (operation !== undefined) {
        keepPlan(generation, operation, plan);
      }
    } catch (error) {
      log.warn({ operation: operationName, err: error }, 'a plan of the plan file cannot be used');
    }
    await breathe();
  }
}

/**
 * Plans the operations of REST routes.
 * @throws Error that names the file of an operation that cannot be planned.
 */
export async function warmWithRoutes(
  generation: Generation,
  routes: readonly RestRoute[],
  { signal }: WarmUp,
): Promise<void> {
  for (const { file, document, operation } of routes) {
    signal.throwIfAborted();
    try {
      operationsOf(generation, document);
      await planOperation(generation, operation);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The operation of ${file} cannot be planned: ${reason}`, { cause: error });
    }
  }
}

/** Plans known operations. One that does not fit the supergraph is said in the log. */
export async function warmWithOperations(
  generation: Generation,
  operations: readonly OperationFile[],
  { log, signal }: WarmUp,
): Promise<void> {
  for (const { file, text } of operations) {
    signal.throwIfAborted();
    try {
      for (const operation of operationsOf(generation, text)) {
        await planOperation(generation, operation);
      }
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ file, err: error }, 'an operation of the operations folder cannot be served');
    }
  }
}

/**
 * Plans the operations that the previous generation was asked for most, `most` of them. What no longer fits is left
 * out: its clients will be told why. They start with half of their uses, so that the order outlives a reload but not
 * many.
 */
export async function warmWithHottest(
  generation: Generation,
  previous: Generation,
  most: number,
  { signal }: WarmUp,
): Promise<void> {
  const hottest = [...previous.plans.values()]
    .filter(({ isVariant }) => !isVariant)
    .sort((one, other) => other.uses - one.uses)
    .slice(0, most);
  const end = performance.now() + hottestMs;
  for (const { operation, uses } of hottest) {
    signal.throwIfAborted();
    if (performance.now() > end) {
      return;
    }
    try {
      const found = operationsOf(generation, operation.text).find((one) => one.name === operation.name);
      if (found !== undefined) {
        await planOperation(generation, found);
        const kept = generation.plans.peek(found.planKey);
        if (kept !== undefined) {
          kept.uses = Math.floor(uses / 2);
        }
      }
    } catch {
      /* Kept with the generation: as a refused document, or as an operation that cannot be planned. */
    }
    await breathe();
  }
}

/**
 * The operations of a document, which is kept.
 * @throws GatewayError when it is refused.
 */
function operationsOf(generation: Generation, text: string): readonly PreparedOperation[] {
  let prepared = generation.documents.get(text);
  if (prepared === undefined) {
    prepared = prepareDocument(generation.rules, text);
    generation.documents.set(text, prepared);
  }
  if (prepared.kind === 'invalid') {
    throw prepared.error;
  }
  return prepared.operations;
}

/** Lets requests in between. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
