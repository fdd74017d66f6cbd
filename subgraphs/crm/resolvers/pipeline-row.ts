import type { PipelineRowResolvers } from '../__generated__/resolvers.ts';

export const pipelineRow: PipelineRowResolvers = {
  owner: ({ group, key }, _, { loaders }) =>
    group === 'OWNER' && key !== null ? loaders.user.load(key) : null,
};
