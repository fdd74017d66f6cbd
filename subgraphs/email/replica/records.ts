import type { VendorSystem } from '#chassis/vendor/system.ts';
import type { ActivityRecord, EmailChange, EmailRecords, SuppressionRecord } from '../adapters/email.ts';

/** Whom a record is about, as far as that was found out. */
export interface Whom {
  /** Ours; null where nobody knows who it is. */
  readonly contactId: string | null;
  /** Undefined where it was not asked, and is as it was. */
  readonly accountId: string | null | undefined;
  /** The vendor's; null where it was not found out. */
  readonly recipientId: string | null;
}

/** What the platform says of people, with our ids where their addresses were. */
export interface LinkedRecords {
  campaigns: EmailRecords['campaigns'];
  recipients: Whom;
  suppressions: Whom & Omit<SuppressionRecord, 'recipientId' | 'address'>;
  activities: Whom & Omit<ActivityRecord, 'recipientId' | 'address'>;
}

export type LinkedSystem = VendorSystem<LinkedRecords, EmailChange>;

/** What our ids of the vendor's records begin with. */
export const prefixes = {
  campaigns: 'cam',
  recipients: 'rcp',
  suppressions: 'sup',
  activities: 'act',
} as const;
