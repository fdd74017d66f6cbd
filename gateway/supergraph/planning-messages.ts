import type { PlannerOptions } from '#gateway/plan/planner.ts';
import type { SupergraphDescription } from './description.ts';

/** What a planning worker is started with. */
export interface WorkerInput {
  readonly supergraphSdl: string;
  readonly options: PlannerOptions;
}

/** One operation to plan; the document is valid. The next is sent once this one is answered. */
export interface PlanRequest {
  readonly text: string;
  readonly operationName: string | undefined;
}

/**
 * What a worker says. `ready` or `broken` come once, first; then one of the others for each request. Plans are JSON
 * text, as in a plan file, so that a plan is the same whichever way it came.
 */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly description: SupergraphDescription }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'planned'; readonly plan: string }
  | { readonly kind: 'refused'; readonly message: string; readonly code: string };
