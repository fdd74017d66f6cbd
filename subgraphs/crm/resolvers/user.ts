import { loadReference } from '#chassis/reference.ts';
import type { UserResolvers } from '../__generated__/resolvers.ts';

export const user: UserResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('User', reference, { id: (id) => loaders.user.load(id) }),
  manager: ({ managerId }, _, { loaders }) => (managerId === null ? null : loaders.user.load(managerId)),
};
