import { scalars } from '#chassis/scalars.ts';
import type { Resolvers } from '../__generated__/resolvers.ts';
import { mutation } from '../mutations/index.ts';
import { account } from './account.ts';
import { activeAccount } from './active-account.ts';
import { attributionCredit } from './attribution-credit.ts';
import { lead } from './lead.ts';
import { query } from './query.ts';
import { touch } from './touch.ts';

export const resolvers: Resolvers = {
  ...scalars,
  Query: query,
  Mutation: mutation,
  Account: account,
  ActiveAccount: activeAccount,
  AttributionCredit: attributionCredit,
  Lead: lead,
  Touch: touch,
};
