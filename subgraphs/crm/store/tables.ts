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
  LeadStatus,
  LifecycleStage,
  OpportunityStage,
  OwnerSource,
} from '../__generated__/resolvers.ts';

/** The rows of the CRM's tables; amounts are in minor units of their currency. */
export interface EntityTables {
  accounts: Account;
  contacts: Contact;
  leads: Lead;
  opportunities: Opportunity;
  users: User;
}

/** All tables of the CRM: the rows, what mutations and the replica of a vendor write beside them, and what it sent. */
export type Tables = EntityTables &
  MutationTables &
  InboxTables &
  ReplicaTables &
  PushTables &
  WebhookTables &
  CallLimitTables &
  VendorTokenTables;

export interface AccountValues {
  readonly id: string;
  readonly domain: string | null;
  readonly name: string;
  readonly industry: string | null;
  readonly employees: number | null;
  readonly revenueMinor: number | null;
  readonly revenueCurrency: string | null;
  readonly country: string | null;
  readonly foundedYear: number | null;
  readonly lifecycleStage: LifecycleStage | null;
  readonly parentId: string | null;
  readonly ownerId: string | null;
  readonly ownerSource: OwnerSource | null;
}

export interface ContactValues {
  readonly id: string;
  readonly accountId: string | null;
  readonly email: string | null;
  readonly name: string;
  readonly title: string | null;
  readonly phone: string | null;
  readonly country: string | null;
}

export interface LeadValues {
  readonly id: string;
  readonly status: LeadStatus;
  readonly source: string | null;
  readonly contactId: string | null;
  readonly accountId: string | null;
  readonly ownerId: string | null;
}

export interface OpportunityValues {
  readonly id: string;
  readonly name: string;
  readonly stage: OpportunityStage;
  readonly amountMinor: number | null;
  readonly amountCurrency: string | null;
  readonly product: string | null;
  readonly openDate: string | null;
  readonly closeDate: string | null;
  readonly accountId: string | null;
  readonly ownerId: string | null;
}

export interface UserValues {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly team: string | null;
  readonly managerId: string | null;
}

export type Account = AccountValues & RowMeta & Synced;
export type Contact = ContactValues & RowMeta;
export type Lead = LeadValues & RowMeta & Synced;
export type Opportunity = OpportunityValues & RowMeta & Synced;
export type User = UserValues & RowMeta;
