import { connectionOf, pageOf } from '#chassis/connection.ts';
import { refuseField } from '#chassis/input.ts';
import { emptyPage, type Page, type PageRequest, selectPages } from '#chassis/store/page.ts';
import type { QueryResolvers } from '../__generated__/resolvers.ts';
import type { Context } from '../loaders.ts';
import { accountsWhere, leadsWhere, opportunitiesWhere } from '../store/filters.ts';
import { totalsByGroup } from '../store/pipeline.ts';
import type { Account, EntityTables, Lead, Opportunity, Tables } from '../store/tables.ts';
import { orderOf } from './order.ts';

/** The ids of contacts that one field answers. */
const mostContacts = 100;

export const query: QueryResolvers = {
  account: (_, { id }, { loaders }) => loaders.account.load(id),
  accountByDomain: (_, { domain }, { loaders }) => loaders.accountByDomain.load(domain.trim().toLowerCase()),
  contact: (_, { id }, { loaders }) => loaders.contact.load(id),
  contacts: async (_, { ids }, { loaders }) => {
    if (ids.length > mostContacts) refuseField('ids', ids.length, `at most ${mostContacts} ids`);
    // One that cannot be found is an error of the whole: whoever asks must not take it for one that there is not.
    const contacts = await Promise.all([...new Set(ids)].map((id) => loaders.contact.load(id)));
    return contacts.filter((contact) => contact !== null);
  },
  contactByEmail: (_, { email }, { loaders }) => loaders.contactByEmail.load(email.trim().toLowerCase()),
  lead: (_, { id }, { loaders }) => loaders.lead.load(id),
  opportunity: (_, { id }, { loaders }) => loaders.opportunity.load(id),
  user: (_, { id }, { loaders }) => loaders.user.load(id),

  accounts: async (_, args, context, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'NAME', direction: 'ASC' }), info);
    const where = accountsWhere(context.tenant, args.filter);
    return connectionOf(await listOf<Account>(context, { ...page, table: 'accounts', where }), page);
  },
  leads: async (_, args, context, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const where = leadsWhere(context.tenant, args.filter);
    return connectionOf(await listOf<Lead>(context, { ...page, table: 'leads', where }), page);
  },
  opportunities: async (_, args, context, info) => {
    const page = pageOf(args, orderOf(args.orderBy, { by: 'UPDATED_AT', direction: 'DESC' }), info);
    const where = opportunitiesWhere(context.tenant, args.filter);
    const list = { ...page, table: 'opportunities', where } as const;
    return connectionOf(await listOf<Opportunity>(context, list), page);
  },
  pipeline: (_, { groupBy, filter }, { store, tenant }) => totalsByGroup(store.db, tenant, groupBy, filter),
};

async function listOf<Row extends Account | Lead | Opportunity>(
  { store, readThrough, staleness }: Context,
  request: PageRequest & { readonly table: keyof EntityTables },
): Promise<Page<Row>> {
  const page = (await selectPages<Tables, Row>(store.db, request)).get('') ?? emptyPage;
  await readThrough?.note(request.table, page.rows, staleness);
  return page;
}
