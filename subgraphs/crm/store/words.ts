import type { LeadStatus, LifecycleStage, OpportunityStage } from '../__generated__/resolvers.ts';

/** From the first touch on. */
export const lifecycleStages = [
  'SUBSCRIBER',
  'LEAD',
  'MARKETING_QUALIFIED',
  'SALES_QUALIFIED',
  'OPPORTUNITY',
  'CUSTOMER',
  'FORMER_CUSTOMER',
] as const satisfies LifecycleStage[];

export const leadStatuses = [
  'NEW',
  'WORKING',
  'QUALIFIED',
  'DISQUALIFIED',
  'CONVERTED',
] as const satisfies LeadStatus[];

/** In the order of a pipeline; the last two end it. */
export const opportunityStages = [
  'PROSPECTING',
  'ENGAGING',
  'PROPOSAL',
  'NEGOTIATION',
  'WON',
  'LOST',
] as const satisfies OpportunityStage[];
