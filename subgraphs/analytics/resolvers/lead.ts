import { loadReference } from '#chassis/reference.ts';
import type { LeadResolvers } from '../__generated__/resolvers.ts';
import { score } from '../measures/score.ts';

export const lead: LeadResolvers = {
  __resolveReference: (reference) => loadReference('Lead', reference, { id: async (id) => ({ id }) }),
  score: async ({ id }, _, { loaders }) => {
    const behaviour = await loaders.leadBehaviour.load(id);
    return behaviour && score(behaviour);
  },
  visitCount: ({ id }, _, { loaders }) => loaders.visitCount.load(id),
};
