import type DataLoader from 'dataloader';
import type { RequestContext } from '#chassis/context.ts';
import { loadersByArguments, loadFrom, loadMany, loadOne } from '#chassis/loaders.ts';
import { emptyPage, type Page, type PageRequest, selectPages } from '#chassis/store/page.ts';
import type { Store } from '#chassis/store/store.ts';
import { recordsWhere } from './store/filters.ts';
import { type KnownPurpose, selectPurposes } from './store/purposes.ts';
import { selectLatestRecords, selectRecords } from './store/records.ts';
import type { ConsentRecord, Tables } from './store/tables.ts';

/** What a resolver of consent gets. */
export interface Context extends RequestContext {
  readonly store: Store<Tables>;
  /** Made anew by each mutation: what was loaded before it is not answered after it. */
  loaders: Loaders;
}

type HistoryPage = Pick<PageRequest, 'order' | 'first' | 'after' | 'withTotal'> & {
  readonly purpose?: string | null;
};

export interface Loaders {
  /** Asked for once a request, however many fields need them. */
  readonly purposes: () => Promise<readonly KnownPurpose[]>;
  readonly record: DataLoader<string, ConsentRecord | null>;
  /** By the contact's id: the latest record of each purpose that anything is recorded of. */
  readonly latest: DataLoader<string, readonly ConsentRecord[]>;
  /** By the contact's id. */
  readonly history: (args: HistoryPage) => DataLoader<string, Page<ConsentRecord>>;
}

/** The loaders of one request: whatever its fields ask of a table on one level is one query. */
export function loadersOf({ db }: Store<Tables>, tenant: string): Loaders {
  let purposes: Promise<readonly KnownPurpose[]> | undefined;

  return {
    purposes: () => {
      purposes ??= selectPurposes(db, tenant);
      return purposes;
    },
    record: loadOne(
      (ids) => selectRecords(db, tenant, ids),
      (row) => row.id,
    ),
    latest: loadMany(
      (contactIds) => selectLatestRecords(db, tenant, contactIds),
      (row) => row.contactId,
    ),
    history: loadersByArguments(({ purpose, ...page }: HistoryPage) =>
      loadFrom<string, Page<ConsentRecord>>(
        (values) =>
          selectPages<Tables, ConsentRecord>(db, {
            ...page,
            table: 'records',
            where: recordsWhere(tenant, purpose),
            parent: { column: 'contactId', values },
          }),
        () => emptyPage,
      ),
    ),
  };
}
