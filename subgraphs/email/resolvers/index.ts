import { scalars } from '#chassis/scalars.ts';
import type { Resolvers } from '../__generated__/resolvers.ts';
import { mutation } from '../mutations/index.ts';
import { account } from './account.ts';
import { campaign } from './campaign.ts';
import { contact } from './contact.ts';
import { enrollment } from './enrollment.ts';
import { query } from './query.ts';
import { suppression } from './suppression.ts';

export const resolvers: Resolvers = {
  DateTime: scalars.DateTime,
  Query: query,
  Mutation: mutation,
  Account: account,
  Campaign: campaign,
  Contact: contact,
  Enrollment: enrollment,
  Suppression: suppression,
};
