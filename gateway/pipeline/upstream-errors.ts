import { subgraphFault } from '#gateway/plan/errors.ts';
import type { SubgraphError } from '#gateway/plan/types.ts';
import { defineError, GatewayError } from './errors.ts';

/* Subscriptions of subgraphs of their own, which the gateway passes through. */

export const SubscriptionUnavailable = defineError(
  'SUBSCRIPTION_UNAVAILABLE',
  502,
  'request',
  (subgraph: string) =>
    `Subgraph "${subgraph}" does not take the gateway's subscriptions: have its address for subscriptions and what it accepts checked.`,
);
export const UpstreamLimitExceeded = defineError(
  'UPSTREAM_LIMIT_EXCEEDED',
  503,
  'request',
  (limit: number) =>
    `${limit} connections for subscriptions of subgraphs are open already, the most that may: try again later.`,
  { headers: { 'retry-after': '10' } },
);
/** A subgraph ended a subscription with errors of its own: clients get its words and its code. */
export const SubscriptionRefused = (subgraph: string, given: readonly SubgraphError[]) => {
  const errors = given.map((error) => ({ path: error.path, ...subgraphFault(subgraph, error) }));
  const [first] = errors;
  const code = String(first?.extensions.code ?? 'SUBGRAPH_ERROR');
  const message = first?.message ?? `Subgraph "${subgraph}" ended the subscription without a reason.`;
  return new GatewayError({
    code,
    status: 502,
    kind: 'request',
    message,
    errors: errors.length > 0 ? errors : undefined,
  });
};
