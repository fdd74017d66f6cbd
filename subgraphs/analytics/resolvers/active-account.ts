import type { ActiveAccountResolvers } from '../__generated__/resolvers.ts';

export const activeAccount: ActiveAccountResolvers = {
  account: ({ accountId }) => ({ id: accountId }),
};
