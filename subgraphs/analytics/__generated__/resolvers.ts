import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { ActiveAccount as ActiveAccountRow, Conversion as ConversionFact, Touch as TouchFact } from '../adapters/warehouse.ts';
import type { Attribution as AccountAttribution, Credit } from '../measures/attribution.ts';
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
  /** Calendar date, such as 2026-03-01. */
  Date: { input: string; output: string; }
  /** RFC 3339 time in UTC, such as 2026-03-01T09:30:00.000Z. */
  DateTime: { input: string; output: string; }
  /** Decimal number as text, such as "1234.50": never a float. */
  Decimal: { input: string; output: string; }
  _FieldSet: { input: string; output: string; }
};

export type Account = {
  readonly __typename?: 'Account';
  readonly attribution: Maybe<Attribution>;
  readonly id: Scalars['ID']['output'];
  /** Latest first, up to the watermark. */
  readonly touches: Maybe<TouchConnection>;
  readonly usage: Maybe<Usage>;
  /** Usage over time, every day or week of the window in order, empty ones too. */
  readonly usageTrend: Maybe<UsageTrend>;
};


export type AccountAttributionArgs = {
  model: AttributionModel;
};


export type AccountTouchesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  channel?: InputMaybe<ReadonlyArray<TouchChannel>>;
  first?: Scalars['Int']['input'];
};


export type AccountUsageArgs = {
  window?: UsageWindow;
};


export type AccountUsageTrendArgs = {
  interval?: TrendInterval;
  window?: UsageWindow;
};

export type ActiveAccount = {
  readonly __typename?: 'ActiveAccount';
  /** Null where its owner no longer knows the account. */
  readonly account: Maybe<Account>;
  readonly lastSeenAt: Scalars['DateTime']['output'];
  readonly pageViews: Scalars['Int']['output'];
  readonly visits: Scalars['Int']['output'];
};

/**
 * Who gets the credit for the account's latest conversion. The path is made of the touches up to that
 * conversion, itself included in time; where there is no conversion yet, of all touches. Impressions count.
 */
export type Attribution = {
  readonly __typename?: 'Attribution';
  readonly asOf: Scalars['DateTime']['output'];
  /** The same credit by channel alone, the largest first. */
  readonly channels: ReadonlyArray<ChannelCredit>;
  /** Null where there is none yet. */
  readonly conversion: Maybe<Conversion>;
  /** By channel and campaign, the largest first. They sum to exactly 1; without touches there are none. */
  readonly credits: ReadonlyArray<AttributionCredit>;
  readonly model: AttributionModel;
  readonly observedAt: Scalars['DateTime']['output'];
  /** Touches in the path. */
  readonly touches: Scalars['Int']['output'];
};

export type AttributionCredit = {
  readonly __typename?: 'AttributionCredit';
  /** Null for touches of the channel that belonged to no campaign. */
  readonly campaign: Maybe<Campaign>;
  readonly channel: TouchChannel;
  /** From 0 to 1 with six places. */
  readonly credit: Scalars['Decimal']['output'];
  readonly touches: Scalars['Int']['output'];
};

/**
 * The rule-based models that web analytics has long used. A path of one touch gives it all the credit under
 * every model; touches at the same time are ordered by id.
 */
export type AttributionModel =
  /** All credit to the first touch. */
  | 'FIRST_TOUCH'
  /** All credit to the last touch. */
  | 'LAST_TOUCH'
  /** The same credit to every touch. */
  | 'LINEAR'
  /** 40 % to the first touch, 40 % to the last, 20 % to those between in equal parts; of two touches, half each. */
  | 'POSITION_BASED'
  /** A touch 7 days before another has half its credit: each weighs 2^(-age / 7 days), then all are scaled to 1. */
  | 'TIME_DECAY';

export type Campaign = {
  readonly __typename?: 'Campaign';
  readonly id: Scalars['ID']['output'];
};

export type ChannelCredit = {
  readonly __typename?: 'ChannelCredit';
  readonly channel: TouchChannel;
  /** From 0 to 1 with six places. */
  readonly credit: Scalars['Decimal']['output'];
  readonly touches: Scalars['Int']['output'];
};

export type ChannelPerformance = {
  readonly __typename?: 'ChannelPerformance';
  readonly asOf: Scalars['DateTime']['output'];
  readonly channels: ReadonlyArray<ChannelTotals>;
  readonly from: Scalars['DateTime']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly window: UsageWindow;
};

export type ChannelTotals = {
  readonly __typename?: 'ChannelTotals';
  /** Accounts touched within the window. */
  readonly accounts: Scalars['Int']['output'];
  /**
   * Accounts whose latest conversion lies in the window and that the channel touched before it, at any time. An
   * account counts for every channel that helped.
   */
  readonly assistedConversions: Scalars['Int']['output'];
  readonly channel: TouchChannel;
  /** Touches of accounts within the window. */
  readonly touches: Scalars['Int']['output'];
};

export type Conversion = {
  readonly __typename?: 'Conversion';
  readonly at: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly kind: ConversionKind;
  readonly observedAt: Scalars['DateTime']['output'];
};

export type ConversionKind =
  | 'LEAD_QUALIFIED'
  | 'OPPORTUNITY_OPENED'
  | 'OPPORTUNITY_WON';

/** The event that tells of a change. It reaches its readers after the answer. */
export type EventReceipt = {
  readonly __typename?: 'EventReceipt';
  readonly id: Scalars['ID']['output'];
  /** Such as tributary.crm.LeadCreated.v1. */
  readonly type: Scalars['String']['output'];
};

export type Lead = {
  readonly __typename?: 'Lead';
  readonly id: Scalars['ID']['output'];
  /** How likely the lead's own behaviour makes it that sales should talk to it. */
  readonly score: Maybe<LeadScore>;
  /** How much the lead visited in all, where a source counted that without saying when; null where none did. */
  readonly visitCount: Maybe<VisitCount>;
};

export type LeadScore = {
  readonly __typename?: 'LeadScore';
  readonly asOf: Scalars['DateTime']['output'];
  /** All factors of the model, in its order, those without points too. */
  readonly factors: ReadonlyArray<ScoreFactor>;
  /** Behaviour from here to the watermark counts. */
  readonly from: Scalars['DateTime']['output'];
  /** Names the rules that made the score; other rules have another name. */
  readonly modelVersion: Scalars['String']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  /** From 0 to 100: the sum of the factors' points. */
  readonly value: Scalars['Int']['output'];
};

export type MostActiveAccounts = {
  readonly __typename?: 'MostActiveAccounts';
  readonly accounts: ReadonlyArray<ActiveAccount>;
  readonly asOf: Scalars['DateTime']['output'];
  readonly from: Scalars['DateTime']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly window: UsageWindow;
};

/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /** Records that something marketing works for was reached at an account. */
  readonly recordConversion: Maybe<RecordConversionPayload>;
  /** Records one contact between marketing or sales and somebody. Accounts, leads and campaigns may be unknown here. */
  readonly recordTouch: Maybe<RecordTouchPayload>;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationRecordConversionArgs = {
  input: RecordConversionInput;
};


/** Each takes an idempotencyKey: sent again with the same key and input it does nothing more and answers the same event. */
export type MutationRecordTouchArgs = {
  input: RecordTouchInput;
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
  /** What each channel did for all accounts, the most touches first; null before the first watermark. */
  readonly channelPerformance: Maybe<ChannelPerformance>;
  /** The accounts with the most visits, at most 100; null before the first watermark. */
  readonly mostActiveAccounts: Maybe<MostActiveAccounts>;
};


export type QueryChannelPerformanceArgs = {
  window?: UsageWindow;
};


export type QueryMostActiveAccountsArgs = {
  first?: Scalars['Int']['input'];
  window?: UsageWindow;
};

export type RecordConversionInput = {
  readonly accountId: Scalars['ID']['input'];
  /** By default now; not in the future, and at most 400 days ago. */
  readonly at?: InputMaybe<Scalars['DateTime']['input']>;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly kind: ConversionKind;
};

export type RecordConversionPayload = {
  readonly __typename?: 'RecordConversionPayload';
  /** As it was recorded. */
  readonly conversion: Conversion;
  readonly event: Maybe<EventReceipt>;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
};

export type RecordTouchInput = {
  /** Where it is left out, leadId is needed. */
  readonly accountId?: InputMaybe<Scalars['ID']['input']>;
  /** By default now; not in the future, and at most 400 days ago. */
  readonly at?: InputMaybe<Scalars['DateTime']['input']>;
  readonly campaignId?: InputMaybe<Scalars['ID']['input']>;
  readonly channel: TouchChannel;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
  readonly kind: TouchKind;
  readonly leadId?: InputMaybe<Scalars['ID']['input']>;
};

export type RecordTouchPayload = {
  readonly __typename?: 'RecordTouchPayload';
  readonly event: Maybe<EventReceipt>;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
  /** As it was recorded. */
  readonly touch: Touch;
};

/** One reason for a score. */
export type ScoreFactor = {
  readonly __typename?: 'ScoreFactor';
  readonly maxPoints: Scalars['Int']['output'];
  readonly name: ScoreFactorName;
  readonly points: Scalars['Int']['output'];
  /** How the points come from the value. */
  readonly rule: Scalars['String']['output'];
  /** What was found: how many, or for RECENCY the full days since; null where there is nothing to count from. */
  readonly value: Maybe<Scalars['Int']['output']>;
};

export type ScoreFactorName =
  | 'CLICKS'
  /** Messages opened. */
  | 'OPENS'
  | 'PAGE_VIEWS'
  /** Of the latest of all these. */
  | 'RECENCY'
  /** Forms, downloads, attendances, replies and meetings. */
  | 'RESPONSES'
  | 'VISITS';

/** One contact between marketing or sales and somebody at the account. */
export type Touch = {
  readonly __typename?: 'Touch';
  readonly at: Scalars['DateTime']['output'];
  /** Null where the touch belonged to no campaign. */
  readonly campaign: Maybe<Campaign>;
  readonly channel: TouchChannel;
  readonly id: Scalars['ID']['output'];
  readonly kind: TouchKind;
  readonly observedAt: Scalars['DateTime']['output'];
};

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

export type TouchConnection = {
  readonly __typename?: 'TouchConnection';
  readonly edges: ReadonlyArray<TouchEdge>;
  readonly nodes: ReadonlyArray<Touch>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type TouchEdge = {
  readonly __typename?: 'TouchEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Touch;
};

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

export type Usage = {
  readonly __typename?: 'Usage';
  /** Distinct visitors. */
  readonly activeUsers: Scalars['Int']['output'];
  readonly asOf: Scalars['DateTime']['output'];
  /** Midnight UTC of the window's first day. */
  readonly from: Scalars['DateTime']['output'];
  /** The last visit ever, even before the window. */
  readonly lastSeenAt: Maybe<Scalars['DateTime']['output']>;
  readonly observedAt: Scalars['DateTime']['output'];
  readonly pageViews: Scalars['Int']['output'];
  /** Of the visits whose length was measured; null where none was. */
  readonly timeOnSiteSeconds: Maybe<Scalars['Int']['output']>;
  /** The watermark: the window's last day is the day of the watermark, so far as it is complete. */
  readonly to: Scalars['DateTime']['output'];
  readonly visits: Scalars['Int']['output'];
  readonly window: UsageWindow;
};

/** A day, or a week from Monday on; the window cuts its first and last week. */
export type UsageBucket = {
  readonly __typename?: 'UsageBucket';
  readonly pageViews: Scalars['Int']['output'];
  readonly start: Scalars['Date']['output'];
  readonly visits: Scalars['Int']['output'];
};

export type UsageTrend = {
  readonly __typename?: 'UsageTrend';
  readonly asOf: Scalars['DateTime']['output'];
  readonly buckets: ReadonlyArray<UsageBucket>;
  readonly from: Scalars['DateTime']['output'];
  readonly interval: TrendInterval;
  readonly observedAt: Scalars['DateTime']['output'];
  readonly to: Scalars['DateTime']['output'];
  readonly window: UsageWindow;
};

/** Days are UTC; the day of the watermark is the last of them. */
export type UsageWindow =
  | 'LAST_7_DAYS'
  | 'LAST_30_DAYS'
  | 'LAST_90_DAYS'
  | 'LAST_365_DAYS';

/**
 * Visits as their source counted them, up to the time of the count. No day is known of any of them, so that they are
 * in no usage and no trend; a score has them whole while the time of the count is in its days.
 */
export type VisitCount = {
  readonly __typename?: 'VisitCount';
  readonly asOf: Scalars['DateTime']['output'];
  /** When the count was taken: whatever came later is not in it. */
  readonly countedAt: Scalars['DateTime']['output'];
  readonly observedAt: Scalars['DateTime']['output'];
  readonly pageViews: Maybe<Scalars['Int']['output']>;
  readonly timeOnSiteSeconds: Maybe<Scalars['Int']['output']>;
  /** Like the fields below it, null where the source did not count them. */
  readonly visits: Maybe<Scalars['Int']['output']>;
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
  Lead: Lead;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Account:
    ( { __typename: 'Account' }
    & GraphQLRecursivePick<FederationTypes['Account'], {"id":true}> );
  Lead:
    ( { __typename: 'Lead' }
    & GraphQLRecursivePick<FederationTypes['Lead'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Account: ResolverTypeWrapper<{ readonly id: string }>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  ActiveAccount: ResolverTypeWrapper<ActiveAccountRow>;
  Attribution: ResolverTypeWrapper<AccountAttribution>;
  AttributionCredit: ResolverTypeWrapper<Credit>;
  AttributionModel: AttributionModel;
  Campaign: ResolverTypeWrapper<Campaign>;
  ChannelCredit: ResolverTypeWrapper<ChannelCredit>;
  ChannelPerformance: ResolverTypeWrapper<ChannelPerformance>;
  ChannelTotals: ResolverTypeWrapper<ChannelTotals>;
  Conversion: ResolverTypeWrapper<ConversionFact>;
  ConversionKind: ConversionKind;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  EventReceipt: ResolverTypeWrapper<EventReceipt>;
  Lead: ResolverTypeWrapper<{ readonly id: string }>;
  LeadScore: ResolverTypeWrapper<LeadScore>;
  MostActiveAccounts: ResolverTypeWrapper<Omit<MostActiveAccounts, 'accounts'> & { accounts: ReadonlyArray<ResolversTypes['ActiveAccount']> }>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RecordConversionInput: RecordConversionInput;
  RecordConversionPayload: ResolverTypeWrapper<Omit<RecordConversionPayload, 'conversion'> & { conversion: ResolversTypes['Conversion'] }>;
  RecordTouchInput: RecordTouchInput;
  RecordTouchPayload: ResolverTypeWrapper<Omit<RecordTouchPayload, 'touch'> & { touch: ResolversTypes['Touch'] }>;
  ScoreFactor: ResolverTypeWrapper<ScoreFactor>;
  ScoreFactorName: ScoreFactorName;
  Touch: ResolverTypeWrapper<TouchFact>;
  TouchChannel: TouchChannel;
  TouchConnection: ResolverTypeWrapper<Omit<TouchConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['TouchEdge']>, nodes: ReadonlyArray<ResolversTypes['Touch']> }>;
  TouchEdge: ResolverTypeWrapper<Omit<TouchEdge, 'node'> & { node: ResolversTypes['Touch'] }>;
  TouchKind: TouchKind;
  TrendInterval: TrendInterval;
  Usage: ResolverTypeWrapper<Usage>;
  UsageBucket: ResolverTypeWrapper<UsageBucket>;
  UsageTrend: ResolverTypeWrapper<UsageTrend>;
  UsageWindow: UsageWindow;
  VisitCount: ResolverTypeWrapper<VisitCount>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: { readonly id: string };
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  ActiveAccount: ActiveAccountRow;
  Attribution: AccountAttribution;
  AttributionCredit: Credit;
  Campaign: Campaign;
  ChannelCredit: ChannelCredit;
  ChannelPerformance: ChannelPerformance;
  ChannelTotals: ChannelTotals;
  Conversion: ConversionFact;
  Date: Scalars['Date']['output'];
  DateTime: Scalars['DateTime']['output'];
  Decimal: Scalars['Decimal']['output'];
  EventReceipt: EventReceipt;
  Lead: { readonly id: string };
  LeadScore: LeadScore;
  MostActiveAccounts: Omit<MostActiveAccounts, 'accounts'> & { accounts: ReadonlyArray<ResolversParentTypes['ActiveAccount']> };
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  Query: Record<PropertyKey, never>;
  RecordConversionInput: RecordConversionInput;
  RecordConversionPayload: Omit<RecordConversionPayload, 'conversion'> & { conversion: ResolversParentTypes['Conversion'] };
  RecordTouchInput: RecordTouchInput;
  RecordTouchPayload: Omit<RecordTouchPayload, 'touch'> & { touch: ResolversParentTypes['Touch'] };
  ScoreFactor: ScoreFactor;
  Touch: TouchFact;
  TouchConnection: Omit<TouchConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['TouchEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Touch']> };
  TouchEdge: Omit<TouchEdge, 'node'> & { node: ResolversParentTypes['Touch'] };
  Usage: Usage;
  UsageBucket: UsageBucket;
  UsageTrend: UsageTrend;
  VisitCount: VisitCount;
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
  attribution?: Resolver<Maybe<ResolversTypes['Attribution']>, ParentType, ContextType, RequireFields<AccountAttributionArgs, 'model'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  touches?: Resolver<Maybe<ResolversTypes['TouchConnection']>, ParentType, ContextType, RequireFields<AccountTouchesArgs, 'first'>>;
  usage?: Resolver<Maybe<ResolversTypes['Usage']>, ParentType, ContextType, RequireFields<AccountUsageArgs, 'window'>>;
  usageTrend?: Resolver<Maybe<ResolversTypes['UsageTrend']>, ParentType, ContextType, RequireFields<AccountUsageTrendArgs, 'interval' | 'window'>>;
};

export type ActiveAccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ActiveAccount'] = ResolversParentTypes['ActiveAccount']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
  lastSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  pageViews?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  visits?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AttributionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Attribution'] = ResolversParentTypes['Attribution']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  channels?: Resolver<ReadonlyArray<ResolversTypes['ChannelCredit']>, ParentType, ContextType>;
  conversion?: Resolver<Maybe<ResolversTypes['Conversion']>, ParentType, ContextType>;
  credits?: Resolver<ReadonlyArray<ResolversTypes['AttributionCredit']>, ParentType, ContextType>;
  model?: Resolver<ResolversTypes['AttributionModel'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  touches?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AttributionCreditResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttributionCredit'] = ResolversParentTypes['AttributionCredit']> = {
  campaign?: Resolver<Maybe<ResolversTypes['Campaign']>, ParentType, ContextType>;
  channel?: Resolver<ResolversTypes['TouchChannel'], ParentType, ContextType>;
  credit?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  touches?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CampaignResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Campaign'] = ResolversParentTypes['Campaign']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type ChannelCreditResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChannelCredit'] = ResolversParentTypes['ChannelCredit']> = {
  channel?: Resolver<ResolversTypes['TouchChannel'], ParentType, ContextType>;
  credit?: Resolver<ResolversTypes['Decimal'], ParentType, ContextType>;
  touches?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ChannelPerformanceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChannelPerformance'] = ResolversParentTypes['ChannelPerformance']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  channels?: Resolver<ReadonlyArray<ResolversTypes['ChannelTotals']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['UsageWindow'], ParentType, ContextType>;
};

export type ChannelTotalsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChannelTotals'] = ResolversParentTypes['ChannelTotals']> = {
  accounts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  assistedConversions?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  channel?: Resolver<ResolversTypes['TouchChannel'], ParentType, ContextType>;
  touches?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ConversionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Conversion'] = ResolversParentTypes['Conversion']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ConversionKind'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Decimal'], any> {
  name: 'Decimal';
}

export type EventReceiptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventReceipt'] = ResolversParentTypes['EventReceipt']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type LeadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Lead'] = ResolversParentTypes['Lead'], FederationReferenceType extends FederationReferenceTypes['Lead'] = FederationReferenceTypes['Lead']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Lead']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  score?: Resolver<Maybe<ResolversTypes['LeadScore']>, ParentType, ContextType>;
  visitCount?: Resolver<Maybe<ResolversTypes['VisitCount']>, ParentType, ContextType>;
};

export type LeadScoreResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LeadScore'] = ResolversParentTypes['LeadScore']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  factors?: Resolver<ReadonlyArray<ResolversTypes['ScoreFactor']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  modelVersion?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MostActiveAccountsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MostActiveAccounts'] = ResolversParentTypes['MostActiveAccounts']> = {
  accounts?: Resolver<ReadonlyArray<ResolversTypes['ActiveAccount']>, ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['UsageWindow'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  recordConversion?: Resolver<Maybe<ResolversTypes['RecordConversionPayload']>, ParentType, ContextType, RequireFields<MutationRecordConversionArgs, 'input'>>;
  recordTouch?: Resolver<Maybe<ResolversTypes['RecordTouchPayload']>, ParentType, ContextType, RequireFields<MutationRecordTouchArgs, 'input'>>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  channelPerformance?: Resolver<Maybe<ResolversTypes['ChannelPerformance']>, ParentType, ContextType, RequireFields<QueryChannelPerformanceArgs, 'window'>>;
  mostActiveAccounts?: Resolver<Maybe<ResolversTypes['MostActiveAccounts']>, ParentType, ContextType, RequireFields<QueryMostActiveAccountsArgs, 'first' | 'window'>>;
};

export type RecordConversionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordConversionPayload'] = ResolversParentTypes['RecordConversionPayload']> = {
  conversion?: Resolver<ResolversTypes['Conversion'], ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type RecordTouchPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordTouchPayload'] = ResolversParentTypes['RecordTouchPayload']> = {
  event?: Resolver<Maybe<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  touch?: Resolver<ResolversTypes['Touch'], ParentType, ContextType>;
};

export type ScoreFactorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ScoreFactor'] = ResolversParentTypes['ScoreFactor']> = {
  maxPoints?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['ScoreFactorName'], ParentType, ContextType>;
  points?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  rule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type TouchResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Touch'] = ResolversParentTypes['Touch']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  campaign?: Resolver<Maybe<ResolversTypes['Campaign']>, ParentType, ContextType>;
  channel?: Resolver<ResolversTypes['TouchChannel'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['TouchKind'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type TouchConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TouchConnection'] = ResolversParentTypes['TouchConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TouchEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Touch']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TouchEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TouchEdge'] = ResolversParentTypes['TouchEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Touch'], ParentType, ContextType>;
};

export type UsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Usage'] = ResolversParentTypes['Usage']> = {
  activeUsers?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastSeenAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  pageViews?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  timeOnSiteSeconds?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  visits?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['UsageWindow'], ParentType, ContextType>;
};

export type UsageBucketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UsageBucket'] = ResolversParentTypes['UsageBucket']> = {
  pageViews?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  start?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  visits?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type UsageTrendResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UsageTrend'] = ResolversParentTypes['UsageTrend']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  buckets?: Resolver<ReadonlyArray<ResolversTypes['UsageBucket']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  interval?: Resolver<ResolversTypes['TrendInterval'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['UsageWindow'], ParentType, ContextType>;
};

export type VisitCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VisitCount'] = ResolversParentTypes['VisitCount']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  countedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  pageViews?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  timeOnSiteSeconds?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  visits?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Account?: AccountResolvers<ContextType>;
  ActiveAccount?: ActiveAccountResolvers<ContextType>;
  Attribution?: AttributionResolvers<ContextType>;
  AttributionCredit?: AttributionCreditResolvers<ContextType>;
  Campaign?: CampaignResolvers<ContextType>;
  ChannelCredit?: ChannelCreditResolvers<ContextType>;
  ChannelPerformance?: ChannelPerformanceResolvers<ContextType>;
  ChannelTotals?: ChannelTotalsResolvers<ContextType>;
  Conversion?: ConversionResolvers<ContextType>;
  Date?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  Decimal?: GraphQLScalarType;
  EventReceipt?: EventReceiptResolvers<ContextType>;
  Lead?: LeadResolvers<ContextType>;
  LeadScore?: LeadScoreResolvers<ContextType>;
  MostActiveAccounts?: MostActiveAccountsResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RecordConversionPayload?: RecordConversionPayloadResolvers<ContextType>;
  RecordTouchPayload?: RecordTouchPayloadResolvers<ContextType>;
  ScoreFactor?: ScoreFactorResolvers<ContextType>;
  Touch?: TouchResolvers<ContextType>;
  TouchConnection?: TouchConnectionResolvers<ContextType>;
  TouchEdge?: TouchEdgeResolvers<ContextType>;
  Usage?: UsageResolvers<ContextType>;
  UsageBucket?: UsageBucketResolvers<ContextType>;
  UsageTrend?: UsageTrendResolvers<ContextType>;
  VisitCount?: VisitCountResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  contact?: ContactDirectiveResolver<any, any, ContextType>;
};
