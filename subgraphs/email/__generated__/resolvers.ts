import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AccountEngagement } from '../store/engagement.ts';
import type { Campaign as CampaignRow, Recipient, Enrollment as EnrollmentRow, Suppression as SuppressionRow } from '../store/tables.ts';
import type { Context } from '../loaders.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** RFC 3339 time in UTC, such as 2026-03-01T09:30:00.000Z. */
  DateTime: { input: string; output: string; }
  _FieldSet: { input: string; output: string; }
};

export type Account = {
  readonly __typename?: 'Account';
  /** All mail to the account's contacts so far; null where the platform holds none of them. */
  readonly emailEngagement: Maybe<AccountEmailEngagement>;
  readonly id: Scalars['ID']['output'];
};

/** Sums over the contacts of an account that the platform holds. Counts are of messages, as for one contact. */
export type AccountEmailEngagement = {
  readonly __typename?: 'AccountEmailEngagement';
  readonly bounced: Scalars['Int']['output'];
  /** Clicked per delivered, from 0 to 1; null where nothing was delivered. */
  readonly clickRate: Maybe<Scalars['Float']['output']>;
  readonly clicked: Scalars['Int']['output'];
  /** Contacts that were sent at least one message. */
  readonly contactsMailed: Scalars['Int']['output'];
  readonly delivered: Scalars['Int']['output'];
  /** The last open or click of any contact. */
  readonly lastEngagedAt: Maybe<Scalars['DateTime']['output']>;
  /** The oldest observation among the values that were summed. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** Opened per delivered, from 0 to 1; null where nothing was delivered. */
  readonly openRate: Maybe<Scalars['Float']['output']>;
  readonly opened: Scalars['Int']['output'];
  readonly sent: Scalars['Int']['output'];
  /** Contacts with at least one suppression. */
  readonly suppressedContacts: Scalars['Int']['output'];
};

/** Something that is sent to many. */
export type Campaign = {
  readonly __typename?: 'Campaign';
  readonly channel: CampaignChannel;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  /** When the first message went out; null before that. */
  readonly startedAt: Maybe<Scalars['DateTime']['output']>;
  readonly stats: CampaignStats;
  readonly status: CampaignStatus;
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};

export type CampaignChannel =
  | 'EMAIL'
  | 'IN_APP'
  | 'PUSH'
  | 'SMS';

export type CampaignConnection = {
  readonly __typename?: 'CampaignConnection';
  readonly edges: ReadonlyArray<CampaignEdge>;
  readonly nodes: ReadonlyArray<Campaign>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type CampaignEdge = {
  readonly __typename?: 'CampaignEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Campaign;
};

export type CampaignFilter = {
  readonly channel?: InputMaybe<ReadonlyArray<CampaignChannel>>;
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Part of the name, in any case. */
  readonly nameContains?: InputMaybe<Scalars['String']['input']>;
  /** Started before this time. */
  readonly startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Started at this time or later. */
  readonly startedFrom?: InputMaybe<Scalars['DateTime']['input']>;
  readonly status?: InputMaybe<ReadonlyArray<CampaignStatus>>;
};

export type CampaignOrder = {
  readonly by: CampaignOrderField;
  readonly direction?: Direction;
};

export type CampaignOrderField =
  | 'CREATED_AT'
  | 'NAME'
  | 'UPDATED_AT';

/** Recipients are contacts, all other counts are of messages: one that was opened five times counts once as opened. */
export type CampaignStats = {
  readonly __typename?: 'CampaignStats';
  readonly bounced: Scalars['Int']['output'];
  readonly clicked: Scalars['Int']['output'];
  readonly delivered: Scalars['Int']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly opened: Scalars['Int']['output'];
  readonly recipients: Scalars['Int']['output'];
  readonly sent: Scalars['Int']['output'];
  readonly unsubscribed: Scalars['Int']['output'];
};

export type CampaignStatus =
  | 'ACTIVE'
  | 'COMPLETED'
  | 'DRAFT'
  | 'PAUSED'
  | 'SCHEDULED';

export type Contact = {
  readonly __typename?: 'Contact';
  /** All mail to the contact so far: zeros before the first, null for a contact that the platform does not hold. */
  readonly engagement: Maybe<EmailEngagement>;
  /** The campaigns the contact was put into, latest first. */
  readonly enrollments: Maybe<EnrollmentConnection>;
  readonly id: Scalars['ID']['output'];
  /** Why the platform must not write to the contact, latest first; empty where nothing forbids it. */
  readonly suppressions: Maybe<ReadonlyArray<Suppression>>;
};


export type ContactEnrollmentsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  state?: InputMaybe<ReadonlyArray<EnrollmentState>>;
};

export type Direction =
  | 'ASC'
  | 'DESC';

/** Counts are of messages: one that was opened five times counts once as opened. */
export type EmailEngagement = {
  readonly __typename?: 'EmailEngagement';
  readonly bounced: Scalars['Int']['output'];
  readonly clicked: Scalars['Int']['output'];
  readonly delivered: Scalars['Int']['output'];
  readonly lastClickedAt: Maybe<Scalars['DateTime']['output']>;
  readonly lastOpenedAt: Maybe<Scalars['DateTime']['output']>;
  /** When the platform was last seen to hold these values. */
  readonly observedAt: Scalars['DateTime']['output'];
  readonly opened: Scalars['Int']['output'];
  readonly sent: Scalars['Int']['output'];
};

/** One contact's way through one campaign. */
export type Enrollment = {
  readonly __typename?: 'Enrollment';
  /** Null where the platform no longer knows the campaign. */
  readonly campaign: Maybe<Campaign>;
  readonly enrolledAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly state: EnrollmentState;
  /** What the vendor said of a change that it refused; it may quote a person. */
  readonly syncReason: Maybe<Scalars['String']['output']>;
  /** Whether the vendor's email platform has it: one that was refused has ended. Null where this house is the system of record. */
  readonly syncState: Maybe<SyncState>;
};

export type EnrollmentConnection = {
  readonly __typename?: 'EnrollmentConnection';
  readonly edges: ReadonlyArray<EnrollmentEdge>;
  readonly nodes: ReadonlyArray<Enrollment>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type EnrollmentEdge = {
  readonly __typename?: 'EnrollmentEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Enrollment;
};

/** Why a contact was not put into a campaign: the first reason that was found, in the order of its enum. */
export type EnrollmentRefusal = {
  readonly __typename?: 'EnrollmentRefusal';
  /** The purpose that consent was asked for; null where it did not come to that. */
  readonly purpose: Maybe<Scalars['String']['output']>;
  readonly reason: EnrollmentRefusalReason;
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

/** The event that tells of a change. It reaches its readers after the answer. */
export type EventReceipt = {
  readonly __typename?: 'EventReceipt';
  readonly id: Scalars['ID']['output'];
  /** Such as tributary.crm.LeadCreated.v1. */
  readonly type: Scalars['String']['output'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Puts a contact into a running campaign. Whether the contact consents is asked of whoever owns consents at that moment;
   * where that cannot be found out nothing is done, with the error CONSENT_UNAVAILABLE. A refusal is an answer, not an
   * error: it has its reason and an event of its own, and its key stays free, so that the same may be tried again.
   */
  readonly triggerNurture: Maybe<TriggerNurturePayload>;
  /** Notes that a contact wants no more mail, and takes it out of every campaign that it is in. */
  readonly unsubscribe: Maybe<UnsubscribePayload>;
};


export type MutationTriggerNurtureArgs = {
  input: TriggerNurtureInput;
};


export type MutationUnsubscribeArgs = {
  input: UnsubscribeInput;
};

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  readonly campaign: Maybe<Campaign>;
  readonly campaigns: CampaignConnection;
};


export type QueryCampaignArgs = {
  id: Scalars['ID']['input'];
};


export type QueryCampaignsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<CampaignFilter>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<CampaignOrder>;
};

export type Suppression = {
  readonly __typename?: 'Suppression';
  readonly id: Scalars['ID']['output'];
  /** What was said about it; it may quote the person. */
  readonly note: Maybe<Scalars['String']['output']>;
  readonly observedAt: Scalars['DateTime']['output'];
  readonly reason: SuppressionReason;
  readonly suppressedAt: Scalars['DateTime']['output'];
  /** What the vendor said of a change that it refused; it may quote a person. */
  readonly syncReason: Maybe<Scalars['String']['output']>;
  /**
   * Whether the vendor's email platform has it; null where this house is the system of record. One that was refused stands
   * here all the same: REJECTED means that the vendor may still write to the contact, or that it did not lift it.
   */
  readonly syncState: Maybe<SyncState>;
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

/** Where a vendor's system is the system of record, a change is made here at once and then brought there. */
export type SyncState =
  /** The vendor has it. */
  | 'ACCEPTED'
  /** On its way. */
  | 'PENDING'
  /** The vendor refused it. */
  | 'REJECTED';

export type TriggerNurtureInput = {
  readonly campaignId: Scalars['ID']['input'];
  /** Whom the platform does not hold yet it takes in with this. */
  readonly contactId: Scalars['ID']['input'];
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
};

export type TriggerNurturePayload = {
  readonly __typename?: 'TriggerNurturePayload';
  /** Null where its owner no longer knows the contact. */
  readonly contact: Maybe<Contact>;
  /** Null where it was refused. */
  readonly enrollment: Maybe<Enrollment>;
  /** CampaignEnrolled or EnrollmentRefused. */
  readonly event: Maybe<EventReceipt>;
  /** Null where the contact was enrolled. */
  readonly refusal: Maybe<EnrollmentRefusal>;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
};

export type UnsubscribeInput = {
  readonly contactId: Scalars['ID']['input'];
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
  /** What was said about it: 1 to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type UnsubscribePayload = {
  readonly __typename?: 'UnsubscribePayload';
  /** Null where its owner no longer knows the contact. */
  readonly contact: Maybe<Contact>;
  /** Unsubscribed; null where the contact had unsubscribed before. ContactSuppressed follows it. */
  readonly event: Maybe<EventReceipt>;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
  /** What keeps mail from the contact; an earlier one where it had unsubscribed before. */
  readonly suppression: Maybe<Suppression>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Account: Account;
  Campaign: Campaign;
  Contact: Contact;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Account:
    ( { __typename: 'Account' }
    & GraphQLRecursivePick<FederationTypes['Account'], {"id":true}> );
  Campaign:
    ( { __typename: 'Campaign' }
    & GraphQLRecursivePick<FederationTypes['Campaign'], {"id":true}> );
  Contact:
    ( { __typename: 'Contact' }
    & GraphQLRecursivePick<FederationTypes['Contact'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Account: ResolverTypeWrapper<{ readonly id: string }>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AccountEmailEngagement: ResolverTypeWrapper<AccountEngagement>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Campaign: ResolverTypeWrapper<CampaignRow>;
  CampaignChannel: CampaignChannel;
  CampaignConnection: ResolverTypeWrapper<Omit<CampaignConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['CampaignEdge']>, nodes: ReadonlyArray<ResolversTypes['Campaign']> }>;
  CampaignEdge: ResolverTypeWrapper<Omit<CampaignEdge, 'node'> & { node: ResolversTypes['Campaign'] }>;
  CampaignFilter: CampaignFilter;
  CampaignOrder: CampaignOrder;
  CampaignOrderField: CampaignOrderField;
  CampaignStats: ResolverTypeWrapper<CampaignRow>;
  CampaignStatus: CampaignStatus;
  Contact: ResolverTypeWrapper<{ readonly id: string }>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Direction: Direction;
  EmailEngagement: ResolverTypeWrapper<Recipient>;
  Enrollment: ResolverTypeWrapper<EnrollmentRow>;
  EnrollmentConnection: ResolverTypeWrapper<Omit<EnrollmentConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['EnrollmentEdge']>, nodes: ReadonlyArray<ResolversTypes['Enrollment']> }>;
  EnrollmentEdge: ResolverTypeWrapper<Omit<EnrollmentEdge, 'node'> & { node: ResolversTypes['Enrollment'] }>;
  EnrollmentRefusal: ResolverTypeWrapper<EnrollmentRefusal>;
  EnrollmentRefusalReason: EnrollmentRefusalReason;
  EnrollmentState: EnrollmentState;
  EventReceipt: ResolverTypeWrapper<EventReceipt>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Suppression: ResolverTypeWrapper<SuppressionRow>;
  SuppressionReason: SuppressionReason;
  SyncState: SyncState;
  TriggerNurtureInput: TriggerNurtureInput;
  TriggerNurturePayload: ResolverTypeWrapper<Omit<TriggerNurturePayload, 'contact' | 'enrollment'> & { contact?: Maybe<ResolversTypes['Contact']>, enrollment?: Maybe<ResolversTypes['Enrollment']> }>;
  UnsubscribeInput: UnsubscribeInput;
  UnsubscribePayload: ResolverTypeWrapper<Omit<UnsubscribePayload, 'contact' | 'suppression'> & { contact?: Maybe<ResolversTypes['Contact']>, suppression?: Maybe<ResolversTypes['Suppression']> }>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: { readonly id: string };
  ID: Scalars['ID']['output'];
  AccountEmailEngagement: AccountEngagement;
  Int: Scalars['Int']['output'];
  Float: Scalars['Float']['output'];
  Campaign: CampaignRow;
  CampaignConnection: Omit<CampaignConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['CampaignEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Campaign']> };
  CampaignEdge: Omit<CampaignEdge, 'node'> & { node: ResolversParentTypes['Campaign'] };
  CampaignFilter: CampaignFilter;
  CampaignOrder: CampaignOrder;
  CampaignStats: CampaignRow;
  Contact: { readonly id: string };
  DateTime: Scalars['DateTime']['output'];
  EmailEngagement: Recipient;
  Enrollment: EnrollmentRow;
  EnrollmentConnection: Omit<EnrollmentConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['EnrollmentEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Enrollment']> };
  EnrollmentEdge: Omit<EnrollmentEdge, 'node'> & { node: ResolversParentTypes['Enrollment'] };
  EnrollmentRefusal: EnrollmentRefusal;
  EventReceipt: EventReceipt;
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  Query: Record<PropertyKey, never>;
  Suppression: SuppressionRow;
  TriggerNurtureInput: TriggerNurtureInput;
  TriggerNurturePayload: Omit<TriggerNurturePayload, 'contact' | 'enrollment'> & { contact?: Maybe<ResolversParentTypes['Contact']>, enrollment?: Maybe<ResolversParentTypes['Enrollment']> };
  UnsubscribeInput: UnsubscribeInput;
  UnsubscribePayload: Omit<UnsubscribePayload, 'contact' | 'suppression'> & { contact?: Maybe<ResolversParentTypes['Contact']>, suppression?: Maybe<ResolversParentTypes['Suppression']> };
  String: Scalars['String']['output'];
};

export type ContactDirectiveArgs = {
  description?: Maybe<Scalars['String']['input']>;
  name: Scalars['String']['input'];
  url?: Maybe<Scalars['String']['input']>;
};

export type ContactDirectiveResolver<Result, Parent, ContextType = Context, Args = ContactDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account'], FederationReferenceType extends FederationReferenceTypes['Account'] = FederationReferenceTypes['Account']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Account']> | FederationReferenceType, FederationReferenceType, ContextType>;
  emailEngagement?: Resolver<Maybe<ResolversTypes['AccountEmailEngagement']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type AccountEmailEngagementResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountEmailEngagement'] = ResolversParentTypes['AccountEmailEngagement']> = {
  bounced?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clickRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  clicked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  contactsMailed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  delivered?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  lastEngagedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  openRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  opened?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  sent?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  suppressedContacts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CampaignResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Campaign'] = ResolversParentTypes['Campaign'], FederationReferenceType extends FederationReferenceTypes['Campaign'] = FederationReferenceTypes['Campaign']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Campaign']> | FederationReferenceType, FederationReferenceType, ContextType>;
  channel?: Resolver<ResolversTypes['CampaignChannel'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  stats?: Resolver<ResolversTypes['CampaignStats'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['CampaignStatus'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CampaignConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CampaignConnection'] = ResolversParentTypes['CampaignConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CampaignEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Campaign']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CampaignEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CampaignEdge'] = ResolversParentTypes['CampaignEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Campaign'], ParentType, ContextType>;
};

export type CampaignStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CampaignStats'] = ResolversParentTypes['CampaignStats']> = {
  bounced?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clicked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  delivered?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  opened?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  recipients?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  sent?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unsubscribed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ContactResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Contact'] = ResolversParentTypes['Contact'], FederationReferenceType extends FederationReferenceTypes['Contact'] = FederationReferenceTypes['Contact']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Contact']> | FederationReferenceType, FederationReferenceType, ContextType>;
  engagement?: Resolver<Maybe<ResolversTypes['EmailEngagement']>, ParentType, ContextType>;
  enrollments?: Resolver<Maybe<ResolversTypes['EnrollmentConnection']>, ParentType, ContextType, RequireFields<ContactEnrollmentsArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  suppressions?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Suppression']>>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type EmailEngagementResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EmailEngagement'] = ResolversParentTypes['EmailEngagement']> = {
  bounced?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clicked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  delivered?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  lastClickedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastOpenedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  opened?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  sent?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type EnrollmentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Enrollment'] = ResolversParentTypes['Enrollment']> = {
  campaign?: Resolver<Maybe<ResolversTypes['Campaign']>, ParentType, ContextType>;
  enrolledAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['EnrollmentState'], ParentType, ContextType>;
  syncReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  syncState?: Resolver<Maybe<ResolversTypes['SyncState']>, ParentType, ContextType>;
};

export type EnrollmentConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EnrollmentConnection'] = ResolversParentTypes['EnrollmentConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EnrollmentEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Enrollment']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type EnrollmentEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EnrollmentEdge'] = ResolversParentTypes['EnrollmentEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Enrollment'], ParentType, ContextType>;
};

export type EnrollmentRefusalResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EnrollmentRefusal'] = ResolversParentTypes['EnrollmentRefusal']> = {
  purpose?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['EnrollmentRefusalReason'], ParentType, ContextType>;
};

export type EventReceiptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventReceipt'] = ResolversParentTypes['EventReceipt']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  triggerNurture?: Resolver<Maybe<ResolversTypes['TriggerNurturePayload']>, ParentType, ContextType, RequireFields<MutationTriggerNurtureArgs, 'input'>>;
  unsubscribe?: Resolver<Maybe<ResolversTypes['UnsubscribePayload']>, ParentType, ContextType, RequireFields<MutationUnsubscribeArgs, 'input'>>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  campaign?: Resolver<Maybe<ResolversTypes['Campaign']>, ParentType, ContextType, RequireFields<QueryCampaignArgs, 'id'>>;
  campaigns?: Resolver<ResolversTypes['CampaignConnection'], ParentType, ContextType, RequireFields<QueryCampaignsArgs, 'first'>>;
};

export type SuppressionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Suppression'] = ResolversParentTypes['Suppression']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['SuppressionReason'], ParentType, ContextType>;
  suppressedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  syncReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  syncState?: Resolver<Maybe<ResolversTypes['SyncState']>, ParentType, ContextType>;
};

export type TriggerNurturePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TriggerNurturePayload'] = ResolversParentTypes['TriggerNurturePayload']> = {
  contact?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType>;
  enrollment?: Resolver<Maybe<ResolversTypes['Enrollment']>, ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  refusal?: Resolver<Maybe<ResolversTypes['EnrollmentRefusal']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type UnsubscribePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UnsubscribePayload'] = ResolversParentTypes['UnsubscribePayload']> = {
  contact?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  suppression?: Resolver<Maybe<ResolversTypes['Suppression']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Account?: AccountResolvers<ContextType>;
  AccountEmailEngagement?: AccountEmailEngagementResolvers<ContextType>;
  Campaign?: CampaignResolvers<ContextType>;
  CampaignConnection?: CampaignConnectionResolvers<ContextType>;
  CampaignEdge?: CampaignEdgeResolvers<ContextType>;
  CampaignStats?: CampaignStatsResolvers<ContextType>;
  Contact?: ContactResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  EmailEngagement?: EmailEngagementResolvers<ContextType>;
  Enrollment?: EnrollmentResolvers<ContextType>;
  EnrollmentConnection?: EnrollmentConnectionResolvers<ContextType>;
  EnrollmentEdge?: EnrollmentEdgeResolvers<ContextType>;
  EnrollmentRefusal?: EnrollmentRefusalResolvers<ContextType>;
  EventReceipt?: EventReceiptResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Suppression?: SuppressionResolvers<ContextType>;
  TriggerNurturePayload?: TriggerNurturePayloadResolvers<ContextType>;
  UnsubscribePayload?: UnsubscribePayloadResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  contact?: ContactDirectiveResolver<any, any, ContextType>;
};
