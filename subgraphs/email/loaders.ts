import type DataLoader from 'dataloader';
import type { RequestContext } from '#chassis/context.ts';
import { loadersByArguments, loadFresh, loadFrom, loadMany, loadOne } from '#chassis/loaders.ts';
import { emptyPage, type Page, type PageRequest, selectPages } from '#chassis/store/page.ts';
import type { Store } from '#chassis/store/store.ts';
import type { ReadThrough } from '#chassis/vendor/replica/read-through.ts';
import type { EnrollmentState } from './__generated__/resolvers.ts';
import type { AskConsent } from './ask-consent.ts';
import type { EmailSystems } from './pushes/record.ts';
import { type AccountEngagement, engagementByAccount } from './store/engagement.ts';
import { enrollmentsWhere } from './store/filters.ts';
import { selectByIds, selectSuppressions } from './store/rows.ts';
import type { Campaign, Enrollment, EntityTables, Recipient, Suppression, Tables } from './store/tables.ts';

/** What a resolver of the email platform gets. */
export interface Context extends RequestContext {
  readonly store: Store<Tables>;
  readonly askConsent: AskConsent;
  readonly systems: EmailSystems;
  /** To the tenant's platform; undefined where it has none. */
  readonly readThrough: ReadThrough | undefined;
  /** Made anew by each mutation: what was loaded before it is not answered after it. */
  loaders: Loaders;
}

type EnrollmentPage = Pick<PageRequest, 'order' | 'first' | 'after' | 'withTotal'> & {
  readonly state?: readonly EnrollmentState[] | null;
};

export interface Loaders {
  readonly campaign: DataLoader<string, Campaign | null>;
  readonly enrollment: DataLoader<string, Enrollment | null>;
  readonly suppression: DataLoader<string, Suppression | null>;
  /** By the contact's id, as the two below. */
  readonly recipient: DataLoader<string, Recipient | null>;
  readonly suppressions: DataLoader<string, readonly Suppression[]>;
  readonly enrollments: (args: EnrollmentPage) => DataLoader<string, Page<Enrollment>>;
  readonly engagementOfAccount: DataLoader<string, AccountEngagement | null>;
}

/** The loaders of one request: whatever its fields ask of a table on one level is one query. */
export function loadersOf(context: Omit<Context, 'loaders'>): Loaders {
  const { tenant, readThrough, staleness, signal } = context;
  const { db } = context.store;
  const byId = <Table extends keyof EntityTables>(table: Table) =>
    loadOne<string, Tables[Table]>(
      (ids) => selectByIds(db, table, tenant, ids),
      (row) => row.id,
    );

  /** Of what the tenant's platform has: as new as it should be. */
  const freshById = <Table extends 'campaigns' | 'recipients'>(
    type: Table,
  ): DataLoader<string, Tables[Table] | null> => {
    if (readThrough === undefined) return byId(type);
    const select = (ids: readonly string[]) => selectByIds(db, type, tenant, ids);
    const keyOf = (row: Tables[Table]) => row.id;
    return loadFresh(
      (values) => readThrough.fresh({ type, by: 'id', values, select, keyOf, staleness, signal }),
      keyOf,
    );
  };

  return {
    campaign: freshById('campaigns'),
    enrollment: byId('enrollments'),
    suppression: byId('suppressions'),
    recipient: freshById('recipients'),
    suppressions: loadMany(
      async (contactIds) => {
        const rows = await selectSuppressions(db, tenant, contactIds);
        await readThrough?.note('suppressions', rows, staleness);
        return rows;
      },
      (row) => row.contactId,
    ),
    enrollments: loadersByArguments(({ state, ...page }: EnrollmentPage) =>
      loadFrom<string, Page<Enrollment>>(
        (values) =>
          selectPages<Tables, Enrollment>(db, {
            ...page,
            table: 'enrollments',
            where: enrollmentsWhere(tenant, state),
            parent: { column: 'contactId', values },
          }),
        () => emptyPage,
      ),
    ),
    engagementOfAccount: loadFrom<string, AccountEngagement | null>(
      (accountIds) => engagementByAccount(db, tenant, accountIds),
      () => null,
    ),
  };
}
