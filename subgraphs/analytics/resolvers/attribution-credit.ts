import type { AttributionCreditResolvers } from '../__generated__/resolvers.ts';

export const attributionCredit: AttributionCreditResolvers = {
  campaign: ({ campaignId }) => (campaignId === null ? null : { id: campaignId }),
};
