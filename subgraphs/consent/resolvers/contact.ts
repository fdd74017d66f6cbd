import { connectionOf, pageOf } from '#chassis/connection.ts';
import { loadReference } from '#chassis/reference.ts';
import type { PageOrder } from '#chassis/store/page.ts';
import type { ContactResolvers } from '../__generated__/resolvers.ts';
import { presentConsent } from '../store/present.ts';
import { assertPurpose } from '../store/purposes.ts';

const latestFirst: PageOrder = { column: 'recordedAt', direction: 'desc' };

export const contact: ContactResolvers = {
  // Which contacts there are is not ours to say: every id is taken.
  __resolveReference: (reference) => loadReference('Contact', reference, { id: async (id) => ({ id }) }),
  consents: async ({ id }, _, { loaders }) => {
    const [purposes, latest] = await Promise.all([loaders.purposes(), loaders.latest.load(id)]);
    return purposes.map(({ id: purpose }) => presentConsent(purpose, latest));
  },
  consent: async ({ id }, { purpose }, { loaders }) => {
    const [purposes, latest] = await Promise.all([loaders.purposes(), loaders.latest.load(id)]);
    assertPurpose(purpose, purposes);
    return presentConsent(purpose, latest);
  },
  consentHistory: async ({ id }, { purpose, ...args }, { loaders }, info) => {
    if (typeof purpose === 'string') assertPurpose(purpose, await loaders.purposes());
    const page = pageOf(args, latestFirst, info);
    return connectionOf(await loaders.history({ ...page, purpose }).load(id), page);
  },
};
