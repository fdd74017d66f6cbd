import type { PageOrder } from '#chassis/store/page.ts';
import type { CampaignOrder } from '../__generated__/resolvers.ts';

/** Every order of the graph is by a column that is never null. */
const columns = { NAME: 'name', CREATED_AT: 'createdAt', UPDATED_AT: 'updatedAt' } as const;

/** The order that was asked for, else by name. */
export function orderOf(asked: CampaignOrder | null | undefined): PageOrder {
  if (!asked) return { column: 'name', direction: 'asc' };
  return { column: columns[asked.by], direction: asked.direction === 'DESC' ? 'desc' : 'asc' };
}
