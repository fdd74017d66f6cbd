import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { PresentConsent } from '../store/present.ts';
import type { ConsentRecord as ConsentRecordRow } from '../store/tables.ts';
import type { KnownPurpose } from '../store/purposes.ts';
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

/** The present state of one purpose, as the latest record of it says. */
export type Consent = {
  readonly __typename?: 'Consent';
  readonly jurisdiction: Maybe<Scalars['String']['output']>;
  /** Like the fields below it, null where nothing is recorded. */
  readonly legalBasis: Maybe<LegalBasis>;
  readonly observedAt: Maybe<Scalars['DateTime']['output']>;
  /** The key of the purpose. */
  readonly purpose: Scalars['String']['output'];
  /** The record that the state follows from. */
  readonly record: Maybe<ConsentRecord>;
  readonly source: Maybe<Scalars['String']['output']>;
  readonly state: ConsentState;
  /** When the latest decision was made. */
  readonly updatedAt: Maybe<Scalars['DateTime']['output']>;
};

/** One decision of one contact on one purpose. */
export type ConsentChange = {
  readonly contactId: Scalars['ID']['input'];
  readonly decision: ConsentDecision;
  /** What proves it: 1 to 4000 characters. It stays with the record, and events do not carry it. */
  readonly evidence?: InputMaybe<Scalars['String']['input']>;
  /** Whose law applies, by ISO 3166 code such as "DE" or "US-CA", or "EU". */
  readonly jurisdiction?: InputMaybe<Scalars['String']['input']>;
  /** Left out where the law of the jurisdiction asks for none. */
  readonly legalBasis?: InputMaybe<LegalBasis>;
  /** The key of a purpose, such as "EMAIL_MARKETING". */
  readonly purpose: Scalars['String']['input'];
  /**
   * When the decision was made, never in the future. By default now, and then it is what holds: a decision made earlier
   * than the latest one goes into the history and changes nothing.
   */
  readonly recordedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Where the decision was taken down, such as "Web form": 1 to 200 characters. */
  readonly source: Scalars['String']['input'];
};

export type ConsentDecision =
  | 'DENIED'
  | 'GRANTED'
  /** Granted before, and taken back. */
  | 'WITHDRAWN';

/** One decision of one contact on one purpose. Records are only ever added: none is changed or taken away. */
export type ConsentRecord = {
  readonly __typename?: 'ConsentRecord';
  readonly contact: Maybe<Contact>;
  readonly decision: ConsentDecision;
  /** What proves it, such as the wording that was agreed to. */
  readonly evidence: Maybe<Scalars['String']['output']>;
  readonly id: Scalars['ID']['output'];
  /** Whose law applies, by ISO 3166 code such as "DE" or "US-CA", or "EU"; null where it is not known. */
  readonly jurisdiction: Maybe<Scalars['String']['output']>;
  /** Null where the law of the jurisdiction asks for none. */
  readonly legalBasis: Maybe<LegalBasis>;
  /** When this record was first seen here; it has not changed since. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** The key of the purpose. */
  readonly purpose: Scalars['String']['output'];
  /** When the decision was made. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /** Where the decision was taken down, such as "Web form". */
  readonly source: Scalars['String']['output'];
};

export type ConsentRecordConnection = {
  readonly __typename?: 'ConsentRecordConnection';
  readonly edges: ReadonlyArray<ConsentRecordEdge>;
  readonly nodes: ReadonlyArray<ConsentRecord>;
  readonly pageInfo: PageInfo;
  /** Of the whole list; counted only when it is asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

export type ConsentRecordEdge = {
  readonly __typename?: 'ConsentRecordEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: ConsentRecord;
};

export type ConsentState =
  /** Denied, or granted once and withdrawn. */
  | 'DENIED'
  | 'GRANTED'
  /** Nothing is recorded. This is not a yes. */
  | 'UNKNOWN';

export type Contact = {
  readonly __typename?: 'Contact';
  /** The present state of one purpose, such as "EMAIL_MARKETING"; an unknown purpose is an error that names the known ones. */
  readonly consent: Maybe<Consent>;
  /** All that was ever recorded of the contact, latest first. */
  readonly consentHistory: Maybe<ConsentRecordConnection>;
  /** The present state of every purpose, by key. */
  readonly consents: Maybe<ReadonlyArray<Consent>>;
  readonly id: Scalars['ID']['output'];
};


export type ContactConsentArgs = {
  purpose: Scalars['String']['input'];
};


export type ContactConsentHistoryArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  purpose?: InputMaybe<Scalars['String']['input']>;
};

/** The event that tells of a change. It reaches its readers after the answer. */
export type EventReceipt = {
  readonly __typename?: 'EventReceipt';
  readonly id: Scalars['ID']['output'];
  /** Such as tributary.crm.LeadCreated.v1. */
  readonly type: Scalars['String']['output'];
};

/** The grounds of Article 6(1) of the GDPR, (a) to (f). */
export type LegalBasis =
  | 'CONSENT'
  | 'CONTRACT'
  | 'LEGAL_OBLIGATION'
  | 'LEGITIMATE_INTERESTS'
  | 'PUBLIC_TASK'
  | 'VITAL_INTERESTS';

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Takes down what contacts decided: all of the changes or, where one is refused, none. Sent again with the same
   * idempotencyKey and changes it does nothing more and answers the same events.
   */
  readonly updateConsent: Maybe<UpdateConsentPayload>;
};


export type MutationUpdateConsentArgs = {
  input: UpdateConsentInput;
};

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

/** Something that data may be used for. Purposes are data: which there are differs by tenant. */
export type Purpose = {
  readonly __typename?: 'Purpose';
  readonly description: Maybe<Scalars['String']['output']>;
  /** Such as EMAIL_MARKETING. */
  readonly key: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  /** Null where the tenant has no purposes of its own yet and the default ones stand in. */
  readonly observedAt: Maybe<Scalars['DateTime']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  readonly consentRecord: Maybe<ConsentRecord>;
  /** Everything that data may be used for, by key. */
  readonly purposes: ReadonlyArray<Purpose>;
};


export type QueryConsentRecordArgs = {
  id: Scalars['ID']['input'];
};

export type UpdateConsentInput = {
  /** 1 to 100, in the order in which they were decided. */
  readonly changes: ReadonlyArray<ConsentChange>;
  /** 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID; a new one for each thing to be done. */
  readonly idempotencyKey: Scalars['ID']['input'];
};

export type UpdateConsentPayload = {
  readonly __typename?: 'UpdateConsentPayload';
  /** Each contact once, as it is now. */
  readonly contacts: ReadonlyArray<Contact>;
  /** One for each change, in their order. */
  readonly events: ReadonlyArray<EventReceipt>;
  /** One for each change, in their order. */
  readonly records: ReadonlyArray<ConsentRecord>;
  /** The same was asked for before under this key, and nothing was done now. */
  readonly replayed: Scalars['Boolean']['output'];
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
  ConsentRecord: ConsentRecord;
  Contact: Contact;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  ConsentRecord:
    ( { __typename: 'ConsentRecord' }
    & GraphQLRecursivePick<FederationTypes['ConsentRecord'], {"id":true}> );
  Contact:
    ( { __typename: 'Contact' }
    & GraphQLRecursivePick<FederationTypes['Contact'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Consent: ResolverTypeWrapper<PresentConsent>;
  ConsentChange: ConsentChange;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  ConsentDecision: ConsentDecision;
  ConsentRecord: ResolverTypeWrapper<ConsentRecordRow>;
  ConsentRecordConnection: ResolverTypeWrapper<Omit<ConsentRecordConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['ConsentRecordEdge']>, nodes: ReadonlyArray<ResolversTypes['ConsentRecord']> }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  ConsentRecordEdge: ResolverTypeWrapper<Omit<ConsentRecordEdge, 'node'> & { node: ResolversTypes['ConsentRecord'] }>;
  ConsentState: ConsentState;
  Contact: ResolverTypeWrapper<{ readonly id: string }>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  EventReceipt: ResolverTypeWrapper<EventReceipt>;
  LegalBasis: LegalBasis;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Purpose: ResolverTypeWrapper<KnownPurpose>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  UpdateConsentInput: UpdateConsentInput;
  UpdateConsentPayload: ResolverTypeWrapper<Omit<UpdateConsentPayload, 'contacts' | 'records'> & { contacts: ReadonlyArray<ResolversTypes['Contact']>, records: ReadonlyArray<ResolversTypes['ConsentRecord']> }>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Consent: PresentConsent;
  ConsentChange: ConsentChange;
  ID: Scalars['ID']['output'];
  ConsentRecord: ConsentRecordRow;
  ConsentRecordConnection: Omit<ConsentRecordConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['ConsentRecordEdge']>, nodes: ReadonlyArray<ResolversParentTypes['ConsentRecord']> };
  Int: Scalars['Int']['output'];
  ConsentRecordEdge: Omit<ConsentRecordEdge, 'node'> & { node: ResolversParentTypes['ConsentRecord'] };
  Contact: { readonly id: string };
  DateTime: Scalars['DateTime']['output'];
  EventReceipt: EventReceipt;
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  Purpose: KnownPurpose;
  Query: Record<PropertyKey, never>;
  UpdateConsentInput: UpdateConsentInput;
  UpdateConsentPayload: Omit<UpdateConsentPayload, 'contacts' | 'records'> & { contacts: ReadonlyArray<ResolversParentTypes['Contact']>, records: ReadonlyArray<ResolversParentTypes['ConsentRecord']> };
  String: Scalars['String']['output'];
};

export type ContactDirectiveArgs = {
  description?: Maybe<Scalars['String']['input']>;
  name: Scalars['String']['input'];
  url?: Maybe<Scalars['String']['input']>;
};

export type ContactDirectiveResolver<Result, Parent, ContextType = Context, Args = ContactDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ConsentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Consent'] = ResolversParentTypes['Consent']> = {
  jurisdiction?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  legalBasis?: Resolver<Maybe<ResolversTypes['LegalBasis']>, ParentType, ContextType>;
  observedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  purpose?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  record?: Resolver<Maybe<ResolversTypes['ConsentRecord']>, ParentType, ContextType>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['ConsentState'], ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type ConsentRecordResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsentRecord'] = ResolversParentTypes['ConsentRecord'], FederationReferenceType extends FederationReferenceTypes['ConsentRecord'] = FederationReferenceTypes['ConsentRecord']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['ConsentRecord']> | FederationReferenceType, FederationReferenceType, ContextType>;
  contact?: Resolver<Maybe<ResolversTypes['Contact']>, ParentType, ContextType>;
  decision?: Resolver<ResolversTypes['ConsentDecision'], ParentType, ContextType>;
  evidence?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  jurisdiction?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  legalBasis?: Resolver<Maybe<ResolversTypes['LegalBasis']>, ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  purpose?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  recordedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ConsentRecordConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsentRecordConnection'] = ResolversParentTypes['ConsentRecordConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ConsentRecordEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['ConsentRecord']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ConsentRecordEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsentRecordEdge'] = ResolversParentTypes['ConsentRecordEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ConsentRecord'], ParentType, ContextType>;
};

export type ContactResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Contact'] = ResolversParentTypes['Contact'], FederationReferenceType extends FederationReferenceTypes['Contact'] = FederationReferenceTypes['Contact']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Contact']> | FederationReferenceType, FederationReferenceType, ContextType>;
  consent?: Resolver<Maybe<ResolversTypes['Consent']>, ParentType, ContextType, RequireFields<ContactConsentArgs, 'purpose'>>;
  consentHistory?: Resolver<Maybe<ResolversTypes['ConsentRecordConnection']>, ParentType, ContextType, RequireFields<ContactConsentHistoryArgs, 'first'>>;
  consents?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Consent']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type EventReceiptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventReceipt'] = ResolversParentTypes['EventReceipt']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  updateConsent?: Resolver<Maybe<ResolversTypes['UpdateConsentPayload']>, ParentType, ContextType, RequireFields<MutationUpdateConsentArgs, 'input'>>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PurposeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Purpose'] = ResolversParentTypes['Purpose']> = {
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  key?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  observedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  consentRecord?: Resolver<Maybe<ResolversTypes['ConsentRecord']>, ParentType, ContextType, RequireFields<QueryConsentRecordArgs, 'id'>>;
  purposes?: Resolver<ReadonlyArray<ResolversTypes['Purpose']>, ParentType, ContextType>;
};

export type UpdateConsentPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UpdateConsentPayload'] = ResolversParentTypes['UpdateConsentPayload']> = {
  contacts?: Resolver<ReadonlyArray<ResolversTypes['Contact']>, ParentType, ContextType>;
  events?: Resolver<ReadonlyArray<ResolversTypes['EventReceipt']>, ParentType, ContextType>;
  records?: Resolver<ReadonlyArray<ResolversTypes['ConsentRecord']>, ParentType, ContextType>;
  replayed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Consent?: ConsentResolvers<ContextType>;
  ConsentRecord?: ConsentRecordResolvers<ContextType>;
  ConsentRecordConnection?: ConsentRecordConnectionResolvers<ContextType>;
  ConsentRecordEdge?: ConsentRecordEdgeResolvers<ContextType>;
  Contact?: ContactResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  EventReceipt?: EventReceiptResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Purpose?: PurposeResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  UpdateConsentPayload?: UpdateConsentPayloadResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  contact?: ContactDirectiveResolver<any, any, ContextType>;
};
