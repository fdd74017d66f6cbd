import type { EnrollmentResolvers } from '../__generated__/resolvers.ts';

export const enrollment: EnrollmentResolvers = {
  campaign: ({ campaignId }, _, { loaders }) => loaders.campaign.load(campaignId),
};
