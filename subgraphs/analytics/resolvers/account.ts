import { connectionOf, pageOf } from '#chassis/connection.ts';
import { loadReference } from '#chassis/reference.ts';
import type { AccountResolvers } from '../__generated__/resolvers.ts';
import { attribute } from '../measures/attribution.ts';
import { trendOf } from '../measures/trend.ts';

const latestFirst = { column: 'at', direction: 'desc' } as const;

export const account: AccountResolvers = {
  // The warehouse holds what accounts did, not which there are: their owner knows that.
  __resolveReference: (reference) => loadReference('Account', reference, { id: async (id) => ({ id }) }),

  usage: async ({ id }, { window }, { loaders }) => {
    const usage = await loaders.usage({ window }).load(id);
    return usage && { window, ...usage };
  },
  usageTrend: async ({ id }, { window, interval }, { loaders }) => {
    const usage = await loaders.usageByDay({ window }).load(id);
    return usage && { window, interval, ...usage, buckets: trendOf(usage, interval) };
  },
  touches: async ({ id }, { channel, ...args }, { loaders }, info) => {
    const page = pageOf(args, latestFirst, info);
    const { order, ...request } = page;
    const found = await loaders.touches({ ...request, channels: channel ?? null }).load(id);
    return found && connectionOf(found, page);
  },
  attribution: async ({ id }, { model }, { loaders }) => {
    const path = await loaders.path.load(id);
    return path && attribute(path, model);
  },
};
