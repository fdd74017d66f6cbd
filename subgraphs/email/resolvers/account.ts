import { loadReference } from '#chassis/reference.ts';
import type { AccountResolvers } from '../__generated__/resolvers.ts';

export const account: AccountResolvers = {
  // Which accounts there are is not ours to say: every id is taken.
  __resolveReference: (reference) => loadReference('Account', reference, { id: async (id) => ({ id }) }),
  emailEngagement: ({ id }, _, { loaders }) => loaders.engagementOfAccount.load(id),
};
