import type { RowMeta } from '#chassis/store/upsert.ts';
import type {
  CampaignChannel,
  CampaignStatus,
  EnrollmentState,
  SuppressionReason,
} from '../__generated__/resolvers.ts';

/** The rows of the email platform's tables; every count is of messages, except a campaign's recipients. */
export interface Tables {
  campaigns: Campaign;
  enrollments: Enrollment;
  recipients: Recipient;
  suppressions: Suppression;
}

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
}

export type Campaign = CampaignValues & RowMeta;
export type Enrollment = EnrollmentValues & RowMeta;
export type Recipient = RecipientValues & RowMeta;
export type Suppression = SuppressionValues & RowMeta;
