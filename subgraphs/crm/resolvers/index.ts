import { scalars } from '#chassis/scalars.ts';
import type { Resolvers } from '../__generated__/resolvers.ts';
import { mutation } from '../mutations/index.ts';
import { account } from './account.ts';
import { contact } from './contact.ts';
import { lead } from './lead.ts';
import { opportunity } from './opportunity.ts';
import { pipelineRow } from './pipeline-row.ts';
import { query } from './query.ts';
import { user } from './user.ts';

export const resolvers: Resolvers = {
  ...scalars,
  Query: query,
  Mutation: mutation,
  Account: account,
  Contact: contact,
  Lead: lead,
  Opportunity: opportunity,
  PipelineRow: pipelineRow,
  User: user,
};
