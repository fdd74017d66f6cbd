import type { TouchResolvers } from '../__generated__/resolvers.ts';

export const touch: TouchResolvers = {
  campaign: ({ campaignId }) => (campaignId === null ? null : { id: campaignId }),
};
