import { connectionOf, pageOf } from '#chassis/connection.ts';
import { emptyPage, selectPages } from '#chassis/store/page.ts';
import type { QueryResolvers } from '../__generated__/resolvers.ts';
import { campaignsWhere } from '../store/filters.ts';
import type { Campaign, Tables } from '../store/tables.ts';
import { orderOf } from './order.ts';

export const query: QueryResolvers = {
  campaign: (_, { id }, { loaders }) => loaders.campaign.load(id),
  campaigns: async (_, args, { store, tenant, readThrough, staleness }, info) => {
    const page = pageOf(args, orderOf(args.orderBy), info);
    const where = campaignsWhere(tenant, args.filter);
    const pages = await selectPages<Tables, Campaign>(store.db, { ...page, table: 'campaigns', where });
    const found = pages.get('') ?? emptyPage;
    await readThrough?.note('campaigns', found.rows, staleness);
    return connectionOf(found, page);
  },
};
