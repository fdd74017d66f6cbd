import { connectionOf, pageOf } from '#chassis/connection.ts';
import { loadReference } from '#chassis/reference.ts';
import type { PageOrder } from '#chassis/store/page.ts';
import type { ContactResolvers } from '../__generated__/resolvers.ts';

const latestFirst: PageOrder = { column: 'enrolledAt', direction: 'desc' };

export const contact: ContactResolvers = {
  // Which contacts there are is not ours to say: every id is taken.
  __resolveReference: (reference) => loadReference('Contact', reference, { id: async (id) => ({ id }) }),
  engagement: ({ id }, _, { loaders }) => loaders.recipient.load(id),
  suppressions: ({ id }, _, { loaders }) => loaders.suppressions.load(id),
  enrollments: async ({ id }, { state, ...args }, { loaders }, info) => {
    const page = pageOf(args, latestFirst, info);
    return connectionOf(await loaders.enrollments({ ...page, state }).load(id), page);
  },
};
