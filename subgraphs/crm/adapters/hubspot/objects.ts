import type { CrmType } from '../crm.ts';

/** The types of records that are objects at HubSpot; users are owners, which are none. */
export type ObjectRecord = Exclude<CrmType, 'users'>;

export interface Reference {
  readonly field: string;
  readonly type: ObjectRecord;
  /** HubSpot's own primary association, of which a record has one at most. */
  readonly primaryTypeId: number;
}

interface HubspotObject {
  /** In paths. */
  readonly name: string;
  /** When it was changed, which is called differently for contacts. */
  readonly modified: string;
  /** What is said by associations. */
  readonly references: readonly Reference[];
}

const company = (primaryTypeId: number): Reference => ({
  field: 'accountId',
  type: 'accounts',
  primaryTypeId,
});

/**
 * How HubSpot has our types. The ids are of HubSpot's own associations (HubSpot, Association type id values); the SDK
 * does not have those of leads.
 */
export const objects: Readonly<Record<ObjectRecord, HubspotObject>> = {
  accounts: { name: 'companies', modified: 'hs_lastmodifieddate', references: [] },
  contacts: { name: 'contacts', modified: 'lastmodifieddate', references: [company(1)] },
  leads: {
    name: 'leads',
    modified: 'hs_lastmodifieddate',
    references: [{ field: 'contactId', type: 'contacts', primaryTypeId: 578 }, company(580)],
  },
  opportunities: { name: 'deals', modified: 'hs_lastmodifieddate', references: [company(5)] },
};

export const objectRecords = Object.keys(objects) as readonly ObjectRecord[];

/** HubSpot takes as many in one batch, and answers as many in a page. */
export const batchSize = 100;
