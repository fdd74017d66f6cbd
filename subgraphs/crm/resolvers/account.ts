import { connectionOf, pageOf } from '#chassis/connection.ts';
import { money } from '#chassis/money.ts';
import { loadReference } from '#chassis/reference.ts';
import type { AccountResolvers } from '../__generated__/resolvers.ts';
import { orderOf } from './order.ts';
import { syncFields } from './sync.ts';

export const account: AccountResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('Account', reference, {
      id: (id) => loaders.account.load(id),
      domain: (domain) => loaders.accountByDomain.load(domain.toLowerCase()),
    }),
  annualRevenue: ({ revenueMinor, revenueCurrency }) => money(revenueMinor, revenueCurrency),
  parent: ({ parentId }, _, { loaders }) => (parentId === null ? null : loaders.account.load(parentId)),
  owner: ({ ownerId }, _, { loaders }) => (ownerId === null ? null : loaders.user.load(ownerId)),
  pipeline: ({ id }, _, { loaders }) => loaders.pipelineOfAccount.load(id),

  contacts: async ({ id }, args, { loaders }, info) => {
    const page = pageOf(args, orderOf(undefined, { by: 'NAME', direction: 'ASC' }), info);
    return connectionOf(await loaders.contacts({ ...page, parent: 'accountId' }).load(id), page);
  },
  leads: async ({ id }, args, { loaders }, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const loader = loaders.leads({ ...page, parent: 'accountId', filter: args.filter });
    return connectionOf(await loader.load(id), page);
  },
  opportunities: async ({ id }, args, { loaders }, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const loader = loaders.opportunities({ ...page, parent: 'accountId', filter: args.filter });
    return connectionOf(await loader.load(id), page);
  },
  ...syncFields,
};
