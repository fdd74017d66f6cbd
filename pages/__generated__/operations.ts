/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type AssignAccountOwnerInput = {
  readonly accountId: string;
  readonly idempotencyKey: string;
  readonly ifVersion?: number | null | undefined;
  /** A user's id; null takes the owner away, and must be said. */
  readonly ownerId?: string | null | undefined;
};

export type AssignLeadOwnerInput = {
  readonly idempotencyKey: string;
  readonly ifVersion?: number | null | undefined;
  readonly leadId: string;
  /** A user's id; null takes the owner away, and must be said. */
  readonly ownerId?: string | null | undefined;
};

export type CampaignChannel =
  | 'EMAIL'
  | 'IN_APP'
  | 'PUSH'
  | 'SMS';

export type CampaignStatus =
  | 'ACTIVE'
  | 'COMPLETED'
  | 'DRAFT'
  | 'PAUSED'
  | 'SCHEDULED';

/** One decision of one contact on one purpose. */
export type ConsentChange = {
  readonly contactId: string;
  readonly decision: ConsentDecision;
  /** What proves it: 1 to 4000 characters. It stays with the record, and events do not carry it. */
  readonly evidence?: string | null | undefined;
  /** Whose law applies, by ISO 3166 code such as "DE" or "US-CA", or "EU". */
  readonly jurisdiction?: string | null | undefined;
  /** Left out where the law of the jurisdiction asks for none. */
  readonly legalBasis?: LegalBasis | null | undefined;
  /** The key of a purpose, such as "EMAIL_MARKETING". */
  readonly purpose: string;
  /**
   * When the decision was made, never in the future. By default now, and then it is what holds: a decision made earlier
   * than the latest one goes into the history and changes nothing.
   */
  readonly recordedAt?: string | null | undefined;
  /** Where the decision was taken down, such as "Web form": 1 to 200 characters. */
  readonly source: string;
};

export type ConsentDecision =
  | 'DENIED'
  | 'GRANTED'
  /** Granted before, and taken back. */
  | 'WITHDRAWN';

export type ConsentState =
  /** Denied, or granted once and withdrawn. */
  | 'DENIED'
  | 'GRANTED'
  /** Nothing is recorded. This is not a yes. */
  | 'UNKNOWN';

export type ConversionKind =
  | 'LEAD_QUALIFIED'
  | 'OPPORTUNITY_OPENED'
  | 'OPPORTUNITY_WON';

export type CreateLeadInput = {
  /** Where it is left out, that of the contact. */
  readonly accountId?: string | null | undefined;
  /** Whose interest it is. A lead needs a contact or an account. */
  readonly contactId?: string | null | undefined;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
  readonly ownerId?: string | null | undefined;
  /** Where the lead came from, such as "Organic Search": 1 to 100 characters, and no address. */
  readonly source?: string | null | undefined;
  /** NEW, WORKING or QUALIFIED; NEW where it is left out. */
  readonly status?: LeadStatus | null | undefined;
};

export type EnrollmentRefusalReason =
  /** The contact is in the campaign at the moment. */
  | 'ALREADY_ENROLLED'
  /** Only a campaign that is ACTIVE takes contacts in. */
  | 'CAMPAIGN_NOT_ACTIVE'
  /** No purpose of consent covers the campaign's channel. */
  | 'CHANNEL_NOT_COVERED'
  /** The contact denied consent, or withdrew it. */
  | 'CONSENT_DENIED'
  /** Nothing is recorded of the contact's consent. This is not a yes. */
  | 'CONSENT_MISSING'
  /** The platform must not write to the contact, for another reason than its consent of now. */
  | 'SUPPRESSED';

export type EnrollmentState =
  | 'ACTIVE'
  /** The contact went through to the end. */
  | 'COMPLETED'
  /** The contact left, or was taken out, before the end. */
  | 'EXITED';

export type LeadStatus =
  | 'CONVERTED'
  | 'DISQUALIFIED'
  | 'NEW'
  | 'QUALIFIED'
  | 'WORKING';

/** The grounds of Article 6(1) of the GDPR, (a) to (f). */
export type LegalBasis =
  | 'CONSENT'
  | 'CONTRACT'
  | 'LEGAL_OBLIGATION'
  | 'LEGITIMATE_INTERESTS'
  | 'PUBLIC_TASK'
  | 'VITAL_INTERESTS';

export type LifecycleStage =
  | 'CUSTOMER'
  | 'FORMER_CUSTOMER'
  | 'LEAD'
  | 'MARKETING_QUALIFIED'
  | 'OPPORTUNITY'
  | 'SALES_QUALIFIED'
  | 'SUBSCRIBER';

export type MoveOpportunityStageInput = {
  /**
   * The day it was won or lost: not before it was opened and not in the future; by default today, UTC. Only with WON and
   * LOST. One that is opened again has no closeDate until the CRM says one.
   */
  readonly closeDate?: string | null | undefined;
  readonly idempotencyKey: string;
  readonly ifVersion?: number | null | undefined;
  readonly opportunityId: string;
  readonly stage: OpportunityStage;
};

export type OpportunityStage =
  | 'ENGAGING'
  | 'LOST'
  | 'NEGOTIATION'
  | 'PROPOSAL'
  | 'PROSPECTING'
  | 'WON';

export type OwnerSource =
  /** Not in the CRM; taken from the account's latest opportunity. */
  | 'DERIVED'
  /** The CRM says so. */
  | 'RECORDED';

export type RecordConversionInput = {
  readonly accountId: string;
  /** By default now; not in the future, and at most 400 days ago. */
  readonly at?: string | null | undefined;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
  readonly kind: ConversionKind;
};

export type RecordTouchInput = {
  /** Where it is left out, leadId is needed. */
  readonly accountId?: string | null | undefined;
  /** By default now; not in the future, and at most 400 days ago. */
  readonly at?: string | null | undefined;
  readonly campaignId?: string | null | undefined;
  readonly channel: TouchChannel;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
  readonly kind: TouchKind;
  readonly leadId?: string | null | undefined;
};

export type SuppressionReason =
  /** Mail to the address comes back. */
  | 'BOUNCE'
  /** The contact reported a message as spam. */
  | 'COMPLAINT'
  /** The contact denied or withdrew consent to being written to; lifted once it is granted again. */
  | 'CONSENT'
  /** Somebody on our side put the contact on the list. */
  | 'MANUAL'
  | 'UNSUBSCRIBE';

export type TouchChannel =
  | 'DIRECT'
  | 'DISPLAY'
  | 'EMAIL'
  | 'EVENT'
  | 'ORGANIC_SEARCH'
  | 'ORGANIC_SOCIAL'
  /** A call or message of a rep. */
  | 'OUTBOUND'
  | 'PAID_SEARCH'
  | 'PAID_SOCIAL'
  | 'PARTNER'
  | 'REFERRAL'
  | 'WEBINAR';

export type TouchKind =
  | 'ATTENDANCE'
  | 'CLICK'
  | 'DOWNLOAD'
  | 'FORM_SUBMISSION'
  /** Something was shown; nobody is known to have reacted. */
  | 'IMPRESSION'
  | 'MEETING'
  /** A message was opened. */
  | 'OPEN'
  | 'REPLY'
  | 'VISIT';

export type TrendInterval =
  | 'DAY'
  | 'WEEK';

export type TriggerNurtureInput = {
  readonly campaignId: string;
  /** Whom the platform does not hold yet it takes in with this. */
  readonly contactId: string;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
};

export type UnsubscribeInput = {
  readonly contactId: string;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
  /** What was said about it: 1 to 500 characters. */
  readonly reason?: string | null | undefined;
};

export type UpdateConsentInput = {
  /** 1 to 100, in the order in which they were decided. */
  readonly changes: ReadonlyArray<ConsentChange>;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: string;
};

export type UpdateLeadStatusInput = {
  readonly idempotencyKey: string;
  readonly ifVersion?: number | null | undefined;
  readonly leadId: string;
  readonly status: LeadStatus;
};

/** Days are UTC; the day of the watermark is the last of them. */
export type UsageWindow =
  | 'LAST_7_DAYS'
  | 'LAST_30_DAYS'
  | 'LAST_90_DAYS'
  | 'LAST_365_DAYS';

export type AccountOfDomainQueryVariables = Exact<{
  domain: string;
}>;


export type AccountOfDomainQuery = { readonly accountByDomain: { readonly id: string } | null };

export type AccountSnapshotQueryVariables = Exact<{
  id: string;
}>;


export type AccountSnapshotQuery = { readonly account: { readonly id: string, readonly name: string, readonly domain: string | null, readonly industry: string | null, readonly country: string | null, readonly employees: number | null, readonly lifecycleStage: LifecycleStage | null, readonly ownerSource: OwnerSource | null, readonly observedAt: string, readonly annualRevenue: { readonly amount: string, readonly currency: string } | null, readonly owner: { readonly id: string, readonly name: string } | null, readonly pipeline: { readonly openCount: number, readonly wonCount: number, readonly lostCount: number, readonly observedAt: string | null, readonly openAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null, readonly wonAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null }, readonly opportunities: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly stage: OpportunityStage, readonly closeDate: string | null, readonly observedAt: string, readonly amount: { readonly amount: string, readonly currency: string } | null, readonly owner: { readonly id: string, readonly name: string } | null }> }, readonly leads: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly status: LeadStatus, readonly source: string | null, readonly updatedAt: string, readonly observedAt: string, readonly score: { readonly value: number, readonly asOf: string, readonly observedAt: string } | null }> }, readonly contacts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly title: string | null, readonly email: string | null, readonly observedAt: string, readonly engagement: { readonly sent: number, readonly delivered: number, readonly opened: number, readonly clicked: number, readonly lastOpenedAt: string | null, readonly lastClickedAt: string | null, readonly observedAt: string } | null, readonly suppressions: ReadonlyArray<{ readonly reason: SuppressionReason, readonly suppressedAt: string, readonly observedAt: string }> | null, readonly consents: ReadonlyArray<{ readonly purpose: string, readonly state: ConsentState, readonly legalBasis: LegalBasis | null, readonly jurisdiction: string | null, readonly updatedAt: string | null, readonly observedAt: string | null }> | null }> }, readonly emailEngagement: { readonly contactsMailed: number, readonly delivered: number, readonly opened: number, readonly clicked: number, readonly openRate: number | null, readonly clickRate: number | null, readonly lastEngagedAt: string | null, readonly suppressedContacts: number, readonly observedAt: string } | null, readonly usage: { readonly visits: number, readonly activeUsers: number, readonly pageViews: number, readonly lastSeenAt: string | null, readonly from: string, readonly to: string, readonly asOf: string, readonly observedAt: string } | null, readonly touches: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly channel: TouchChannel, readonly kind: TouchKind, readonly at: string, readonly observedAt: string, readonly campaign: { readonly id: string, readonly name: string } | null }> } | null, readonly attribution: { readonly touches: number, readonly asOf: string, readonly observedAt: string, readonly channels: ReadonlyArray<{ readonly channel: TouchChannel, readonly credit: string, readonly touches: number }> } | null } | null };

export type AccountsOfContactsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type AccountsOfContactsQuery = { readonly contacts: ReadonlyArray<{ readonly id: string, readonly account: { readonly id: string } | null }> };

export type AddressesOfContactsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type AddressesOfContactsQuery = { readonly contacts: ReadonlyArray<{ readonly id: string, readonly email: string | null }> };

export type AssignAccountOwnerMutationVariables = Exact<{
  input: AssignAccountOwnerInput;
}>;


export type AssignAccountOwnerMutation = { readonly assignAccountOwner: { readonly replayed: boolean, readonly account: { readonly id: string, readonly ownerSource: OwnerSource | null, readonly version: number, readonly owner: { readonly id: string, readonly name: string } | null }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type AssignLeadOwnerMutationVariables = Exact<{
  input: AssignLeadOwnerInput;
}>;


export type AssignLeadOwnerMutation = { readonly assignLeadOwner: { readonly replayed: boolean, readonly lead: { readonly id: string, readonly version: number, readonly owner: { readonly id: string, readonly name: string } | null }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type ConsentOfContactQueryVariables = Exact<{
  id: string;
  purpose: string;
}>;


export type ConsentOfContactQuery = { readonly contact: { readonly consent: { readonly state: ConsentState } | null } | null };

export type ContactsByAddressQueryVariables = Exact<{
  a0: string;
  a1: string;
  a2: string;
  a3: string;
  a4: string;
  a5: string;
  a6: string;
  a7: string;
  a8: string;
  a9: string;
  a10: string;
  a11: string;
  a12: string;
  a13: string;
  a14: string;
  a15: string;
  a16: string;
  a17: string;
  a18: string;
  a19: string;
}>;


export type ContactsByAddressQuery = { readonly c0: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c1: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c2: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c3: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c4: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c5: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c6: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c7: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c8: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c9: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c10: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c11: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c12: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c13: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c14: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c15: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c16: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c17: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c18: { readonly id: string, readonly account: { readonly id: string } | null } | null, readonly c19: { readonly id: string, readonly account: { readonly id: string } | null } | null };

export type CreateLeadMutationVariables = Exact<{
  input: CreateLeadInput;
}>;


export type CreateLeadMutation = { readonly createLead: { readonly replayed: boolean, readonly lead: { readonly id: string, readonly status: LeadStatus, readonly source: string | null, readonly version: number, readonly contact: { readonly id: string } | null, readonly account: { readonly id: string } | null, readonly owner: { readonly id: string, readonly name: string } | null }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type DashboardQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type DashboardQuery = { readonly accounts: { readonly totalCount: number, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly domain: string | null, readonly industry: string | null, readonly country: string | null, readonly employees: number | null, readonly observedAt: string, readonly annualRevenue: { readonly amount: string, readonly currency: string } | null, readonly owner: { readonly id: string, readonly name: string } | null, readonly pipeline: { readonly openCount: number, readonly wonCount: number, readonly openAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null, readonly wonAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null }, readonly contacts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly title: string | null, readonly email: string | null, readonly engagement: { readonly delivered: number, readonly opened: number, readonly clicked: number, readonly lastOpenedAt: string | null } | null, readonly consents: ReadonlyArray<{ readonly purpose: string, readonly state: ConsentState }> | null }> }, readonly emailEngagement: { readonly contactsMailed: number, readonly delivered: number, readonly openRate: number | null, readonly clickRate: number | null, readonly lastEngagedAt: string | null } | null, readonly usage: { readonly visits: number, readonly activeUsers: number, readonly pageViews: number, readonly lastSeenAt: string | null, readonly asOf: string } | null, readonly attribution: { readonly touches: number, readonly channels: ReadonlyArray<{ readonly channel: TouchChannel, readonly credit: string }> } | null }> } };

export type EventCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type EventCursorQuery = { readonly eventCursor: string };

export type LatestAccountQueryVariables = Exact<{ [key: string]: never; }>;


export type LatestAccountQuery = { readonly accounts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly domain: string | null, readonly industry: string | null, readonly country: string | null, readonly observedAt: string, readonly owner: { readonly id: string, readonly name: string } | null, readonly pipeline: { readonly openCount: number, readonly openAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null }, readonly emailEngagement: { readonly openRate: number | null, readonly lastEngagedAt: string | null, readonly observedAt: string } | null, readonly usage: { readonly visits: number, readonly activeUsers: number, readonly asOf: string, readonly observedAt: string } | null, readonly contacts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly consent: { readonly state: ConsentState, readonly observedAt: string | null } | null }> } }> } };

export type MarketingDashboardQueryVariables = Exact<{
  first?: number;
  window?: UsageWindow;
}>;


export type MarketingDashboardQuery = { readonly campaigns: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly channel: CampaignChannel, readonly status: CampaignStatus, readonly startedAt: string | null, readonly stats: { readonly recipients: number, readonly delivered: number, readonly opened: number, readonly clicked: number, readonly unsubscribed: number } }> }, readonly channelPerformance: { readonly asOf: string, readonly channels: ReadonlyArray<{ readonly channel: TouchChannel, readonly touches: number }> } | null, readonly mostActiveAccounts: { readonly asOf: string, readonly accounts: ReadonlyArray<{ readonly visits: number, readonly account: { readonly id: string, readonly name: string, readonly owner: { readonly id: string, readonly name: string } | null } | null }> } | null, readonly pipeline: ReadonlyArray<{ readonly key: string | null, readonly totals: { readonly openCount: number, readonly wonCount: number, readonly lostCount: number } }> };

export type MoveOpportunityStageMutationVariables = Exact<{
  input: MoveOpportunityStageInput;
}>;


export type MoveOpportunityStageMutation = { readonly moveOpportunityStage: { readonly replayed: boolean, readonly opportunity: { readonly id: string, readonly stage: OpportunityStage, readonly closeDate: string | null, readonly version: number }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type RecordConversionMutationVariables = Exact<{
  input: RecordConversionInput;
}>;


export type RecordConversionMutation = { readonly recordConversion: { readonly replayed: boolean, readonly conversion: { readonly id: string, readonly kind: ConversionKind, readonly at: string }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type RecordTouchMutationVariables = Exact<{
  input: RecordTouchInput;
}>;


export type RecordTouchMutation = { readonly recordTouch: { readonly replayed: boolean, readonly touch: { readonly id: string, readonly channel: TouchChannel, readonly kind: TouchKind, readonly at: string, readonly campaign: { readonly id: string, readonly name: string } | null }, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type SidebarQueryVariables = Exact<{
  id: string;
  window?: UsageWindow;
  interval?: TrendInterval;
}>;


export type SidebarQuery = { readonly account: { readonly id: string, readonly name: string, readonly domain: string | null, readonly industry: string | null, readonly country: string | null, readonly employees: number | null, readonly lifecycleStage: LifecycleStage | null, readonly ownerSource: OwnerSource | null, readonly observedAt: string, readonly owner: { readonly id: string, readonly name: string, readonly team: string | null } | null, readonly pipeline: { readonly openCount: number, readonly wonCount: number, readonly lostCount: number, readonly openAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null, readonly wonAmount: ReadonlyArray<{ readonly amount: string, readonly currency: string }> | null }, readonly opportunities: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly stage: OpportunityStage, readonly closeDate: string | null, readonly amount: { readonly amount: string, readonly currency: string } | null }> }, readonly contacts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly title: string | null, readonly email: string | null, readonly phone: string | null, readonly engagement: { readonly delivered: number, readonly opened: number, readonly lastOpenedAt: string | null } | null, readonly suppressions: ReadonlyArray<{ readonly reason: SuppressionReason, readonly suppressedAt: string }> | null, readonly consents: ReadonlyArray<{ readonly purpose: string, readonly state: ConsentState, readonly legalBasis: LegalBasis | null, readonly jurisdiction: string | null, readonly updatedAt: string | null, readonly observedAt: string | null }> | null }> }, readonly emailEngagement: { readonly contactsMailed: number, readonly delivered: number, readonly opened: number, readonly clicked: number, readonly openRate: number | null, readonly clickRate: number | null, readonly lastEngagedAt: string | null, readonly suppressedContacts: number, readonly observedAt: string } | null, readonly usage: { readonly visits: number, readonly activeUsers: number, readonly lastSeenAt: string | null } | null, readonly usageTrend: { readonly interval: TrendInterval, readonly asOf: string, readonly observedAt: string, readonly buckets: ReadonlyArray<{ readonly start: string, readonly visits: number, readonly pageViews: number }> } | null, readonly touches: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly channel: TouchChannel, readonly kind: TouchKind, readonly at: string, readonly campaign: { readonly id: string, readonly name: string } | null }> } | null, readonly attribution: { readonly touches: number, readonly asOf: string, readonly observedAt: string, readonly channels: ReadonlyArray<{ readonly channel: TouchChannel, readonly credit: string, readonly touches: number }> } | null } | null };

export type TriggerNurtureMutationVariables = Exact<{
  input: TriggerNurtureInput;
}>;


export type TriggerNurtureMutation = { readonly triggerNurture: { readonly replayed: boolean, readonly enrollment: { readonly id: string, readonly state: EnrollmentState, readonly enrolledAt: string, readonly campaign: { readonly id: string, readonly name: string } | null } | null, readonly refusal: { readonly reason: EnrollmentRefusalReason, readonly purpose: string | null } | null, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type UnsubscribeMutationVariables = Exact<{
  input: UnsubscribeInput;
}>;


export type UnsubscribeMutation = { readonly unsubscribe: { readonly replayed: boolean, readonly suppression: { readonly id: string, readonly reason: SuppressionReason, readonly suppressedAt: string } | null, readonly contact: { readonly id: string, readonly suppressions: ReadonlyArray<{ readonly reason: SuppressionReason }> | null } | null, readonly event: { readonly id: string, readonly type: string } | null } | null };

export type UpdateConsentMutationVariables = Exact<{
  input: UpdateConsentInput;
}>;


export type UpdateConsentMutation = { readonly updateConsent: { readonly replayed: boolean, readonly records: ReadonlyArray<{ readonly id: string, readonly purpose: string, readonly decision: ConsentDecision, readonly recordedAt: string }>, readonly contacts: ReadonlyArray<{ readonly id: string, readonly consents: ReadonlyArray<{ readonly purpose: string, readonly state: ConsentState }> | null }>, readonly events: ReadonlyArray<{ readonly id: string, readonly type: string }> } | null };

export type UpdateLeadStatusMutationVariables = Exact<{
  input: UpdateLeadStatusInput;
}>;


export type UpdateLeadStatusMutation = { readonly updateLeadStatus: { readonly replayed: boolean, readonly lead: { readonly id: string, readonly status: LeadStatus, readonly version: number, readonly updatedAt: string }, readonly event: { readonly id: string, readonly type: string } | null } | null };
