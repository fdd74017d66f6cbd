import type { MutationTables } from '#chassis/mutation.ts';
import type { RowMeta } from '#chassis/store/upsert.ts';
import type { CallLimitTables } from '#chassis/vendor/limit-store.ts';
import type { Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { PushTables } from '#chassis/vendor/pushes/tables.ts';
import type { ReplicaTables } from '#chassis/vendor/replica/tables.ts';
import type { VendorTokenTables } from '#chassis/vendor/token-store.ts';
import type { WebhookTables } from '#chassis/vendor/webhooks/tables.ts';
import type { InboxTables } from '#events/inbox.ts';
import type {
  CampaignChannel,
  CampaignStatus,
  EnrollmentState,
  SuppressionReason,
} from '../__generated__/resolvers.ts';
import type { ActivityTables } from './activities.ts';
import type { UnlinkedTables } from './unlinked.ts';

/** The rows of the email platform's tables; every count is of messages, except a campaign's recipients. */
export interface EntityTables {
  campaigns: Campaign;
  enrollments: Enrollment;
  recipients: Recipient;
  suppressions: Suppression;
}

/** All tables of the platform: the rows, what mutations, consumers and the replica write beside them, and what a vendor sent. */
export type Tables = EntityTables & { contacts: ContactOrder } & MutationTables &
  InboxTables &
  ReplicaTables &
  PushTables &
  WebhookTables &
  CallLimitTables &
  VendorTokenTables &
  ActivityTables &
  UnlinkedTables;

export interface CampaignValues {
  readonly id: string;
  readonly name: string;
  readonly channel: CampaignChannel;
  readonly status: CampaignStatus;
  readonly startedAt: string | null;
  readonly recipients: number;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly bounced: number;
  readonly unsubscribed: number;
}

export interface EnrollmentValues {
  readonly id: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly state: EnrollmentState;
  readonly enrolledAt: string;
}

/** A contact that the platform holds, whether it was ever sent anything or not. */
export interface RecipientValues {
  /** The contact's. */
  readonly id: string;
  readonly accountId: string | null;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly bounced: number;
  readonly lastOpenedAt: string | null;
  readonly lastClickedAt: string | null;
}

export interface SuppressionValues {
  readonly id: string;
  readonly contactId: string;
  readonly reason: SuppressionReason;
  readonly suppressedAt: string;
  /** What was said about it, in somebody's words; null or left out where nothing was. */
  readonly note?: string | null;
}

/** What keeps the events of a contact in order, also of one that the platform does not hold. */
export interface ContactOrder {
  readonly tenant: string;
  /** The contact's. */
  readonly id: string;
  /** Of the contact's latest event; 0 before the first. */
  readonly version: number;
  /** The version of the latest consent decision that was followed; 0 before the first. */
  readonly consentVersion: number;
}

export type Campaign = CampaignValues & RowMeta;
export type Enrollment = EnrollmentValues & RowMeta & Synced;
export type Recipient = RecipientValues & RowMeta;
export type Suppression = SuppressionValues & RowMeta & Synced;
