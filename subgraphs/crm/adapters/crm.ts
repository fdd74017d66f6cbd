import type { VendorSystem } from '#chassis/vendor/system.ts';
import type {
  AccountValues,
  ContactValues,
  LeadValues,
  OpportunityValues,
  UserValues,
} from '../store/tables.ts';

/**
 * A CRM in the words of sales. In these values `ownerId`, `parentId`, `accountId`, `contactId` and `managerId` are the
 * vendor's ids; the replica knows ours.
 */
export interface CrmRecords {
  users: Omit<UserValues, 'id'>;
  /** Who the owner is, is recorded or unknown: a vendor derives none. */
  accounts: Omit<AccountValues, 'id' | 'ownerSource'>;
  contacts: Omit<ContactValues, 'id'>;
  leads: Omit<LeadValues, 'id'>;
  opportunities: Omit<OpportunityValues, 'id'>;
}

export type CrmType = keyof CrmRecords;

/** Types in the order in which records refer to each other: a record's references stand before it. */
export const crmTypes = ['users', 'accounts', 'contacts', 'leads', 'opportunities'] as const;

/** The types that the graph changes. */
export type ChangedType = 'accounts' | 'leads' | 'opportunities';

/** New values of some fields of one record, or a new record. */
export type CrmChange = {
  readonly [Type in ChangedType]:
    | {
        readonly kind: 'update';
        readonly type: Type;
        /** The vendor's id. */
        readonly id: string;
        readonly values: Partial<CrmRecords[Type]>;
      }
    | {
        readonly kind: 'create';
        readonly type: Type;
        /** Our id, by which the vendor knows the record again. */
        readonly externalId: string;
        readonly values: CrmRecords[Type];
      };
}[ChangedType];

export type CrmSystem = VendorSystem<CrmRecords, CrmChange>;
