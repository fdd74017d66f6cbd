import type { GraphQLSchema } from 'graphql';
import type { RightsModel } from '#gateway/rights/rights-model.ts';
import { type CostModel, createCostModel } from './cost-model.ts';
import type { OperationLimits } from './operation-limits.ts';

/** What a document is checked against: a schema, the limits, and the costs that the supergraph declares. */
export interface OperationRules {
  /** The API schema that clients see. */
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits;
  /** Undefined where no cost is estimated. */
  readonly costs: CostModel | undefined;
  /** Undefined where the supergraph requires no rights. */
  readonly rights?: RightsModel | undefined;
}

/** Makes the rules of a supergraph, once for all of its documents. */
export function createOperationRules(
  schemas: { readonly schema: GraphQLSchema; readonly supergraphSchema: GraphQLSchema },
  limits: OperationLimits,
): OperationRules {
  const { schema, supergraphSchema } = schemas;
  const costs =
    limits.cost === false ? undefined : createCostModel(schema, supergraphSchema, limits.assumedListSize);
  return { schema, limits, costs };
}
