import { loadReference } from '#chassis/reference.ts';
import type { CampaignResolvers } from '../__generated__/resolvers.ts';

export const campaign: CampaignResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('Campaign', reference, { id: (id) => loaders.campaign.load(id) }),
  stats: (row) => row,
};
