import { loadReference } from '#chassis/reference.ts';
import type { ConsentRecordResolvers } from '../__generated__/resolvers.ts';

export const consentRecord: ConsentRecordResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('ConsentRecord', reference, { id: (id) => loaders.record.load(id) }),
  contact: ({ contactId }) => ({ id: contactId }),
};
