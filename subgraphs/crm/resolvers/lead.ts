import { loadReference } from '#chassis/reference.ts';
import type { LeadResolvers } from '../__generated__/resolvers.ts';
import { syncFields } from './sync.ts';

export const lead: LeadResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('Lead', reference, { id: (id) => loaders.lead.load(id) }),
  account: ({ accountId }, _, { loaders }) => (accountId === null ? null : loaders.account.load(accountId)),
  contact: ({ contactId }, _, { loaders }) => (contactId === null ? null : loaders.contact.load(contactId)),
  owner: ({ ownerId }, _, { loaders }) => (ownerId === null ? null : loaders.user.load(ownerId)),
  ...syncFields,
};
