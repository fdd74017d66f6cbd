import { connectionOf, pageOf } from '#chassis/connection.ts';
import { emptyPage, selectPages } from '#chassis/store/page.ts';
import type { QueryResolvers } from '../__generated__/resolvers.ts';
import { accountsWhere, leadsWhere, opportunitiesWhere } from '../store/filters.ts';
import { totalsByGroup } from '../store/pipeline.ts';
import type { Account, Lead, Opportunity, Tables } from '../store/tables.ts';
import { orderOf } from './order.ts';

export const query: QueryResolvers = {
  account: (_, { id }, { loaders }) => loaders.account.load(id),
  accountByDomain: (_, { domain }, { loaders }) => loaders.accountByDomain.load(domain.trim().toLowerCase()),
  contact: (_, { id }, { loaders }) => loaders.contact.load(id),
  contactByEmail: (_, { email }, { loaders }) => loaders.contactByEmail.load(email.trim().toLowerCase()),
  lead: (_, { id }, { loaders }) => loaders.lead.load(id),
  opportunity: (_, { id }, { loaders }) => loaders.opportunity.load(id),
  user: (_, { id }, { loaders }) => loaders.user.load(id),

  accounts: async (_, args, { store, tenant }, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'NAME', direction: 'ASC' }), info);
    const where = accountsWhere(tenant, args.filter);
    const pages = await selectPages<Tables, Account>(store.db, { ...page, table: 'accounts', where });
    return connectionOf(pages.get('') ?? emptyPage, page);
  },
  leads: async (_, args, { store, tenant }, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const where = leadsWhere(tenant, args.filter);
    const pages = await selectPages<Tables, Lead>(store.db, { ...page, table: 'leads', where });
    return connectionOf(pages.get('') ?? emptyPage, page);
  },
  opportunities: async (_, args, { store, tenant }, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const where = opportunitiesWhere(tenant, args.filter);
    const pages = await selectPages<Tables, Opportunity>(store.db, {
      ...page,
      table: 'opportunities',
      where,
    });
    return connectionOf(pages.get('') ?? emptyPage, page);
  },
  pipeline: (_, { groupBy, filter }, { store, tenant }) => totalsByGroup(store.db, tenant, groupBy, filter),
};
