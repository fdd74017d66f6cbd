import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { assignAccountOwner } from './assign-account-owner.ts';
import { assignLeadOwner } from './assign-lead-owner.ts';
import { createLead } from './create-lead.ts';
import { moveOpportunityStage } from './move-opportunity-stage.ts';
import { updateLeadStatus } from './update-lead-status.ts';

export const mutation: MutationResolvers = {
  createLead,
  updateLeadStatus,
  assignLeadOwner,
  assignAccountOwner,
  moveOpportunityStage,
};
