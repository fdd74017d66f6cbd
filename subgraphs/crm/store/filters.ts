import { type RawBuilder, sql } from 'kysely';
import {
  allOf,
  atLeast,
  atMost,
  below,
  contains,
  equals,
  oneOf,
  present,
} from '#chassis/store/conditions.ts';
import type { AccountFilter, LeadFilter, OpportunityFilter } from '../__generated__/resolvers.ts';

type Filter<Values> = Values | null | undefined;

/** A filter of the graph as conditions on the rows of one tenant. */
export function accountsWhere(tenant: string, filter: Filter<AccountFilter>): RawBuilder<unknown> {
  return allOf(
    ofTenant(tenant),
    oneOf('id', filter?.ids),
    contains('name', filter?.nameContains),
    oneOf('industry', filter?.industry),
    oneOf('country', filter?.country),
    oneOf('lifecycleStage', filter?.lifecycleStage),
    equals('ownerId', filter?.ownerId),
    atLeast('employees', filter?.employeesMin),
    atMost('employees', filter?.employeesMax),
  );
}

export function leadsWhere(tenant: string, filter: Filter<LeadFilter>): RawBuilder<unknown> {
  return allOf(
    ofTenant(tenant),
    oneOf('id', filter?.ids),
    oneOf('status', filter?.status),
    oneOf('source', filter?.source),
    equals('ownerId', filter?.ownerId),
    equals('accountId', filter?.accountId),
    equals('contactId', filter?.contactId),
    atLeast('createdAt', filter?.createdFrom),
    below('createdAt', filter?.createdBefore),
  );
}

export function opportunitiesWhere(tenant: string, filter: Filter<OpportunityFilter>): RawBuilder<unknown> {
  return allOf(
    ofTenant(tenant),
    oneOf('id', filter?.ids),
    oneOf('stage', filter?.stage),
    oneOf('product', filter?.product),
    equals('ownerId', filter?.ownerId),
    equals('accountId', filter?.accountId),
    present('accountId', filter?.hasAccount),
    atLeast('closeDate', filter?.closesFrom),
    below('closeDate', filter?.closesBefore),
  );
}

export function contactsWhere(tenant: string): RawBuilder<unknown> {
  return ofTenant(tenant);
}

function ofTenant(tenant: string): RawBuilder<unknown> {
  return sql`${sql.ref('tenant')} = ${tenant}`;
}
