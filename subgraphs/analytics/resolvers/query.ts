import { maxPageSize } from '#chassis/connection.ts';
import { clientError } from '#chassis/errors.ts';
import type { QueryResolvers } from '../__generated__/resolvers.ts';

export const query: QueryResolvers = {
  channelPerformance: async (_, { window }, { warehouse, tenant, signal }) => {
    const performance = await warehouse.channelPerformance(tenant, window, signal);
    return performance && { window, ...performance };
  },
  mostActiveAccounts: async (_, { window, first }, { warehouse, tenant, signal }) => {
    if (first < 1 || first > maxPageSize) {
      throw clientError('INVALID_ARGUMENT', `first must be between 1 and ${maxPageSize}, not ${first}.`, {
        argument: 'first',
      });
    }
    const active = await warehouse.mostActiveAccounts(tenant, window, first, signal);
    return active && { window, ...active };
  },
};
