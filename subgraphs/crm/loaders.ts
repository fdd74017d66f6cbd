import type DataLoader from 'dataloader';
import type { RequestContext } from '#chassis/context.ts';
import { loadersByArguments, loadFresh, loadFrom, loadOne } from '#chassis/loaders.ts';
import { emptyPage, type Page, type PageRequest, selectPages } from '#chassis/store/page.ts';
import type { Store } from '#chassis/store/store.ts';
import type { ReadThrough } from '#chassis/vendor/replica/read-through.ts';
import type { LeadFilter, OpportunityFilter } from './__generated__/resolvers.ts';
import { contactsWhere, leadsWhere, opportunitiesWhere } from './store/filters.ts';
import { noOpportunities, type PipelineTotals, totalsByAccount } from './store/pipeline.ts';
import { selectAccountsByDomain, selectByIds, selectContactsByEmail } from './store/rows.ts';
import type { Account, Contact, EntityTables, Lead, Opportunity, Tables, User } from './store/tables.ts';

/** What a resolver of the CRM gets. */
export interface Context extends RequestContext {
  readonly store: Store<Tables>;
  /** To the tenant's vendor; undefined where it has none. */
  readonly readThrough: ReadThrough | undefined;
  /** Made anew by each mutation: what was loaded before it is not answered after it. */
  loaders: Loaders;
}

type PageArguments = Pick<PageRequest, 'order' | 'first' | 'after' | 'withTotal'>;

/** Pages of one table, one for each parent, filtered alike. */
type PageLoader<Row, Filter = undefined> = (
  args: PageArguments & { readonly parent: string; readonly filter?: Filter | null },
) => DataLoader<string, Page<Row>>;

export interface Loaders {
  readonly account: DataLoader<string, Account | null>;
  readonly accountByDomain: DataLoader<string, Account | null>;
  readonly contact: DataLoader<string, Contact | null>;
  readonly contactByEmail: DataLoader<string, Contact | null>;
  readonly lead: DataLoader<string, Lead | null>;
  readonly opportunity: DataLoader<string, Opportunity | null>;
  readonly user: DataLoader<string, User | null>;
  readonly pipelineOfAccount: DataLoader<string, PipelineTotals>;
  readonly contacts: PageLoader<Contact>;
  readonly leads: PageLoader<Lead, LeadFilter>;
  readonly opportunities: PageLoader<Opportunity, OpportunityFilter>;
}

/** The loaders of one request: whatever its fields ask of a table on one level is one query. */
export function loadersOf(context: Omit<Context, 'loaders'>): Loaders {
  const { tenant, readThrough, staleness, signal } = context;
  const { db } = context.store;
  const byKey = <Table extends keyof EntityTables>(
    type: Table,
    by: string,
    select: (values: readonly string[]) => Promise<readonly Tables[Table][]>,
    keyOf: (row: Tables[Table]) => string | null,
  ): DataLoader<string, Tables[Table] | null> =>
    readThrough === undefined
      ? loadOne(select, keyOf)
      : loadFresh(
          (values) => readThrough.fresh({ type, by, values, select, keyOf, staleness, signal }),
          keyOf,
        );
  const byId = <Table extends keyof EntityTables>(table: Table) =>
    byKey(
      table,
      'id',
      (ids) => selectByIds(db, table, tenant, ids),
      (row) => row.id,
    );
  const pages =
    <Row extends { readonly id: string; readonly observedAt: string }, Filter>(
      table: keyof EntityTables,
      where: (tenant: string, filter: Filter | null | undefined) => PageRequest['where'],
    ): PageLoader<Row, Filter> =>
    ({ parent, filter, ...page }) =>
      loadFrom<string, Page<Row>>(
        async (values) => {
          const found = await selectPages<Tables, Row>(db, {
            ...page,
            table,
            where: where(tenant, filter),
            parent: { column: parent, values },
          });
          await readThrough?.note(
            table,
            [...found.values()].flatMap(({ rows }) => rows),
            staleness,
          );
          return found;
        },
        () => emptyPage,
      );

  return {
    account: byId('accounts'),
    accountByDomain: byKey(
      'accounts',
      'domain',
      (domains) => selectAccountsByDomain(db, tenant, domains),
      (row) => row.domain,
    ),
    contact: byId('contacts'),
    contactByEmail: byKey(
      'contacts',
      'email',
      (emails) => selectContactsByEmail(db, tenant, emails),
      (row) => row.email,
    ),
    lead: byId('leads'),
    opportunity: byId('opportunities'),
    user: byId('users'),
    pipelineOfAccount: loadFrom(
      (ids) => totalsByAccount(db, tenant, ids),
      () => noOpportunities,
    ),
    contacts: loadersByArguments(pages<Contact, undefined>('contacts', contactsWhere)),
    leads: loadersByArguments(pages<Lead, LeadFilter>('leads', leadsWhere)),
    opportunities: loadersByArguments(
      pages<Opportunity, OpportunityFilter>('opportunities', opportunitiesWhere),
    ),
  };
}
