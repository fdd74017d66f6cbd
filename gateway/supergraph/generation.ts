import type { QueryPlan } from '@apollo/query-planner';
import { LRUCache } from 'lru-cache';
import { closeTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import type { OperationRules } from '#gateway/limits/operation-rules.ts';
import type { GatewayLimits } from '#gateway/options.ts';
import type { PreparedDocument, PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { PersistedOperations } from '#gateway/pipeline/persisted.ts';
import type { Planner } from '#gateway/plan/planner.ts';
import type { CompiledPlan } from '#gateway/plan/types.ts';
import type { Access } from '#gateway/rights/access.ts';
import type { EventGraph } from '#gateway/subscriptions/types.ts';
import type { RestRoute } from '#gateway/transports/rest-route.ts';
import type { RouteTable } from '#gateway/transports/route-table.ts';
import type { PlanRequest } from './planning-messages.ts';

/** The schemas of a supergraph, and somebody who plans for it. */
export interface GenerationPlanner extends Omit<Planner, 'plan'> {
  /** See `Planning.plan`. */
  readonly plan: (request: PlanRequest) => Promise<QueryPlan>;
  readonly close: () => Promise<void>;
}

/** A compiled plan that is kept, and how often it was asked for. */
export interface KeptPlan {
  readonly compiled: CompiledPlan;
  readonly operation: PreparedOperation;
  /** True where it is for those who are denied some of the operation. */
  readonly isVariant: boolean;
  uses: number;
}

/**
 * A supergraph with everything that was made from it. Whatever depends on the schema lives here and nowhere else,
 * so that another supergraph is another generation and nothing has to be emptied.
 */
export interface Generation {
  /** The first 16 hex digits of the supergraph's SHA-256. */
  readonly id: string;
  readonly planner: GenerationPlanner;
  /** What viewers may, beyond the scopes of their tokens. */
  readonly access: Access;
  /** What documents are checked against. */
  readonly rules: OperationRules;
  /** What clients may ask, and what of it by hash. */
  readonly persisted: PersistedOperations;
  /** By document text. */
  readonly documents: LRUCache<string, PreparedDocument>;
  /** By `PreparedOperation.planKey`, or by that of a variant. */
  readonly plans: LRUCache<string, KeptPlan>;
  /** Operations that cannot be planned, by `PreparedOperation.planKey`, so that none is tried again and again. */
  readonly unplannable: LRUCache<string, Error>;
  /** Plans being made, so that requests that miss together wait for one. */
  readonly planning: Map<string, Promise<CompiledPlan>>;
  readonly targets: ReadonlyMap<string, SubgraphTarget>;
  /** Subgraphs that this gateway answers for itself, by name: they have no target. */
  readonly events: ReadonlyMap<string, EventGraph>;
  /** Whether plans join fetches of a subgraph. */
  readonly joins: (subgraph: string) => boolean;
  readonly routes: RouteTable;
  /** What the table was made of, by path. */
  readonly restRoutes: readonly RestRoute[];
  leases: number;
  /** Set once no new request may take it; called when the last lease ends. */
  onUnused: (() => void) | undefined;
}

const mostUnplannable = 1_000;

/** A generation with empty caches. */
export function createGeneration(
  parts: Pick<
    Generation,
    | 'id'
    | 'planner'
    | 'access'
    | 'rules'
    | 'persisted'
    | 'targets'
    | 'events'
    | 'joins'
    | 'routes'
    | 'restRoutes'
  >,
  limits: GatewayLimits,
): Generation {
  return {
    ...parts,
    documents: new LRUCache({
      max: limits.documents,
      maxSize: limits.documentCharacters,
      sizeCalculation: (_, text) => Math.max(1, text.length),
    }),
    plans: new LRUCache({
      max: limits.plans,
      maxSize: limits.planCharacters,
      sizeCalculation: (_, key) => key.length,
    }),
    unplannable: new LRUCache({
      max: mostUnplannable,
      maxSize: limits.planCharacters,
      sizeCalculation: (_, key) => key.length,
    }),
    planning: new Map(),
    leases: 0,
    onUnused: undefined,
  };
}

/** Takes a generation for the length of one request; `release` must follow. */
export function lease(generation: Generation): Generation {
  generation.leases += 1;
  return generation;
}

export function release(generation: Generation): void {
  generation.leases -= 1;
  if (generation.leases === 0) {
    generation.onUnused?.();
  }
}

/**
 * Ends a generation that no new request will take: waits for the leases, at most `patienceMs`, then ends its planning
 * and those of its connections that no other generation holds.
 */
export async function retire(generation: Generation, patienceMs: number): Promise<void> {
  if (generation.leases > 0) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      generation.onUnused = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  await Promise.all([generation.planner.close(), closeTargets(generation.targets)]);
}
