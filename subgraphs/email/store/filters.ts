import { type RawBuilder, sql } from 'kysely';
import { allOf, atLeast, below, contains, oneOf } from '#chassis/store/conditions.ts';
import type { CampaignFilter, EnrollmentState } from '../__generated__/resolvers.ts';

/** A filter of the graph as conditions on the rows of one tenant. */
export function campaignsWhere(
  tenant: string,
  filter: CampaignFilter | null | undefined,
): RawBuilder<unknown> {
  return allOf(
    sql`tenant = ${tenant}`,
    oneOf('id', filter?.ids),
    contains('name', filter?.nameContains),
    oneOf('channel', filter?.channel),
    oneOf('status', filter?.status),
    atLeast('startedAt', filter?.startedFrom),
    below('startedAt', filter?.startedBefore),
  );
}

export function enrollmentsWhere(
  tenant: string,
  state: readonly EnrollmentState[] | null | undefined,
): RawBuilder<unknown> {
  return allOf(sql`tenant = ${tenant}`, oneOf('state', state));
}
