import { money } from '#chassis/money.ts';
import { loadReference } from '#chassis/reference.ts';
import type { OpportunityResolvers } from '../__generated__/resolvers.ts';
import { syncFields } from './sync.ts';

export const opportunity: OpportunityResolvers = {
  __resolveReference: (reference, { loaders }) =>
    loadReference('Opportunity', reference, { id: (id) => loaders.opportunity.load(id) }),
  amount: ({ amountMinor, amountCurrency }) => money(amountMinor, amountCurrency),
  account: ({ accountId }, _, { loaders }) => (accountId === null ? null : loaders.account.load(accountId)),
  owner: ({ ownerId }, _, { loaders }) => (ownerId === null ? null : loaders.user.load(ownerId)),
  ...syncFields,
};
