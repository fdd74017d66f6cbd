import type { PurposeResolvers } from '../__generated__/resolvers.ts';

export const purpose: PurposeResolvers = {
  key: ({ id }) => id,
};
