import type { EnrollmentResolvers } from '../__generated__/resolvers.ts';
import { syncFields } from './sync.ts';

export const enrollment: EnrollmentResolvers = {
  campaign: ({ campaignId }, _, { loaders }) => loaders.campaign.load(campaignId),
  ...syncFields,
};
