import { connectionOf, pageOf } from '#chassis/connection.ts';
import { loadReference } from '#chassis/reference.ts';
import type { ContactResolvers } from '../__generated__/resolvers.ts';
import { orderOf } from './order.ts';

export const contact: ContactResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('Contact', reference, {
      id: (id) => loaders.contact.load(id),
      email: (email) => loaders.contactByEmail.load(email.toLowerCase()),
    }),
  account: ({ accountId }, _, { loaders }) => (accountId === null ? null : loaders.account.load(accountId)),
  leads: async ({ id }, args, { loaders }, info) => {
    const page = pageOf(args, orderOf(undefined, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    return connectionOf(await loaders.leads({ ...page, parent: 'contactId' }).load(id), page);
  },
};
