import type { QueryResolvers } from '../__generated__/resolvers.ts';

export const query: QueryResolvers = {
  purposes: (_, _args, { loaders }) => loaders.purposes(),
  consentRecord: (_, { id }, { loaders }) => loaders.record.load(id),
};
