import {
  DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES,
  operationFromDocument,
  Supergraph,
} from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql';
import { curePlan } from './cure-plan.ts';
import { planningDocument } from './planning-document.ts';
import { prepareSupergraph } from './prepare-supergraph.ts';

// Apollo's packages report usage home unless told not to.
process.env.APOLLO_TELEMETRY_DISABLED ??= '1';

/**
 * Features that this gateway executes beyond those of stock `@apollo/gateway`. The planner itself ignores the access
 * directives: `gateway/rights` takes what they deny out of the operations that are planned.
 */
const SUPPORTED_FEATURES = new Set([
  ...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES,
  'https://specs.apollo.dev/authenticated/v0.1',
  'https://specs.apollo.dev/requiresScopes/v0.1',
  'https://specs.apollo.dev/policy/v0.1',
  'https://specs.apollo.dev/context/v0.1',
  'https://specs.apollo.dev/cost/v0.1',
]);

/** How the planner says that an operation reached a limit: of `pathsLimit`, or one of its own. Each names it. */
const PLANNER_LIMITS = /^(Too many options generated|Number of non-local selections exceeds)/;

export interface PlannerOptions {
  /** Most paths the planner may hold open for one field before it refuses the operation. Default 10,000. */
  readonly pathsLimit?: number;
  /** Most combinations of paths the planner compares for one operation. Default 10,000. */
  readonly maxEvaluatedPlans?: number;
}

export interface Planner {
  /** The API schema that clients see. */
  readonly schema: GraphQLSchema;
  /** The whole supergraph schema, with what `@inaccessible` hides and the join directives. */
  readonly supergraphSchema: GraphQLSchema;
  /** Names and URLs of the subgraphs as composed. */
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
  /**
   * Plans one operation of a document that was validated against `schema`. Throws a GraphQLError
   * (`QUERY_PLAN_TOO_COMPLEX` where a limit of the planner is reached, `OPERATION_NOT_PLANNABLE` where the planner
   * gives no code of its own).
   */
  readonly plan: (document: DocumentNode, operationName?: string) => QueryPlan;
}

/**
 * Reads a supergraph and makes its planner. The query graph, by far the most expensive part, is built at the
 * first call of `plan`, so that a thread that only executes never pays for it.
 *
 * Throws a GraphQLError where the text is not a supergraph or needs a feature that is not supported.
 */
export function createPlanner(supergraphSdl: string, options: PlannerOptions = {}): Planner {
  const supergraph = buildSupergraph(supergraphSdl);
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema();
  const schema = supergraph.apiSchema().toGraphQLJSSchema();
  let plan: Planner['plan'] | undefined;
  return {
    schema,
    supergraphSchema,
    subgraphs: supergraph.subgraphsMetadata(),
    plan(document, operationName) {
      plan ??= createPlanFunction(supergraphSdl, schema, supergraphSchema, options);
      return plan(document, operationName);
    },
  };
}

function createPlanFunction(
  supergraphSdl: string,
  schema: GraphQLSchema,
  supergraphSchema: GraphQLSchema,
  options: PlannerOptions,
): Planner['plan'] {
  const prepared = prepareSupergraph(supergraphSdl);
  // Stand-ins can leave an external field without a use, which the validation of subgraphs would refuse.
  const supergraph = buildSupergraph(prepared.sdl, prepared.standIns.size === 0);
  const apiSchema = supergraph.apiSchema();
  const queryPlanner = new QueryPlanner(supergraph, {
    reuseQueryFragments: false,
    debug: {
      pathsLimit: options.pathsLimit ?? 10_000,
      maxEvaluatedPlans: options.maxEvaluatedPlans ?? 10_000,
    },
  });
  return (document, operationName) => {
    try {
      const planned = planningDocument(document, schema, supergraphSchema);
      const operation = operationFromDocument(apiSchema, planned, { operationName });
      return curePlan(queryPlanner.buildQueryPlan(operation), prepared);
    } catch (error) {
      if (error instanceof GraphQLError && error.extensions.code) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (PLANNER_LIMITS.test(reason)) {
        throw new GraphQLError(`The operation is too complex to plan, ask for less at once: ${reason}.`, {
          extensions: { code: 'QUERY_PLAN_TOO_COMPLEX' },
        });
      }
      throw new GraphQLError(`The operation cannot be planned: ${reason}`, {
        extensions: { code: 'OPERATION_NOT_PLANNABLE' },
        originalError: error instanceof Error ? error : undefined,
      });
    }
  };
}

function buildSupergraph(sdl: string, validateSupergraph = true): Supergraph {
  return Supergraph.build(sdl, { supportedFeatures: SUPPORTED_FEATURES, validateSupergraph });
}
